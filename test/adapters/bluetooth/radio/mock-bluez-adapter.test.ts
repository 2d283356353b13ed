import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type BluetoothAdapter,
  createBluetooth,
} from '../../../../adapters/bluetooth/bluetooth.ts';
import type { BluetoothLimits } from '../../../../adapters/bluetooth/limits.ts';
import { until } from '../../../support/until.ts';
import { busError } from './fake-bluetoothd.ts';
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

const QUICK: Partial<BluetoothLimits> = { firstValueMs: 5_000, idleMs: 1_000, linksMax: 1 };

let world: World;
let adapter: BluetoothAdapter;
let paths: Awaited<ReturnType<World['cuff']>>;
let values: string[];
let clock: number;
let end: () => Promise<void>;

beforeEach(async () => {
  world = await openWorld();
  values = [];
  clock = Date.now();
  const notes: string[] = [];
  adapter = createBluetooth({
    radio: world.radio,
    adopted: () => [{ address: ID }],
    now: () => clock,
    note: (event) => void notes.push(event),
    limits: QUICK,
  });
  const abort = new AbortController();
  const running = adapter.run(async ({ source, bytes }) => {
    if ('characteristic' in source && source.characteristic === '2a35') {
      values.push(Buffer.from(bytes).toString('hex'));
    }
  }, abort.signal);
  end = async () => {
    abort.abort();
    await running;
  };
  await until(() => world.radio.state === 'poweredOn', 'power');
});

const asked = (member: string) => world.daemon.calls.filter((one) => one === member).length;
const wake = () => world.daemon.changed(paths.path, DEVICE, { RSSI: -50 });
const measure = (byte: number) =>
  world.daemon.changed(paths.indication, CHARACTERISTIC, { Value: Buffer.from([byte]) });

/** The device stays awake for so long, and advertises meanwhile. */
async function awake(ms: number): Promise<void> {
  for (let past = 0; past < ms; past += 500) {
    wake();
    clock += 500;
    await world.pass(500);
  }
}

describe.skipIf(!hasDbusDaemon())('the adapter over bluetoothd', () => {
  afterEach(async () => {
    world.daemon.answers.clear();
    await end();
    await world[Symbol.asyncDispose]();
  });

  test.each([
    ['refuses', () => Promise.reject(busError('org.bluez.Error.Failed'))],
    ['is busy', () => Promise.reject(busError('org.bluez.Error.InProgress'))],
    ['is silent', never],
  ])(
    'fetches a measurement after half a dozen connections that bluetoothd %s',
    async (_how, answer) => {
      virtualTime();
      world.daemon.answers.set('Connect', answer);
      paths = await world.cuff({ UUIDs: ['00001810-0000-1000-8000-00805f9b34fb'] });
      while (asked('Connect') < 6) await awake(10_000);
      world.daemon.answers.clear();
      // Whatever of it is still under way ends; then it wakes up anew.
      clock += 120_000;
      await world.pass(30_000);
      const before = asked('StartNotify');
      await awake(5_000);
      expect(asked('StartNotify')).toBe(before + 1);
      measure(1);
      await world.settle();
      expect(values).toEqual(['01']);
    },
  );

  test('fetches after bluetoothd died in the middle of a visit', async () => {
    virtualTime();
    paths = await world.cuff();
    await awake(1_000);
    expect(asked('StartNotify')).toBe(1);
    measure(1);
    await world.settle();
    world.daemon.vanish();
    await world.pass(1_000);
    const device = world.daemon.objects[paths.path]?.[DEVICE] ?? {};
    Object.assign(device, { Connected: false, ServicesResolved: false });
    await world.daemon.arrive();
    await world.pass(1_000);
    clock += 60_000;
    await awake(3_000);
    expect(asked('StartNotify')).toBe(2);
    measure(2);
    await world.settle();
    expect(values).toEqual(['01', '02']);
  });

  test('keeps what comes with nobody connected, and while it stops', async () => {
    paths = await world.cuff();
    await expect.poll(() => asked('StartNotify')).toBe(1);
    world.daemon.changed(paths.path, DEVICE, { Connected: false });
    await world.settle();
    measure(1);
    await world.settle();
    const ended = end();
    measure(2);
    await world.settle();
    await ended;
    expect(values).toEqual(['01', '02']);
  });
});
