import { Buffer } from 'node:buffer';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createBluetooth } from '../../../adapters/bluetooth/bluetooth.ts';
import type { NobleBindings, PairingPort } from '../../../adapters/bluetooth/radio/bindings.ts';
import { createRadio } from '../../../adapters/bluetooth/radio/radio.ts';
import { withoutIdentity } from '../../../adapters/bluetooth/recorded-lines.ts';
import type { Capture } from '../../../adapters/measurement.ts';
import { createSimulatedBindings } from '../../../adapters/simulated/bindings.ts';
import { createHousehold } from '../../../adapters/simulated/household.ts';
import { until } from '../../support/until.ts';
import { createScriptedBindings, type ScriptedDevice } from './radio/scripted-bindings.ts';

const ID = '00005e005341';
const OTHER = '00005e005342';
const SERIAL = 'SN-77123';
const never = new AbortController().signal;

const unknown = (more: Partial<ScriptedDevice> = {}): ScriptedDevice => ({
  id: ID,
  name: 'Gadget of Kari',
  advertised: ['fff0'],
  manufacturerData: Buffer.from(`5701${ID}07`, 'hex'),
  gatt: {
    '1800': { '2a00': { properties: ['read'], value: Buffer.from('Gadget of Kari') } },
    '180a': {
      '2a24': { properties: ['read'], value: Buffer.from('G-1') },
      '2a25': { properties: ['read'], value: Buffer.from(SERIAL) },
    },
    fff0: {
      fff1: { properties: ['notify'] },
      fff2: { properties: ['write', 'writeWithoutResponse'] },
      fff3: { properties: ['read'], value: Buffer.from('secret') },
    },
  },
  ...more,
});

const over = { end: async () => {} };
afterEach(() => over.end());

async function adapterOver(
  { bindings, pairing }: { bindings: NobleBindings; pairing: PairingPort },
  adopted: string[] = [],
) {
  const kept: Capture[] = [];
  const notes: unknown[] = [];
  const now = () => performance.now();
  const note = (event: string, fields?: object) => void notes.push([event, fields]);
  const radio = createRadio({ bindings, pairing, now, note, timeouts: { connectMs: 100 } });
  const devices = adopted.map((address) => ({ address }));
  const adapter = createBluetooth({ radio, adopted: () => devices, now, note });
  const abort = new AbortController();
  const running = adapter.run(async (capture) => void kept.push(capture), abort.signal);
  over.end = async () => {
    abort.abort();
    await running;
  };
  await until(() => radio.state === 'poweredOn', 'the radio');
  return { adapter, radio, kept, notes };
}

async function scripted(device: ScriptedDevice = unknown(), adopted: string[] = []) {
  const bindings = createScriptedBindings(device);
  const set = await adapterOver({ bindings, pairing: bindings.pairing }, adopted);
  await until(() => bindings.asked.includes('startScanning'), 'scanning');
  await new Promise((resolve) => setImmediate(resolve));
  return { ...set, bindings };
}

test('advertisements, services, what can be read and what it sends; nothing is written, nothing kept', async () => {
  const { adapter, bindings, kept, notes } = await scripted();
  bindings.twist.set('read fff0/fff3', 'refuse');
  bindings.advertise(ID);
  const recording = adapter.record(ID, 2_000, never);
  await new Promise((resolve) => setImmediate(resolve));
  bindings.advertise(ID);
  bindings.advertise(ID, { manufacturerData: Buffer.from(`5701${ID}08`, 'hex') });
  await until(() => bindings.asked.includes(`notify fff0/fff1 ${ID}`), 'the subscription');
  await new Promise((resolve) => setImmediate(resolve));
  bindings.value(
    ID,
    'fff0',
    'fff1',
    Buffer.from(`01${Buffer.from(SERIAL).toString('hex')}02`, 'hex'),
  );
  const lines = await recording;

  const facts = lines.map(({ at: _, ...fact }) => fact);
  const place = { service: 'fff0', characteristic: 'fff1' };
  expect(facts).toEqual([
    expect.objectContaining({
      is: 'advertisement',
      company: 0x0157,
      manufacturerHex: '00005e00530007',
    }),
    expect.objectContaining({ is: 'advertisement', manufacturerHex: '00005e00530008' }),
    { is: 'connected' },
    expect.objectContaining({ is: 'service', service: '1800', name: 'Generic Access' }),
    expect.objectContaining({ is: 'service', service: '180a', name: 'Device Information' }),
    {
      is: 'service',
      service: 'fff0',
      characteristics: [
        { uuid: 'fff1', properties: ['notify'] },
        { uuid: 'fff2', properties: ['write', 'writeWithoutResponse'] },
        { uuid: 'fff3', properties: ['read'] },
      ],
    },
    expect.objectContaining({ is: 'read', characteristic: '2a00', leftOut: true }),
    {
      is: 'read',
      service: '180a',
      characteristic: '2a24',
      hex: Buffer.from('G-1').toString('hex'),
    },
    expect.objectContaining({ is: 'read', characteristic: '2a25', leftOut: true }),
    { is: 'not-read', service: 'fff0', characteristic: 'fff3' },
    { is: 'subscribed', ...place },
    { is: 'value', ...place, hex: `01${'58'.repeat(SERIAL.length)}02` },
    { is: 'disconnected' },
  ]);
  const times = lines.map(({ at }) => at);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(10_000);
  expect(bindings.asked.filter((one) => /^(write|pair)/.test(one))).toEqual([]);
  expect(kept).toEqual([]);
  for (const told of [ID, 'Kari', SERIAL, Buffer.from('Kari').toString('hex')]) {
    expect(JSON.stringify([lines, notes])).not.toContain(told);
  }
});

test('one that only broadcasts is listened to, and one that nobody hears is said', async () => {
  const { adapter, bindings } = await scripted(unknown({ advertised: [], gatt: {} }));
  await expect(adapter.record(OTHER, 30, never)).rejects.toMatchObject({ code: 'radio-not-heard' });
  bindings.twist.set('connect', 'silence');
  bindings.advertise(ID);
  const recording = adapter.record(ID, 300, never);
  await new Promise((resolve) => setImmediate(resolve));
  for (let count = 0; count < 3; count += 1) {
    bindings.advertise(ID, { manufacturerData: Buffer.of(0x57, 1, count) });
  }
  const lines = await recording;
  expect(lines.map(({ is, code, manufacturerHex }) => manufacturerHex ?? `${is} ${code}`)).toEqual([
    ...['00005e00530007', '00', '01', '02'],
    'connection-failed radio-timeout',
  ]);
  expect(bindings.asked.filter((one) => one.startsWith('connect'))).toHaveLength(1);
});

test('one at a time, only while the radio runs, and it can be stopped', async () => {
  const { adapter, bindings } = await scripted();
  bindings.advertise(ID);
  const abort = new AbortController();
  const recording = adapter.record(ID, 60_000, abort.signal);
  await expect(adapter.record(OTHER, 10, never)).rejects.toMatchObject({ code: 'radio-busy' });
  const pairing = adapter.pair(
    ID,
    async () => {},
    () => undefined,
    never,
  );
  await expect(pairing).rejects.toMatchObject({ code: 'radio-busy' });
  abort.abort();
  await expect(recording).rejects.toMatchObject({ code: 'radio-aborted' });
  await over.end();
  over.end = async () => {};
  await expect(adapter.record(ID, 10, never)).rejects.toMatchObject({ code: 'radio-off' });
});

test("over the simulated home's radio: a cuff's services, and its clock", async () => {
  const household = createHousehold({
    folder: mkdtempSync(join(tmpdir(), 'record-')),
    seed: 7,
    now: Date.now,
    zone: 'Europe/Oslo',
    speed: 60,
  });
  const { adapter, radio } = await adapterOver(createSimulatedBindings({ household }));
  household.start();
  await until(() => radio.heard().length > 0, 'a device');
  const [one] = radio.heard();
  const lines = await adapter.record(one?.address ?? '', 1_500, never);
  await household.stop({ flush: false });
  const reads = lines.filter(({ is }) => is === 'read');
  expect(lines.filter(({ is }) => is === 'service').map(({ service }) => service)).toContain(
    '180a',
  );
  expect(reads.find(({ characteristic }) => characteristic === '2a24')?.hex).toMatch(/^[0-9a-f]+$/);
  expect(reads.find(({ characteristic }) => characteristic === '2a25')?.leftOut).toBe(true);
});

test('the address in either order of bytes and as text is another one; short texts stay', () => {
  const hex = (text: string) => Buffer.from(text).toString('hex');
  const address = 'a1b2c3d4e5f6';
  const line = (bytes: string) => ({ at: 0, is: 'value', characteristic: 'fff1', hex: bytes });
  const clean = (bytes: string, names: string[] = []) =>
    withoutIdentity([line(bytes)], { address, names })[0]?.hex;
  expect(clean(`01${address}02`)).toBe('0100005e00530002');
  expect(clean('f6e5d4c3b2a1')).toBe('0053005e0000');
  expect(clean(hex('at A1:B2:C3:D4:E5:F6.'))).toBe(hex('at 00:00:5E:00:53:00.'));
  expect(clean(hex('a1-b2-c3-d4-e5-f6'))).toBe(hex('00-00-5e-00-53-00'));
  expect(clean(hex('Kari and Ola'), ['Kari', 'Ola'])).toBe(hex('XXXX and Ola'));
});
