import { expect, test } from 'vitest';
import { createBluetooth } from '../../../../adapters/bluetooth/bluetooth.ts';
import { createRadio } from '../../../../adapters/bluetooth/radio/radio.ts';
import type { Capture } from '../../../../adapters/measurement.ts';
import { createScriptedBindings, type ScriptedDevice } from '../radio/scripted-bindings.ts';
import { FROM_CUFF, framed, TO_CUFF, UNLOCK } from './omron-cuff.ts';

const CUFF = '00005e005378';
const never = new AbortController().signal;

/** Its name does not tell its model: what it says of itself, once bonded, does. */
const cuff: ScriptedDevice = {
  id: CUFF,
  name: 'BLEsmart_000001',
  advertised: ['fe4a'],
  needsBond: true,
  gatt: {
    '180a': { '2a24': { properties: ['read'], value: Buffer.from('HEM-7142T2') } },
    fe4a: {
      [FROM_CUFF]: { properties: ['notify'] },
      [TO_CUFF]: { properties: ['write'] },
      [UNLOCK]: { properties: ['write', 'notify'] },
    },
  },
};

async function stage(device: ScriptedDevice) {
  const bindings = createScriptedBindings(device);
  const now = () => Date.parse('2026-03-02T09:00:00Z');
  const note = () => undefined;
  const radio = createRadio({ bindings, pairing: bindings.pairing, now, note });
  const limits = { firstValueMs: 30, idleMs: 20, pairWaitMs: 200 };
  const adapter = createBluetooth({ radio, adopted: () => [], now, note, limits });
  const abort = new AbortController();
  const running = adapter.run(async () => undefined, abort.signal);
  await expect.poll(() => bindings.asked).toContain('startScanning');
  await new Promise((resolve) => setImmediate(resolve));
  bindings.advertise(device.id);
  const kept: Capture[] = [];
  const keep = async (capture: Capture) => void kept.push(capture);
  return {
    ...{ bindings, kept, seen: () => adapter.seen() },
    pair: () => adapter.pair(device.id, keep, () => undefined, never),
    async end() {
      abort.abort();
      await running;
    },
  };
}

test('a cuff is paired by what it says of itself: bonded when it refuses, then read', async () => {
  const set = await stage(cuff);
  set.bindings.onWrite = (id, service, characteristic, bytes) => {
    const [, op = 0, , high = 0, low = 0, size = 0] = bytes;
    const answer =
      op === 1
        ? framed(0x8100, high * 0x100 + low, new Uint8Array(size).fill(0xff))
        : framed((op | 0x80) * 0x100, 0, new Uint8Array());
    const token = Buffer.of(0x91, 0, ...bytes.subarray(1, 5));
    set.bindings.value(
      id,
      service,
      characteristic === UNLOCK ? UNLOCK : FROM_CUFF,
      characteristic === UNLOCK ? token : answer,
    );
  };
  const { services } = await set.pair();
  expect(services).toContain('fe4a');
  expect(set.bindings.bonded.has(CUFF)).toBe(true);
  const read = set.kept.filter(
    ({ source }) => 'characteristic' in source && source.characteristic === FROM_CUFF,
  );
  expect(read).toHaveLength(1 + 14);
  await set.end();
});

test('a device with none of these services is adopted as a broadcaster, not connected to', async () => {
  const set = await stage({ ...cuff, advertised: ['fee7'] });
  expect((await set.pair()).services).toEqual(['fee7']);
  expect(set.bindings.asked.some((one) => one.startsWith('connect'))).toBe(false);
  await set.end();
});

test('the pairing page is told the product number of a broadcast, and nothing it measured', async () => {
  const data = Buffer.from('58594c3f1012efbe38c1a47f7b3e9500000035019b45', 'hex');
  const serviceData = [{ uuid: 'fe95', data }];
  const set = await stage({ ...cuff, name: 'Sensor', advertised: [], serviceData });
  expect(set.seen()).toMatchObject([{ product: 0x3f4c, broadcasts: ['fe95'], supported: true }]);
  expect(JSON.stringify(set.seen())).not.toContain('7b3e95');
  await set.end();
});
