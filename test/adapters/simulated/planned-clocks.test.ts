import { beforeEach, expect, test } from 'vitest';
import { decodeGatt } from '../../../adapters/bluetooth/gatt/index.ts';
import { currentTime } from '../../../adapters/simulated/encode.ts';
import type { Quirk } from '../../../adapters/simulated/quirks.ts';
import { at, beginPlanned, HOUR, ID, openPlanned, planOf, shownIn } from './planned-home.ts';

let folder: string;

beforeEach(() => {
  const place = beginPlanned();
  folder = place.folder;
  return place.end;
});

/** Wall clock of the zone in winter, as if it were UTC. */
const local = (instant: number) => instant + HOUR;
/** Last Sunday of March: 27 days and 2 hours after the start the clocks go forward. */
const SUMMER = 27 * 24;

/** How far a device's clock is ahead of winter time at its visit, in seconds. */
async function aheadAt(hour: number, quirks: readonly Quirk[]) {
  const home = openPlanned(planOf('example-cuff', quirks, [hour]), folder);
  await home.pair();
  await home.until(hour + 1);
  const visit = home.visits.at(-1);
  return Math.round((shownIn(visit?.clock) - local(visit?.at ?? 0)) / 1_000);
}

test.each([
  ['right', [], 7, 0],
  ['set wrong', [{ name: 'clock-offset', seconds: -432 }], 7, -432],
  ['fast', [{ name: 'clock-drift', secondsPerDay: 8 }], 240, 80],
  ['reset', [{ name: 'clock-reset', at: [at(5)] }], 7, -9 * 365 * 86_400],
  ['changed for summer', [{ name: 'summer-time', changes: true }], SUMMER + 7, 3_600],
  ['not changed for summer', [{ name: 'summer-time', changes: false }], SUMMER + 7, 0],
  ['not changed for summer, as most', [], SUMMER + 7, 0],
] as const)('a clock that is %s', async (name, quirks, hour, ahead) => {
  const seconds = await aheadAt(hour, quirks);
  const slack = name === 'reset' ? 100 * 86_400 : 1;
  expect(Math.abs(seconds - ahead)).toBeLessThanOrEqual(slack);
});

test('what was measured before a reset keeps its time; the clock begins at 2017', async () => {
  const reset = { name: 'clock-reset', at: [at(8)] } as const;
  const home = openPlanned(planOf('example-cuff', [reset], [7, 9]), folder);
  await home.pair();
  home.setVisiting(false);
  await home.until(8.99);
  home.setVisiting(true);
  await home.until(10);
  const times = home.results().map((hex) => {
    const decoded = decodeGatt('2a35', Buffer.from(hex, 'hex'));
    return decoded.ok && 'deviceTime' in decoded ? decoded.deviceTime : undefined;
  });
  expect(times).toEqual(['2026-03-02T07:00:00', '2017-01-01T01:00:00']);
});

test.each([
  ['example-cuff', false],
  ['example-cuff-settable', true],
] as const)('the clock of a %s is set by who writes it: %s', async (modelKey, settable) => {
  const slow = { name: 'clock-offset', seconds: -600 } as const;
  const home = openPlanned(planOf(modelKey, [slow], [7, 8, 9]), folder);
  await home.pair();
  home.whenVisiting(() => {
    if (home.visits.length > 1) return;
    const now = currentTime(local(Date.now()));
    home.bindings.write(ID, '1805', '2a2b', now, false);
  });
  await home.until(7.5);
  home.cutPower();
  const again = openPlanned(planOf(modelKey, [slow], [7, 8, 9]), folder);
  await again.until(10);
  const visit = again.visits.at(-1);
  const off = (shownIn(visit?.clock) - local(visit?.at ?? 0)) / 1_000;
  expect(Math.abs(off)).toBeLessThan(settable ? 2 : 602);
  expect(Math.abs(off) > 590).toBe(!settable);
  expect(home.visits[0]?.errors).toEqual(settable ? [] : ['not-permitted']);
});

test('bytes that are no time are refused, and a stranger may not set the clock', async () => {
  const home = openPlanned(planOf('example-cuff-settable', [], [7, 8]), folder);
  await home.pair();
  home.whenVisiting(() => {
    home.bindings.write(ID, '1805', '2a2b', Buffer.alloc(10), false);
  });
  await home.until(7.5);
  expect(home.visits[0]?.errors).toEqual(['invalid-value']);
  await home.pairing.unpair(ID);
  await home.until(9);
  const refused = 'insufficient-authentication';
  expect(home.visits.at(-1)?.errors).toEqual([refused, refused]);
});

test('an oximeter whose clock nobody set says so, and counts from 2017', async () => {
  const unset = { name: 'clock-not-set' } as const;
  const home = openPlanned(planOf('example-oximeter', [unset], [7]), folder);
  await home.until(8);
  const decoded = decodeGatt('2a5e', Buffer.from(home.results()[0] ?? '', 'hex'));
  expect(decoded).toMatchObject({
    status: ['device-clock-not-set'],
    deviceTime: '2017-01-01T07:00:00',
  });
});

test('a meter that is set keeps its base time and says how far it was moved', async () => {
  const slow = { name: 'clock-offset', seconds: -600 } as const;
  const home = openPlanned(planOf('example-meter-settable', [slow], [7, 9]), folder);
  await home.pair();
  home.whenVisiting(() => {
    home.bindings.write(ID, '1805', '2a2b', currentTime(local(Date.now())), false);
  });
  await home.until(10);
  const [before, after] = (home.visits.at(-1)?.results ?? []).map((hex) => {
    const decoded = decodeGatt('2a18', Buffer.from(hex, 'hex'));
    return decoded.ok && 'measurements' in decoded
      ? { time: decoded.deviceTime, ...decoded.measurements[0]?.attributes }
      : undefined;
  });
  expect(before).toMatchObject({ time: '2026-03-02T06:50:00', timeOffsetMin: 0 });
  expect(after).toMatchObject({
    time: '2026-03-02T09:00:00',
    baseTime: '2026-03-02T08:50:00',
    timeOffsetMin: 10,
  });
});
