import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { busError } from './fake-bluetoothd.ts';
import { hasDbusDaemon } from './mock-bluez-bus.ts';
import { CUFF, DEVICE, ID, never, openWorld, virtualTime, type World } from './mock-bluez-world.ts';

let world: World;

beforeEach(async () => {
  world = await openWorld();
  await world.up();
});
afterEach(() => world[Symbol.asyncDispose]());

const aborted = () => new AbortController().signal;
const asked = (member: string) => world.daemon.calls.filter((one) => one === member).length;

/** Whatever became of a connection must not stand in the way of the next. */
async function connectsNext(): Promise<void> {
  world.daemon.answers.delete('Connect');
  world.daemon.answers.delete('Disconnect');
  const link = await world.radio.connect(ID, aborted());
  expect((await link.services()).map(({ uuid }) => uuid)).toContain('1810');
}

describe.skipIf(!hasDbusDaemon())('Connect', () => {
  test('InProgress for ever: fails with a code, after one try to clear it', async () => {
    await world.cuff();
    world.daemon.answers.set('Connect', () => {
      throw busError('org.bluez.Error.InProgress');
    });
    virtualTime();
    const connected = world.radio.connect(ID, aborted());
    const failed = expect(connected).rejects.toMatchObject({
      code: 'radio-connect-failed',
      detail: 'org.bluez.Error.InProgress',
    });
    await world.pass(5_000);
    await failed;
    expect(asked('Connect')).toBe(2);
    await connectsNext();
  });

  test('InProgress that a Disconnect cleared, though it says NotConnected', async () => {
    const { path } = await world.cuff();
    world.daemon.answers.set('Connect', () => {
      if (asked('Disconnect') === 0) throw busError('org.bluez.Error.InProgress');
      world.daemon.changed(path, DEVICE, { Connected: true, ServicesResolved: true });
    });
    world.daemon.answers.set('Disconnect', () => {
      throw busError('org.bluez.Error.NotConnected');
    });
    virtualTime();
    const connected = world.radio.connect(ID, aborted());
    connected.catch(() => undefined);
    await world.pass(3_000);
    expect((await connected).address).toBe(ID);
    world.daemon.answers.delete('Disconnect');
  });

  test('refused by bluetoothd: fails at once with its name, and the next one works', async () => {
    await world.cuff();
    world.daemon.answers.set('Connect', () => {
      throw Object.assign(new Error('le-connection-abort-by-local'), {
        dbusName: 'org.bluez.Error.Failed',
      });
    });
    await expect(world.radio.connect(ID, aborted())).rejects.toMatchObject({
      code: 'radio-connect-failed',
      detail: 'org.bluez.Error.Failed',
    });
    world.daemon.answers.set('Connect', () => {
      throw busError('org.freedesktop.DBus.Error.LimitsExceeded');
    });
    await expect(world.radio.connect(ID, aborted())).rejects.toMatchObject({
      code: 'radio-connect-failed',
      detail: 'org.freedesktop.DBus.Error.LimitsExceeded',
    });
    await connectsNext();
  });

  test('never answered: ends in time, is withdrawn, and the next one works', async () => {
    await world.cuff();
    world.daemon.answers.set('Connect', never);
    virtualTime();
    const failed = expect(world.radio.connect(ID, aborted())).rejects.toMatchObject({
      code: 'radio-timeout',
    });
    await world.pass(20_500);
    await failed;
    expect(asked('Disconnect')).toBe(1);
    await connectsNext();
  });

  test('given up: the withdrawal of the first does not end the second', async () => {
    const { path } = await world.cuff();
    world.daemon.answers.set('Connect', never);
    let clear = () => {};
    world.daemon.answers.set('Disconnect', async () => {
      await new Promise<void>((resolve) => {
        clear = resolve;
      });
      world.daemon.changed(path, DEVICE, { Connected: false });
    });
    const abort = new AbortController();
    const first = world.radio.connect(ID, abort.signal);
    await expect.poll(() => asked('Connect')).toBe(1);
    world.daemon.changed(path, DEVICE, { Connected: true });
    abort.abort();
    await expect(first).rejects.toMatchObject({ code: 'radio-aborted' });
    await expect.poll(() => asked('Disconnect')).toBe(1);
    world.daemon.answers.delete('Connect');
    const second = world.radio.connect(ID, aborted());
    second.catch(() => undefined);
    await world.settle();
    world.daemon.answers.delete('Disconnect');
    clear();
    const link = await second;
    await world.settle();
    expect(await link.services()).not.toEqual([]);
  });

  test('answered after it was given up: nobody is told of it', async () => {
    const { path } = await world.cuff();
    let late = () => {};
    world.daemon.answers.set('Connect', () => new Promise<void>((resolve) => (late = resolve)));
    world.daemon.answers.set('Disconnect', never);
    const abort = new AbortController();
    const first = world.radio.connect(ID, abort.signal);
    await expect.poll(() => asked('Connect')).toBe(1);
    abort.abort();
    await expect(first).rejects.toMatchObject({ code: 'radio-aborted' });
    world.daemon.changed(path, DEVICE, { Connected: true, ServicesResolved: true });
    late();
    await world.settle();
    expect(world.of('connect').filter(([, error]) => error === null)).toEqual([]);
  });
});

describe.skipIf(!hasDbusDaemon())('ServicesResolved', () => {
  /** Known and resolved, but for its objects. */
  async function early(): Promise<string> {
    const path = world.daemon.device(CUFF);
    world.daemon.added(path);
    await world.heard(path);
    return path;
  }

  test('ahead of the objects: they are waited for', async () => {
    const path = await early();
    const connected = world.radio.connect(ID, aborted());
    connected.catch(() => undefined);
    await expect.poll(() => asked('Connect')).toBe(1);
    await world.settle();
    const indication = world.daemon.characteristic(path, '1810', '2a35', ['indicate']);
    world.daemon.added(`${path}/service1810`);
    await world.settle();
    world.daemon.added(indication);
    const [service] = await (await connected).services();
    expect(service?.characteristics.map(({ uuid }) => uuid)).toEqual(['2a35']);
  });

  test('and no objects ever: fails in time, and the connection is closed', async () => {
    await early();
    virtualTime();
    const failed = expect(world.radio.connect(ID, aborted())).rejects.toMatchObject({
      code: 'radio-connect-failed',
    });
    await world.pass(3_000);
    await failed;
    await world.settle();
    expect(asked('Disconnect')).toBe(1);
  });

  test('never: fails in time, and the connection is closed', async () => {
    const { path } = await world.cuff();
    world.daemon.answers.set('Connect', () =>
      world.daemon.changed(path, DEVICE, { Connected: true }),
    );
    virtualTime();
    const failed = expect(world.radio.connect(ID, aborted())).rejects.toMatchObject({
      code: 'radio-timeout',
    });
    await world.pass(20_500);
    await failed;
    expect(asked('Disconnect')).toBe(1);
  });
});

test.skipIf(!hasDbusDaemon())('a device object that vanishes ends its link at once', async () => {
  const { path } = await world.cuff();
  const link = await world.radio.connect(ID, aborted());
  await link.services();
  world.daemon.answers.set('ReadValue', never);
  const reading = expect(link.read('180a', '2a24')).rejects.toMatchObject({
    code: 'radio-disconnected',
  });
  await expect.poll(() => asked('ReadValue')).toBe(1);
  world.daemon.removed(path);
  await reading;
});
