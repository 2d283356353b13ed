import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ADAPTER_PATH } from './fake-bluetoothd.ts';
import { hasDbusDaemon } from './mock-bluez-bus.ts';
import {
  CHARACTERISTIC,
  CUFF,
  DEVICE,
  ID,
  never,
  openWorld,
  virtualTime,
  type World,
} from './mock-bluez-world.ts';

const ADAPTER = 'org.bluez.Adapter1';
const ADAPTER_ADDRESS = '00:00:5E:00:53:F0';
const OTHER_PATH = '/org/bluez/hci1';
const POWERED = { Address: ADAPTER_ADDRESS, Powered: true, Discovering: false };

let world: World;

beforeEach(async () => {
  world = await openWorld(ADAPTER_ADDRESS);
});
afterEach(() => {
  world.daemon.answers.clear();
  return world[Symbol.asyncDispose]();
});

const asked = (member: string) => world.daemon.calls.filter((one) => one === member).length;
const states = () => world.of('stateChange').flat();
const signal = () => new AbortController().signal;

/** Everything that was known is known no more, and the adapter has another name. */
function renamed(): void {
  for (const path of Object.keys(world.daemon.objects)) delete world.daemon.objects[path];
  world.daemon.objects[OTHER_PATH] = { [ADAPTER]: { ...POWERED } };
}

/** The cuff under that adapter, advertising. */
async function cuffThere(): Promise<void> {
  const path = world.daemon.device(CUFF, {}, OTHER_PATH);
  const indication = world.daemon.characteristic(path, '1810', '2a35', ['indicate']);
  for (const one of [path, `${path}/service1810`, indication]) world.daemon.added(one);
  await world.heard(path);
  world.daemon.changed(path, DEVICE, { RSSI: -51 });
}

describe.skipIf(!hasDbusDaemon())('bluetoothd', () => {
  test('vanishes in mid-call and returns with other paths: the call ends, all works again', async () => {
    await world.up();
    await world.cuff();
    const link = await world.radio.connect(ID, signal());
    await link.services();
    world.daemon.answers.set('ReadValue', never);
    const reading = expect(link.read('180a', '2a24')).rejects.toMatchObject({
      code: 'radio-disconnected',
    });
    await expect.poll(() => asked('ReadValue')).toBe(1);
    world.daemon.vanish();
    await reading;
    await expect.poll(states).toEqual(['poweredOn', 'poweredOff']);
    renamed();
    await world.daemon.arrive();
    await expect.poll(states).toEqual(['poweredOn', 'poweredOff', 'poweredOn']);
    expect(asked('RegisterAgent')).toBe(2);
    await cuffThere();
    const again = await world.radio.connect(ID, signal());
    expect((await again.services()).map(({ uuid }) => uuid)).toEqual(['1810']);
  });

  test.each(['Connect', 'StopDiscovery'])('vanishes while %s is asked: it ends', async (member) => {
    await world.up();
    await expect.poll(() => world.of('scanStart').length).toBe(1);
    await world.cuff();
    world.daemon.answers.set(member, never);
    const connecting = expect(world.radio.connect(ID, signal())).rejects.toMatchObject({
      code: expect.stringMatching(/^radio-(disconnected|off|connect-failed|not-heard)$/),
    });
    await expect.poll(() => asked(member)).toBe(1);
    world.daemon.vanish();
    await connecting;
    world.daemon.answers.clear();
    await world.daemon.arrive();
    await expect.poll(() => world.of('scanStart').length).toBe(2);
    await world.heard(`${ADAPTER_PATH}/dev_00_00_5E_00_53_11`);
    await (await world.radio.connect(ID, signal())).disconnect();
  });

  test('vanishes while it is asked for its objects: begun again', async () => {
    world.daemon.answers.set('GetManagedObjects', never);
    world.radio.startScanning();
    await expect.poll(() => asked('GetManagedObjects')).toBe(1);
    virtualTime();
    world.daemon.vanish();
    await expect.poll(() => world.notes).toContain('bus-failed');
    world.daemon.answers.clear();
    await world.daemon.arrive();
    await world.pass(6_000);
    await expect.poll(states).toContain('poweredOn');
  });

  test('tells of changes in the breath in which it lists its objects: none is missed', async () => {
    const { daemon } = world;
    const path = daemon.device(CUFF);
    const indication = daemon.characteristic(path, '1810', '2a35', ['indicate']);
    const values: unknown[] = [];
    world.radio.onValue((value) => values.push(value));
    daemon.answers.set('GetManagedObjects', () => {
      const all = structuredClone(daemon.objects);
      setImmediate(() => {
        daemon.changed(path, DEVICE, { Connected: true });
        daemon.changed(path, DEVICE, { ServicesResolved: true });
        daemon.changed(indication, CHARACTERISTIC, { Value: Buffer.from([1]) });
        const late = daemon.device('00:00:5E:00:53:12', { RSSI: -40 });
        daemon.added(late);
      });
      return all;
    });
    await world.up();
    await world.settle();
    expect(values).toHaveLength(1);
    const heard = world.radio.heard().map(({ address }) => address);
    expect(heard.sort()).toEqual([ID, '00005e005312']);
    daemon.answers.set('Connect', () => undefined);
    virtualTime();
    const connecting = world.radio.connect(ID, signal());
    connecting.catch(() => undefined);
    await world.pass(2_000);
    expect((await connecting).address).toBe(ID);
  });
});

describe.skipIf(!hasDbusDaemon())('the bus', () => {
  test('dies and is started again: all is off meanwhile, and on again', async () => {
    await world.up();
    await world.cuff();
    const link = await world.radio.connect(ID, signal());
    const ended = new Promise<void>((resolve) => link.onDisconnect(resolve));
    virtualTime();
    await world.bus.kill();
    await ended;
    expect(world.radio.state).toBe('poweredOff');
    world.daemon.vanish();
    await world.bus.start();
    await world.daemon.arrive();
    await world.pass(6_000);
    await expect.poll(() => world.radio.state).toBe('poweredOn');
  });
});

describe.skipIf(!hasDbusDaemon())('the adapter', () => {
  test('pulled out and put in under another name is found by its address', async () => {
    await world.up();
    await world.cuff();
    const link = await world.radio.connect(ID, signal());
    const ended = new Promise<void>((resolve) => link.onDisconnect(resolve));
    world.daemon.removed(ADAPTER_PATH);
    await ended;
    await expect.poll(states).toEqual(['poweredOn', 'unsupported']);
    await expect(world.radio.connect(ID, signal())).rejects.toMatchObject({ code: 'radio-off' });
    world.daemon.objects[OTHER_PATH] = { [ADAPTER]: { ...POWERED, Powered: false } };
    const set = (on: boolean) => world.daemon.changed(OTHER_PATH, ADAPTER, { Powered: on });
    world.daemon.answers.set('Set', () => set(true));
    world.daemon.added(OTHER_PATH);
    await expect.poll(() => world.radio.state).toBe('poweredOn');
    await cuffThere();
    expect((await world.radio.connect(ID, signal())).address).toBe(ID);
  });

  test('another one that comes and goes is none of ours', async () => {
    await world.up();
    await world.cuff();
    const link = await world.radio.connect(ID, signal());
    let ended = false;
    link.onDisconnect(() => {
      ended = true;
    });
    const { daemon } = world;
    daemon.objects[OTHER_PATH] = { [ADAPTER]: { Address: '00:00:5E:00:53:F1', Powered: false } };
    daemon.added(OTHER_PATH);
    daemon.changed(OTHER_PATH, ADAPTER, { Powered: true });
    daemon.changed(OTHER_PATH, ADAPTER, { Powered: false });
    daemon.removed(OTHER_PATH);
    await world.settle();
    expect(ended).toBe(false);
    expect(states()).toEqual(['poweredOn']);
    expect(asked('Set')).toBe(0);
  });
});

test.skipIf(!hasDbusDaemon())(
  'after stop nothing is told any more, and nothing waits',
  async () => {
    virtualTime();
    await world.up();
    const { path } = await world.cuff();
    world.daemon.answers.set('Connect', () =>
      world.daemon.changed(path, DEVICE, { Connected: true }),
    );
    world.bluez.bindings.connect(ID);
    await expect.poll(() => asked('Connect')).toBe(1);
    await world.settle();
    await world.radio.stop();
    const told: string[] = [];
    for (const event of ['stateChange', 'disconnect', 'discover', 'read', 'gattError']) {
      world.bluez.bindings.on(event, () => told.push(event));
    }
    world.daemon.changed(path, DEVICE, { RSSI: -70 });
    world.daemon.vanish();
    await sleep(50);
    expect(vi.getTimerCount()).toBe(0);
    expect(told).toEqual([]);
  },
);
