import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GattError } from '../../../adapters/bluetooth/radio/bindings.ts';
import { collect, linesOf, openHousehold, reach, scanning, until } from './collector.ts';

const SPEED = 100;
const CUFF = '00005e005301';
const OXIMETER = '00005e005306';
const STRAP = '00005e005307';

let folder: string;
let closers: (() => Promise<void>)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'household-'));
  closers = [];
});

afterEach(async () => {
  for (const close of closers) await close();
  rmSync(folder, { recursive: true });
});

function open(speed = SPEED) {
  const opened = openHousehold(folder, speed);
  closers.push(opened.close);
  opened.household.start();
  const unit = (id: string) => {
    const found = opened.household.units.find((one) => one.id === id);
    if (!found) throw new Error('no such unit');
    return found;
  };
  return { ...opened, unit };
}

const truth = () => linesOf(readFileSync(join(folder, 'ground-truth.ndjson'), 'utf8'));

async function listenTo(bindings: Parameters<typeof scanning>[0], id: string, uuid: string) {
  const { peripheral, find } = await reach(await scanning(bindings), id);
  const received: string[] = [];
  find(uuid).on('data', (bytes: Buffer) => received.push(bytes.toString('hex')));
  find(uuid).notify(true);
  return { peripheral, find, received };
}

test('a cuff is found, read and heard, and forgets only what was confirmed', async () => {
  const { household, bindings, unit, now } = open();
  const { find, received } = await listenTo(bindings, CUFF, '2a35');
  // What it shows is compared with the time before it was asked and the time it had answered.
  const read = async (uuid: string) => (await find(uuid).readAsync()).toString('hex');
  expect(await read('2a23')).toBe('015300feff5e0000');
  expect(Buffer.from(await read('2a29'), 'hex').toString()).toBe('Example Medical');
  const asked = now();
  const clock = Buffer.from(await read('2a2b'), 'hex');
  const answered = now();
  const shown = Date.UTC(
    clock.readUInt16LE(0),
    (clock[2] ?? 0) - 1,
    clock[3],
    clock[4],
    clock[5],
    clock[6],
  );
  const slowSeconds = (at: number) => (at + osloOffsetHours(at) * 3_600_000 - shown) / 1000;
  expect(slowSeconds(answered)).toBeGreaterThan(7 * 60 + 11);
  expect(slowSeconds(asked)).toBeLessThan(7 * 60 + 60);
  await until(() => received.length > 0);
  expect(household.summary()).toEqual({ measured: expect.any(Number), handedOver: 0 });
  expect(unit(CUFF).memory.waiting()).toHaveLength(1);
  await until(() => household.summary().handedOver > 0);
  expect(unit(CUFF).memory.waiting()).toEqual([]);
  expect(truth()[0]).toMatchObject({
    n: 1,
    device: '00-00-5E-FF-FE-00-53-01',
    kind: 'blood-pressure',
    person: 'Kari Eksempel',
    handedOver: true,
  });
});

/** Oslo's offset from UTC, asked of the platform in another way than the household does. */
function osloOffsetHours(instant: number): number {
  const local = new Date(instant).toLocaleString('sv-SE', { timeZone: 'Europe/Oslo' });
  return Math.round((Date.parse(`${local.replace(' ', 'T')}Z`) - instant) / 3_600_000);
}

test('what was sent and not confirmed is sent again at the next connection', async () => {
  const { household, bindings, unit } = open();
  const first = await listenTo(bindings, CUFF, '2a35');
  first.find('2a35').once('data', () => bindings.disconnect(CUFF));
  await until(() => first.received.length > 0 && first.peripheral.state === 'disconnected');
  await pause(60);
  expect(household.summary().handedOver).toBe(0);
  unit(CUFF).advertise();
  const second = await listenTo(bindings, CUFF, '2a35');
  await until(() => household.summary().handedOver > 0);
  expect(second.received).toEqual(first.received.slice(0, 1));
  expect(truth()).toHaveLength(1);
});

test('a cuff without a bond sends nothing until it is paired', async () => {
  const { bindings, pairing, unit } = open();
  await pairing.unpair(CUFF);
  expect(await pairing.isBonded(CUFF)).toBe(false);
  const errors: GattError[] = [];
  bindings.on('gattError', (error: GattError) => errors.push(error));
  const { find, received } = await listenTo(bindings, CUFF, '2a35');
  await until(() => errors.length > 0);
  expect(errors[0]).toMatchObject({ op: 'notify', id: CUFF, characteristic: '2a35' });
  expect(received).toEqual([]);
  await pairing.pair(CUFF, AbortSignal.timeout(60_000));
  find('2a35').notify(true);
  await until(() => received.length > 0);
  expect(unit(CUFF).memory.bonded()).toBe(true);
});

test('pairing waits for the device until it is aborted', async () => {
  const { pairing } = openHousehold(folder, 1);
  await expect(pairing.pair(CUFF, AbortSignal.timeout(120))).rejects.toThrow();
  await expect(pairing.pair('000000000000', AbortSignal.timeout(120))).rejects.toThrow();
});

test('operations without a connection, or that a device lacks, are GATT errors', async () => {
  const { bindings } = open();
  const codes: string[] = [];
  bindings.on('gattError', ({ error }: GattError) => {
    codes.push((error as Error & { code: string }).code);
  });
  bindings.init();
  bindings.read(CUFF, '180a', '2a23');
  await until(() => codes.length === 1);
  await listenTo(bindings, OXIMETER, '2a5e');
  bindings.read(OXIMETER, '1805', '2a2b');
  bindings.notify(OXIMETER, '180a', '2a23', true);
  bindings.write(OXIMETER, '1822', '2a5e', Buffer.of(1), false);
  await until(() => codes.length === 4);
  expect(codes).toEqual(['not-connected', 'not-permitted', 'not-permitted', 'not-permitted']);
});

test('a scan hears each device once, and only those with the services asked for', async () => {
  const { bindings, household } = open();
  const heard: string[] = [];
  bindings.on('discover', (id: string) => heard.push(id));
  bindings.init();
  await until(() => household.units.every((unit) => unit.advertising()));
  bindings.startScanning(['1810'], false);
  await pause(400);
  // The last one is new, and lies there in pairing mode.
  expect(heard.sort()).toEqual(['00005e005301', '00005e005302', '00005e005308']);
});

test('a device that forgets nothing sends its history first, one line for each', async () => {
  const { bindings, household, unit } = open(2_000);
  const shared = '00005e005302';
  const first = await listenTo(bindings, shared, '2a35');
  await until(() => household.summary().handedOver > 0);
  await first.peripheral.disconnectAsync();
  const known = truth().length;
  await until(() => unit(shared).memory.waiting().length > 0);
  const second = await listenTo(bindings, shared, '2a35');
  await until(() => truth().length > known);
  expect(second.received[0]).toBe(first.received[0]);
  expect(second.received.length).toBeGreaterThan(known);
  expect(truth().map(({ record }) => record)).toEqual(truth().map((_, index) => index + 1));
  expect(truth()[0]?.person).toBeNull();
  expect(truth()[0]?.values).not.toHaveProperty('mean');
});

test('a strap sends only to a listener, never two values within a minute of its time', async () => {
  const { bindings, now } = open(600);
  const at: number[] = [];
  bindings.on('read', (id: string, _service, _characteristic, _data, unasked: boolean) => {
    if (id === STRAP && unasked) at.push(now());
  });
  await collect(bindings, () => undefined);
  await until(() => at.length >= 3);
  const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60_000);
});
