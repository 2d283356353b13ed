import { createClient, Variant } from 'dbus-native';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasDbusDaemon } from './mock-bluez-bus.ts';
import {
  CHARACTERISTIC,
  DEVICE,
  ID,
  never,
  openWorld,
  virtualTime,
  type World,
} from './mock-bluez-world.ts';

let world: World;
let values: string[];
let paths: Awaited<ReturnType<World['cuff']>>;

beforeEach(async () => {
  world = await openWorld();
  await world.up();
  paths = await world.cuff();
  values = [];
  world.radio.onValue(({ bytes }) => values.push(Buffer.from(bytes).toString('hex')));
});
afterEach(() => {
  world.daemon.answers.clear();
  return world[Symbol.asyncDispose]();
});

const asked = (member: string) => world.daemon.calls.filter((one) => one === member).length;
const send = (bytes: number[]) =>
  world.daemon.changed(paths.indication, CHARACTERISTIC, { Value: Buffer.from(bytes) });

async function connected() {
  const link = await world.radio.connect(ID, new AbortController().signal);
  await link.services();
  return link;
}

describe.skipIf(!hasDbusDaemon())('values', () => {
  test('60 in one tick, every two alike, all come through in order', async () => {
    const link = await connected();
    await link.subscribe('1810', '2a35');
    const sent = Array.from({ length: 60 }, (_, n) => [n >> 1, 7]);
    for (const bytes of sent) send(bytes);
    await world.settle();
    expect(values).toEqual(sent.map((bytes) => Buffer.from(bytes).toString('hex')));
  });

  test('one that comes with the connection, before ServicesResolved, is delivered', async () => {
    const { daemon } = world;
    daemon.answers.set('Connect', () => daemon.changed(paths.path, DEVICE, { Connected: true }));
    const connecting = world.radio.connect(ID, new AbortController().signal);
    await expect.poll(() => asked('Connect')).toBe(1);
    send([1]);
    await world.settle();
    expect(values).toEqual(['01']);
    daemon.changed(paths.path, DEVICE, { ServicesResolved: true });
    await connecting;
    expect(values).toEqual(['01']);
  });

  test('one that comes before its object is known is delivered', async () => {
    const { daemon } = world;
    const late = daemon.characteristic(paths.path, '1809', '2a1c', ['indicate']);
    daemon.changed(late, CHARACTERISTIC, { Value: Buffer.from([2]) });
    await world.settle();
    for (const path of [`${paths.path}/service1809`, late]) daemon.added(path);
    await world.settle();
    expect(values).toEqual(['02']);
  });

  test('one that a stranger on the bus sends us is not listened to', async () => {
    await connected();
    const stranger = createClient({ busAddress: world.bus.address });
    await stranger.getId();
    stranger.connection.message({
      type: 4,
      serial: 1_000,
      destination: world.daemon.agent,
      path: paths.indication,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'PropertiesChanged',
      signature: 'sa{sv}as',
      body: [CHARACTERISTIC, { Value: new Variant('ay', Buffer.from([66])) }, []],
    });
    // Answered after what was sent before it has been handed over.
    await stranger.getId();
    await world.settle();
    await stranger.close();
    expect(values).toEqual([]);
  });

  test('one in the moment in which the device object goes is delivered', async () => {
    await connected();
    send([3]);
    world.daemon.removed(paths.path);
    await world.settle();
    expect(values).toEqual(['03']);
  });
});

describe.skipIf(!hasDbusDaemon())('requests that are never answered', () => {
  test('a read ends in time, closes the link, and its late answer meets no later question', async () => {
    const answers: ((data: Buffer) => void)[] = [];
    world.daemon.answers.set(
      'ReadValue',
      () => new Promise<Buffer>((resolve) => answers.push(resolve)),
    );
    const first = await connected();
    virtualTime();
    const reading = expect(first.read('180a', '2a24')).rejects.toMatchObject({
      code: 'radio-timeout',
    });
    await world.pass(30_500);
    await reading;
    await first.disconnect();
    const again = await connected();
    const second = again.read('180a', '2a24');
    await expect.poll(() => answers.length).toBe(2);
    answers[0]?.(Buffer.from('LATE'));
    await world.settle();
    answers[1]?.(Buffer.from('GOOD'));
    expect(Buffer.from(await second).toString()).toBe('GOOD');
  });

  test('an answer of a connection that the device ended meets no question of the next', async () => {
    const answers: ((data: Buffer) => void)[] = [];
    world.daemon.answers.set(
      'ReadValue',
      () => new Promise<Buffer>((resolve) => answers.push(resolve)),
    );
    const first = await connected();
    const cut = expect(first.read('180a', '2a24')).rejects.toMatchObject({
      code: 'radio-disconnected',
    });
    await expect.poll(() => answers.length).toBe(1);
    world.daemon.changed(paths.path, DEVICE, { Connected: false });
    await cut;
    const second = (await connected()).read('180a', '2a24');
    await expect.poll(() => answers.length).toBe(2);
    answers[0]?.(Buffer.from('LATE'));
    await world.settle();
    answers[1]?.(Buffer.from('GOOD'));
    expect(Buffer.from(await second).toString()).toBe('GOOD');
  });

  test('a subscription ends in time, and what it brought is kept', async () => {
    world.daemon.answers.set('StartNotify', never);
    const link = await connected();
    virtualTime();
    const asking = expect(link.subscribe('1810', '2a35')).rejects.toMatchObject({
      code: 'radio-timeout',
    });
    send([4]);
    await world.pass(30_500);
    await asking;
    expect(values).toEqual(['04']);
    expect(asked('Disconnect')).toBe(1);
  });

  test('a value that comes while a read of the same hangs is not held up by the link ending', async () => {
    const { daemon } = world;
    const both = daemon.characteristic(paths.path, '1805', '2a2b', ['read', 'notify']);
    for (const path of [`${paths.path}/service1805`, both]) daemon.added(path);
    daemon.answers.set('ReadValue', never);
    const link = await connected();
    const reading = expect(link.read('1805', '2a2b')).rejects.toMatchObject({
      code: 'radio-disconnected',
    });
    await expect.poll(() => asked('ReadValue')).toBe(1);
    daemon.changed(both, CHARACTERISTIC, { Value: Buffer.from([5]) });
    await world.settle();
    daemon.removed(paths.path);
    await reading;
    await world.settle();
    expect(values).toEqual(['05']);
  });
});
