import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type BluetoothAdapter,
  createBluetooth,
} from '../../../../adapters/bluetooth/bluetooth.ts';
import type { PairingDialog } from '../../../../adapters/bluetooth/radio/bindings.ts';
import type { Capture } from '../../../../adapters/measurement.ts';
import { until } from '../../../support/until.ts';
import { busError } from './fake-bluetoothd.ts';
import { hasDbusDaemon } from './mock-bluez-bus.ts';
import { CHARACTERISTIC, CUFF, DEVICE, ID, openWorld, type World } from './mock-bluez-world.ts';

const PRIVATE = '4A:00:00:00:00:01';
const PRIVATE_ID = '4a0000000001';
const PASSKEY = 42;

let world: World;
let adapter: BluetoothAdapter;
let captures: Capture[];
let steps: string[];
let adopted: { address: string }[];
let end: () => Promise<void>;

beforeEach(async () => {
  world = await openWorld();
  captures = [];
  steps = [];
  adopted = [];
  adapter = createBluetooth({
    radio: world.radio,
    adopted: () => adopted,
    now: Date.now,
    note: () => undefined,
    limits: { firstValueMs: 2_000, idleMs: 200, pairWaitMs: 2_000 },
  });
  const abort = new AbortController();
  const running = adapter.run(keep, abort.signal);
  end = async () => {
    abort.abort();
    await running;
  };
  await until(() => world.radio.state === 'poweredOn', 'power');
});

const keep = async (capture: Capture) => void captures.push(capture);
const asked = (member: string) => world.daemon.calls.filter((one) => one === member).length;
const dialog: PairingDialog = {
  enterPasskey: () => Promise.resolve(PASSKEY),
  showPasskey: () => undefined,
  confirmPasskey: () => Promise.resolve(true),
};
const pair = (address: string) =>
  adapter.pair(address, keep, (step) => steps.push(step), AbortSignal.timeout(10_000), dialog);

/** A cuff in pairing mode; without the passkey it is given nothing, and gives nothing. */
async function meter(address: string): Promise<{ path: string; indication: string }> {
  const { daemon } = world;
  const path = daemon.device(address, { Paired: false, Bonded: false });
  const indication = daemon.characteristic(path, '1810', '2a35', ['indicate']);
  for (const one of [path, `${path}/service1810`, indication]) daemon.added(one);
  daemon.answers.set('Pair', async () => {
    const passkey = await daemon.askAgent('RequestPasskey', path).catch(() => undefined);
    if (passkey !== PASSKEY) throw busError('org.bluez.Error.AuthenticationFailed');
    daemon.changed(path, DEVICE, { Connected: true });
    daemon.changed(path, DEVICE, { Address: CUFF, AddressType: 'public' });
    daemon.changed(path, DEVICE, { Paired: true, Bonded: true, ServicesResolved: true });
  });
  daemon.answers.set('StartNotify', () => {
    if (daemon.objects[path]?.[DEVICE]?.Bonded === true) return;
    throw Object.assign(busError('org.bluez.Error.NotPermitted'), { message: 'Not paired' });
  });
  await world.heard(path);
  return { path, indication };
}

describe.skipIf(!hasDbusDaemon())('pairing over bluetoothd', () => {
  afterEach(async () => {
    world.daemon.answers.clear();
    await end();
    await world[Symbol.asyncDispose]();
  });

  test('of a device under a private address: by passkey, known by its identity afterwards', async () => {
    const { path, indication } = await meter(PRIVATE);
    const paired = await pair(PRIVATE_ID);
    expect(paired.address).toBe(ID);
    expect(steps).toEqual(expect.arrayContaining(['bonding', 'connecting', 'subscribed']));
    expect(world.daemon.objects[path]?.[DEVICE]).toMatchObject({ Bonded: true });
    expect(asked('Pair')).toBe(1);
    world.daemon.changed(indication, CHARACTERISTIC, { Value: Buffer.from([1]) });
    await world.settle();
    expect(captures.map(({ peripheral }) => peripheral)).toEqual([ID]);
  });

  test('of a device that is adopted already: one connection, whatever is heard meanwhile', async () => {
    adopted.push({ address: ID });
    const { path, indication } = await meter(PRIVATE);
    expect((await pair(PRIVATE_ID)).address).toBe(ID);
    world.daemon.changed(path, DEVICE, { RSSI: -40 });
    world.daemon.changed(indication, CHARACTERISTIC, { Value: Buffer.from([1]) });
    await world.settle();
    expect(asked('StartNotify')).toBe(1);
    expect(captures).toHaveLength(1);
  });

  test('that failed leaves nothing behind: the next try finds the device and pairs', async () => {
    const { path } = await meter(CUFF);
    const works = world.daemon.answers.get('Pair');
    world.daemon.answers.set('Pair', () => {
      throw busError('org.bluez.Error.AuthenticationFailed');
    });
    world.daemon.answers.set('RemoveDevice', () => world.daemon.removed(path));
    await expect(pair(ID)).rejects.toMatchObject({ code: 'radio-pairing-failed' });
    await expect(world.daemon.askAgent('RequestPasskey', path)).rejects.toMatchObject({
      dbusName: 'org.bluez.Error.Rejected',
    });
    await meter(CUFF);
    if (works) world.daemon.answers.set('Pair', works);
    expect((await pair(ID)).address).toBe(ID);
  });

  test('of a device that has forgotten its bond: the old one goes, when it is of no use', async () => {
    const { path } = await meter(CUFF);
    await pair(ID);
    world.daemon.answers.set('StartNotify', () => {
      throw Object.assign(busError('org.bluez.Error.NotPermitted'), { message: 'Not paired' });
    });
    let removed = 0;
    world.daemon.answers.set('RemoveDevice', async () => {
      removed += 1;
      world.daemon.removed(path);
      setImmediate(() => void meter(CUFF));
    });
    // In pairing mode it advertises all the time.
    const advertising = setInterval(() => world.daemon.changed(path, DEVICE, { RSSI: -50 }), 20);
    const paired = await pair(ID).finally(() => clearInterval(advertising));
    expect(paired.address).toBe(ID);
    expect(removed).toBe(1);
    expect(asked('Pair')).toBe(2);
  });
});
