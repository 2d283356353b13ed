import { beforeEach, expect, test, vi } from 'vitest';
import { decodeGatt } from '../../../adapters/bluetooth/gatt/index.ts';
import { at, beginPlanned, ID, NAME, openPlanned, planOf, storyOf } from './planned-home.ts';

let folder: string;

beforeEach(() => {
  const place = beginPlanned();
  folder = place.folder;
  return place.end;
});

const done = ['taken', 'handed-over'];
const patience = () => AbortSignal.timeout(5_000);

test('unpaired, a device gives nothing; it is paired in pairing mode only', async () => {
  const home = openPlanned(planOf('example-cuff', [], [7, 8]), folder);
  await home.until(7.01);
  expect(home.visits[0]?.errors).toEqual(['insufficient-authentication']);
  const refused = home.pairing.pair(ID, patience());
  await expect(Promise.all([refused, home.until(7.02)])).rejects.toMatchObject({
    code: 'org.bluez.Error.AuthenticationRejected',
  });
  await home.pair();
  expect(await home.pairing.isBonded(ID)).toBe(true);
  await home.until(9);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done });
});

test('a lost bond: refused as such until a person pairs again, and nothing is lost', async () => {
  const quirks = [{ name: 'bond-lost', at: [at(8)] }] as const;
  const home = openPlanned(planOf('example-cuff', quirks, [7, 9, 10]), folder);
  await home.pair();
  await home.until(9.5);
  expect(home.visits.map(({ errors }) => errors[0])).toContain('radio-bond-lost');
  expect(await home.pairing.isBonded(ID)).toBe(true);
  expect(storyOf(folder)).toEqual({ 1: done, 2: ['taken'] });
  await home.pair();
  await home.until(11);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done, 3: done });
});

test('keys on both sides survive a power cut', async () => {
  const plan = planOf('example-cuff', [], [7, 8]);
  const home = openPlanned(plan, folder);
  await home.pair();
  home.cutPower();
  const again = openPlanned(plan, folder);
  await again.until(7.5);
  expect(await again.pairing.isBonded(ID)).toBe(true);
  expect(storyOf(folder)).toEqual({ 1: done });
});

test('a meter shows six digits: the right ones pair it', async () => {
  const home = openPlanned(planOf('example-meter', [], [7]), folder);
  home.setVisiting(false);
  const pairWith = async (passkey: number) => {
    home.household.repair(NAME);
    const dialog = {
      enterPasskey: async () => passkey,
      showPasskey: () => undefined,
      confirmPasskey: async () => true,
    };
    const paired = home.pairing.pair(ID, patience(), dialog);
    await Promise.all([paired, vi.advanceTimersByTimeAsync(1_000)]);
  };
  await expect(pairWith(54_321)).rejects.toThrow();
  expect(await home.pairing.isBonded(ID)).toBe(false);
  await pairWith(12_345);
  expect(await home.pairing.isBonded(ID)).toBe(true);
  expect(home.household.devices[0]?.passkey).toBe('012345');
});

/** Visits a meter with twelve results, and makes these requests one after another. */
async function ask(...requests: readonly Buffer[]) {
  const hours = Array.from({ length: 12 }, (_, index) => 6 + index / 10);
  const home = openPlanned(planOf('example-meter', [], hours, { wakes: [8] }), folder);
  await home.pair();
  await home.until(7.9);
  home.visits.length = 0;
  home.household.repair(NAME);
  home.whenVisiting((visit) => {
    visit.results.length = 0;
    let wait = 1_000;
    for (const request of requests) {
      setTimeout(() => home.bindings.write(ID, '1808', '2a52', request, false), wait);
      wait += 1_000;
    }
  });
  await home.until(8.1);
  return home;
}

test('a meter hands over what it is asked for by number, and keeps all', async () => {
  const home = await ask(Buffer.of(4, 1), Buffer.of(1, 3, 1, 11, 0), Buffer.of(1, 3, 1, 13, 0));
  const [visit] = home.visits;
  // all of it at first, as every visit here asks; then the count, two records, none
  expect(visit?.answers).toEqual(['06000101', '05000c00', '06000101', '06000106']);
  expect(visit?.results).toHaveLength(14);
  const numbers = visit?.results.map((hex) => Buffer.from(hex, 'hex').readUInt16LE(1));
  expect(numbers?.slice(-2)).toEqual([11, 12]);
  const follows = visit?.results.filter((hex) => Number.parseInt(hex.slice(0, 2), 16) & 0x10);
  expect(visit?.contexts).toHaveLength(follows?.length ?? -1);
  expect(visit?.contexts.length).toBeGreaterThan(0);
  expect(Object.values(storyOf(folder))).toEqual(Array.from({ length: 12 }, () => done));
});

test('a meter deletes nothing, and refuses what it does not know', async () => {
  const home = await ask(Buffer.of(2, 1), Buffer.of(1, 2, 1, 1, 0), Buffer.of(1, 0));
  expect(home.visits[0]?.answers.slice(1)).toEqual(['06000202', '06000104', '06000103']);
});

test('a meter stops when it is told to, and is busy while it reports', async () => {
  const home = await ask();
  home.visits.length = 0;
  home.whenVisiting(() => {
    const soon = (wait: number, request: Buffer) =>
      setTimeout(() => home.bindings.write(ID, '1808', '2a52', request, false), wait);
    soon(60, Buffer.of(4, 1));
    soon(110, Buffer.of(3, 0));
  });
  home.household.repair(NAME);
  await home.until(9);
  const [visit] = home.visits;
  expect(visit?.errors).toEqual(['procedure-already-in-progress']);
  expect(visit?.answers).toEqual(['06000301']);
  expect(visit?.results.length).toBeLessThan(12);
});

test('a Beurer cuff says its name, and swaps the bytes of its pulse', async () => {
  const home = openPlanned(planOf('beurer-cuff', [], [7]), folder);
  const names: string[] = [];
  home.bindings.on(
    'discover',
    (...args: [string, string, string, boolean, { localName: string }]) => {
      names.push(args[4].localName);
    },
  );
  await home.pair();
  await home.until(8);
  expect(new Set(names)).toEqual(new Set(['Beurer BM85']));
  const bytes = Buffer.from(home.results()[0] ?? '', 'hex');
  expect([bytes.length, bytes[0], bytes[14]]).toEqual([19, 0x56, 0]);
  const decoded = decodeGatt('2a35', bytes);
  const pulse = String(bytes[15]);
  expect(decoded).toMatchObject({
    measurements: [{ quantities: { 'pulse-rate': { value: pulse } } }],
  });
});

test('bluetoothd killed: disconnected and off, nothing is bonded, nothing scans; then as before', async () => {
  const home = openPlanned(planOf('example-cuff', [], [7, 8]), folder);
  await home.pair();
  home.whenVisiting(() => setTimeout(home.faults.bluetoothdKilled, 15));
  const gone: string[] = [];
  home.bindings.on('disconnect', (_id, reason: string) => gone.push(reason));
  await home.until(7.02);
  expect(home.states).toEqual(['poweredOn', 'poweredOff']);
  expect(gone).toEqual(['adapter']);
  expect(await home.pairing.isBonded(ID)).toBe(false);
  const errors: string[] = [];
  home.bindings.on('gattError', ({ op }: { op: string }) => errors.push(op));
  home.bindings.startScanning([], true);
  await home.until(7.1);
  expect(errors).toEqual(['scan']);
  expect(home.visits).toHaveLength(1);
  home.whenVisiting(() => undefined);
  home.faults.bluetoothdBack();
  await home.until(9);
  expect(home.states).toEqual(['poweredOn', 'poweredOff', 'poweredOn']);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done });
});

test('a live value that went out as bluetoothd was killed has been handed over', async () => {
  const home = openPlanned(planOf('example-strap', [], [7]), folder);
  home.bindings.on('read', (_id, _service, _uuid, _data, unasked: boolean) => {
    if (unasked) setTimeout(home.faults.bluetoothdKilled, 5);
  });
  await home.until(8);
  expect(storyOf(folder)).toEqual({ 1: done });
});

test('without its adapter the radio is unsupported, also when bluetoothd comes back', async () => {
  const home = openPlanned(planOf('example-cuff', [], [7]), folder);
  await home.pair();
  home.faults.adapterGone();
  home.faults.bluetoothdKilled();
  home.faults.bluetoothdBack();
  home.faults.adapterBack();
  expect(home.states).toEqual([
    'poweredOn',
    'unsupported',
    'poweredOff',
    'unsupported',
    'poweredOn',
  ]);
  await home.until(8);
  expect(storyOf(folder)).toEqual({ 1: done });
});

test('a stuck scan hears nobody; starting it again fails or is not answered', async () => {
  const home = openPlanned(planOf('example-cuff', [], [7, 8]), folder);
  await home.pair();
  home.faults.scanStuck(true);
  const said: string[] = [];
  home.bindings.on('scanStart', () => said.push('start'));
  home.bindings.on('gattError', ({ op }: { op: string }) => said.push(op));
  home.heard.length = 0;
  for (let tries = 0; tries < 4; tries += 1) {
    home.bindings.startScanning([], true);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  await home.until(7.9);
  expect([said, home.heard]).toEqual([['scan', 'scan'], []]);
  home.faults.scanStuck(false);
  home.bindings.startScanning([], true);
  await home.until(9);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done });
});
