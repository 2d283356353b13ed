import { afterEach, expect, test, vi } from 'vitest';
import { createBluetooth } from '../../../adapters/bluetooth/bluetooth.ts';
import type { BluetoothLimits } from '../../../adapters/bluetooth/limits.ts';
import { createRadio } from '../../../adapters/bluetooth/radio/radio.ts';
import type { Capture } from '../../../adapters/measurement.ts';
import { createScriptedBindings, type ScriptedDevice } from './radio/scripted-bindings.ts';

const CUFF = '00005e005311';
const SENSOR = '00005e005312';
const PRIVATE = '4a0000000001';
const VALUE = new Uint8Array([0x16, 1, 2, 3]);
const QUICK: Partial<BluetoothLimits> = { firstValueMs: 60, idleMs: 30, pairWaitMs: 100 };
const cuff = (id: string, more: Partial<ScriptedDevice> = {}): ScriptedDevice => ({
  id,
  name: 'Test cuff',
  advertised: ['1810'],
  gatt: { '1810': { '2a35': { properties: ['indicate'] } } },
  ...more,
});
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let end = async () => {};
afterEach(async () => {
  vi.useRealTimers();
  await end();
});

async function stage(devices: ScriptedDevice[], limits: Partial<BluetoothLimits> = QUICK) {
  const bindings = createScriptedBindings(...devices);
  const kept: Capture[] = [];
  const notes: string[] = [];
  const note = (event: string) => void notes.push(event);
  const radio = createRadio({ bindings, pairing: bindings.pairing, now: Date.now, note });
  const adopted = () => [{ address: CUFF }, { address: SENSOR }] as never;
  const adapter = createBluetooth({ radio, adopted, now: Date.now, note, limits });
  const abort = new AbortController();
  let over = false;
  const late: Capture[] = [];
  const running = adapter
    .run(async (capture) => void (over ? late : kept).push(capture), abort.signal)
    .then(() => {
      over = true;
    });
  end = async () => {
    abort.abort();
    await running;
  };
  await expect.poll(() => bindings.asked).toContain('startScanning');
  await sleep(0);
  return { bindings, kept, notes, radio, adapter, abort, running, late };
}

test('no visit is begun while the adapter stops', async () => {
  const { bindings, abort, running } = await stage([cuff(CUFF), cuff(SENSOR)], {
    ...QUICK,
    linksMax: 1,
    firstValueMs: 1_000,
  });
  bindings.advertise(CUFF);
  await expect.poll(() => bindings.asked).toContain(`notify 1810/2a35 ${CUFF}`);
  bindings.advertise(SENSOR);
  abort.abort();
  await running;
  await sleep(50);
  expect(bindings.asked.filter((one) => one.startsWith('connect '))).toEqual([`connect ${CUFF}`]);
});

test('a device that is adopted and paired anew under a private address gets one visit', async () => {
  const { bindings, adapter, kept, notes } = await stage(
    [cuff(PRIVATE, { needsBond: true }), cuff(CUFF, { needsBond: true })],
    { ...QUICK, firstValueMs: 300 },
  );
  Object.assign(bindings.pairing, {
    identityOf: (id: string) => (id === PRIVATE ? CUFF : id),
    async pair(id: string) {
      bindings.asked.push(`pair ${id}`);
      bindings.bonded.add(CUFF);
      bindings.bonded.add(PRIVATE);
      // BlueZ tells of the device under its identity address as soon as it is bonded.
      const said = { localName: 'Test cuff', serviceUuids: ['1810'] };
      bindings.emit('discover', CUFF, '00:00:5e:00:53:11', 'public', true, said, -50, true);
    },
  });
  bindings.advertise(PRIVATE);
  const paired = await adapter.pair(
    PRIVATE,
    async (capture) => void kept.push(capture),
    () => undefined,
    AbortSignal.timeout(60_000),
  );
  expect(paired.address).toBe(CUFF);
  bindings.value(CUFF, '1810', '2a35', VALUE);
  await sleep(500);
  expect(bindings.asked.filter((one) => one === `connect ${CUFF}`)).toHaveLength(1);
  expect(notes.filter((one) => one === 'visit-failed')).toEqual([]);
});

test('a connection waits for the scan window that is just ending', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const bindings = createScriptedBindings(cuff(CUFF));
  const radio = createRadio({ bindings, pairing: bindings.pairing, now: Date.now, note: () => {} });
  end = () => radio.stop();
  radio.startScanning();
  await expect.poll(() => bindings.asked).toContain('startScanning');
  await new Promise((resolve) => setImmediate(resolve));
  bindings.advertise(CUFF);
  let stopped = () => {};
  bindings.twist.set('stopScanning', (answer) => {
    stopped = answer;
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(bindings.asked).toContain('stopScanning');
  const connecting = radio.connect(CUFF, new AbortController().signal);
  await new Promise((resolve) => setImmediate(resolve));
  expect(bindings.asked).not.toContain(`connect ${CUFF}`);
  stopped();
  await connecting;
});

test('a bond that exists is not removed when a pairing began while bluetoothd was away', async () => {
  const { bindings, adapter, kept } = await stage([cuff(CUFF, { needsBond: true })]);
  bindings.bonded.add(CUFF);
  let first = true;
  Object.assign(bindings.pairing, {
    async isBonded(id: string) {
      const away = first;
      first = false;
      return !away && bindings.bonded.has(id);
    },
  });
  bindings.twist.set('pair', 'refuse');
  bindings.twist.set('connect', 'silence');
  bindings.advertise(CUFF);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  await expect(
    adapter.pair(
      CUFF,
      async (c) => void kept.push(c),
      () => undefined,
      abort.signal,
    ),
  ).rejects.toBeDefined();
  expect(bindings.asked).not.toContain(`unpair ${CUFF}`);
});
