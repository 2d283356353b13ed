import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { busError } from './fake-bluetoothd.ts';
import { hasDbusDaemon } from './mock-bluez-bus.ts';
import { ID, never, openWorld, virtualTime, type World } from './mock-bluez-world.ts';

let world: World;

beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => {
  world.daemon.answers.clear();
  return world[Symbol.asyncDispose]();
});

const asked = (member: string) => world.daemon.calls.filter((one) => one === member).length;
const scanning = () => expect.poll(() => world.of('scanStart').length).toBeGreaterThan(0);

/** Answers to a member in the order in which they are given, when a test says so. */
function held(member: string): (() => void)[] {
  const answers: (() => void)[] = [];
  world.daemon.answers.set(
    member,
    () => new Promise<void>((resolve) => answers.push(() => resolve())),
  );
  return answers;
}

describe.skipIf(!hasDbusDaemon())('StartDiscovery', () => {
  test.each(['org.bluez.Error.NotReady', 'org.bluez.Error.InProgress', 'org.bluez.Error.Failed'])(
    'refused for a while with %s: tried until it works, seldom',
    async (name) => {
      world.daemon.answers.set('StartDiscovery', () => {
        throw busError(name);
      });
      virtualTime();
      await world.up();
      await world.pass(60_000);
      expect(world.of('scanStart')).toEqual([]);
      expect(world.notes).toContain('scan-failed');
      const tries = asked('StartDiscovery');
      console.info(`tries in a minute: ${tries}`);
      // Virtual time: at once would be a storm, and only after the wait for an answer too seldom.
      expect(tries).toBeLessThan(30);
      expect(tries).toBeGreaterThan(8);
      world.daemon.answers.delete('StartDiscovery');
      await world.pass(15_000);
      expect(world.of('scanStart')).toHaveLength(1);
    },
  );

  test('never answered: said, and tried again', async () => {
    world.daemon.answers.set('StartDiscovery', never);
    virtualTime();
    await world.up();
    await world.pass(20_000);
    expect(world.notes).toContain('scan-start-timeout');
    world.daemon.answers.delete('StartDiscovery');
    await world.pass(20_000);
    expect(world.of('scanStart')).toHaveLength(1);
  });

  test('answered late: confirms no later one', async () => {
    const starts = held('StartDiscovery');
    virtualTime();
    await world.up();
    await world.pass(16_000);
    await expect.poll(() => starts.length).toBe(2);
    starts[0]?.();
    await world.settle();
    expect(world.of('scanStart')).toEqual([]);
    starts[1]?.();
    await world.settle();
    expect(world.of('scanStart')).toHaveLength(1);
  });

  test('is not asked for after all when scanning was stopped meanwhile', async () => {
    const filters = held('SetDiscoveryFilter');
    await world.up();
    await expect.poll(() => filters.length).toBe(1);
    world.radio.stopScanning();
    await expect.poll(() => asked('StopDiscovery')).toBe(1);
    filters.shift()?.();
    await world.settle();
    expect(asked('StartDiscovery')).toBe(0);
  });
});

describe.skipIf(!hasDbusDaemon())('StopDiscovery', () => {
  test('never answered: a connection waits for it in vain, and is made', async () => {
    await world.up();
    await scanning();
    await world.cuff();
    world.daemon.answers.set('StopDiscovery', never);
    virtualTime();
    const connected = world.radio.connect(ID, new AbortController().signal);
    await world.pass(6_000);
    expect((await connected).address).toBe(ID);
    expect(world.notes).toContain('scan-stop-timeout');
    expect(world.of('scanStart')).toHaveLength(2);
  });

  test('answered late: neither ends the scan that runs nor answers for a later stop', async () => {
    await world.up();
    await scanning();
    await world.cuff();
    const stops = held('StopDiscovery');
    virtualTime();
    const first = world.radio.connect(ID, new AbortController().signal);
    await world.pass(6_000);
    await (await first).disconnect();
    stops[0]?.();
    await world.pass(1_000);
    expect(world.of('scanStart')).toHaveLength(2);
    expect(asked('StartDiscovery')).toBe(2);
    const second = world.radio.connect(ID, new AbortController().signal);
    await expect.poll(() => stops.length).toBe(2);
    expect(asked('Connect')).toBe(1);
    stops[1]?.();
    expect((await second).address).toBe(ID);
  });
});
