import { expect, test } from 'vitest';
import type { Capture } from '../../../../adapters/measurement.ts';
import { sealedMibeacon } from '../../../adapters/bluetooth/advertisements/seal.ts';
import { type Household, openHousehold, START } from '../household.ts';

/** What broadcast-only devices bring, as one weighing or minute of theirs is heard. */

const SCALE = '00005e005301';
const V1 = { serviceData: '181d' };
const V2 = { serviceData: '181b' };

async function withScale() {
  const home = openHousehold();
  const person = await home.decisions.addPerson('test', 'Kari Example');
  const device = await home.adopt(SCALE);
  await home.decisions.assignDevice('test', device.id, { owner: person.id });
  return home;
}

function heard(home: Household, source: Capture['source'], hex: string, seconds: number) {
  home.time.now = START + seconds * 1000;
  return home.keep({
    peripheral: SCALE,
    at: home.time.now,
    session: 'broadcasts',
    source,
    bytes: Buffer.from(hex, 'hex'),
  });
}
const weighings = (home: Household) =>
  home.readings.recent(9).map(({ content, time }) => ({
    ...content.measurements[0]?.quantities,
    ...(time && { at: time.effective, basis: time.basis }),
  }));

/** 2 March 2026 10:00:05, the scale's own time, as it is sent. */
const RIGHT = 'ea0703020a0005';
const WRONG = 'b2070101010203';

test('one weighing is one reading: moving, stable, stable again, stepped off', async () => {
  const home = await withScale();
  for (const [seconds, control] of ['02', '22', '22', 'a2', 'a2', '82'].entries()) {
    await heard(home, V1, `${control}3e30${RIGHT}`, seconds * 11);
  }
  expect(weighings(home)).toEqual([
    {
      weight: { value: '61.750', unit: 'kg' },
      at: '2026-03-02T10:00:05+01:00',
      basis: 'device-time-live',
    },
  ]);
  expect(home.views.captures()).toEqual({ 'not-a-result': 4, read: 1, repeat: 1 });
  // The same weight on another day is another weighing.
  await heard(home, V1, `223e30ea0703030a0005`, 86_400);
  expect(weighings(home)).toHaveLength(2);
  await home.stop();
});

test('the clock of a scale that nobody set: the weighing was when it was heard, and once', async () => {
  const home = await withScale();
  for (const seconds of [5, 16, 27]) await heard(home, V1, `223e30${WRONG}`, seconds);
  expect(weighings(home)).toMatchObject([{ at: '2026-03-02T10:00:05+01:00', basis: 'reception' }]);
  expect(home.readings.recent(9)[0]?.time).toMatchObject({ deviceClockUnusable: true });
  await home.stop();
});

test('impedance that comes after the weight belongs to the same weighing', async () => {
  const home = await withScale();
  await heard(home, V2, `0220${RIGHT}00008642`, 5);
  await heard(home, V2, `0226${RIGHT}ac018642`, 12);
  await heard(home, V2, `02a6${RIGHT}ac018642`, 20);
  expect(weighings(home)).toMatchObject([
    { weight: { value: '85.150' }, impedance: { value: '428', unit: 'Ohm' } },
  ]);
  await home.stop();
});

test('an object that was weighed is nobody', async () => {
  const home = await withScale();
  await heard(home, V1, `623e30${RIGHT}`, 5);
  expect(weighings(home)).toEqual([]);
  await home.stop();
});

test('an S400 that tells one weighing under several counters tells one weighing', async () => {
  const home = await withScale();
  const device = home.devices.byAddress(SCALE);
  await home.keyGiving.give('test', device?.id ?? '', '000102030405060708090a0b0c0d0e0f');
  const weighing = (second: string) => `166e0901e612a43e${second}`;
  for (const [count, second] of ['79196c68', '79196c68', '90196c68'].entries()) {
    const frame = sealedMibeacon(SCALE, weighing(second), count);
    await heard(home, { serviceData: 'fe95' }, frame.toString('hex'), count * 11);
  }
  const kinds = home.readings.recent(9).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'body-weight')).toHaveLength(2);
  await home.stop();
});

test("a room sensor's broadcasts are thinned, and none that it repeats is a second", async () => {
  const home = await withScale();
  for (let second = 0; second < 130; second += 10) {
    const sequence = (second / 10).toString(16).padStart(4, '0');
    const frame = `0512fc5394c37c0004fffc040cac3642${sequence}cbb8334c884f`;
    await heard(home, { manufacturer: 0x0499 }, frame, second);
  }
  expect(home.views.captures()).toEqual({ read: 3, thinned: 10 });
  await home.stop();
});
