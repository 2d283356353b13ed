import { beforeEach, expect, test, vi } from 'vitest';
import { at, beginPlanned, ID, NAME, openPlanned, planOf, storyOf } from './planned-home.ts';

let folder: string;

beforeEach(() => {
  const place = beginPlanned();
  folder = place.folder;
  return place.end;
});

const done = ['taken', 'handed-over'];

test('a device is heard after measuring until it has handed over, then is silent', async () => {
  const home = openPlanned(planOf('example-cuff', [], [7, 8]), folder);
  await home.pair();
  await home.until(6.9);
  home.heard.length = 0;
  await home.until(7.5);
  expect(home.results()).toHaveLength(1);
  expect(home.heard.length).toBeLessThan(4);
  expect(storyOf(folder)).toEqual({ 1: done });
  expect(vi.getTimerCount()).toBeLessThan(4);
  await home.until(9);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done });
  expect(new Set(home.results()).size).toBe(2);
});

test.each([
  ['two minutes', [], 110, 121],
  ['half a minute', [{ name: 'advertises-briefly' }], 25, 31],
] as const)('unfetched, a device can be heard for %s', async (_, quirks, low, high) => {
  const home = openPlanned(planOf('example-cuff', quirks, [7]), folder);
  home.setVisiting(false);
  await home.until(8);
  const seconds = ((home.heard.at(-1)?.at ?? 0) - at(7)) / 1_000;
  expect(seconds).toBeGreaterThan(low);
  expect(seconds).toBeLessThan(high);
});

test.each([
  ['sends all of it again', [], [1, 3]],
  ['has deleted it', [{ name: 'deletes-after-transfer' }], [1, 2]],
] as const)('after a broken transfer a device %s', async (_, quirks, counts) => {
  const home = openPlanned(planOf('example-cuff', quirks, [7, 7.1, 7.2], { wakes: [8] }), folder);
  await home.pair();
  home.setVisiting(false);
  await home.until(7.9);
  home.setVisiting(true);
  home.whenVisiting(() => {
    if (home.visits.length === 1) setTimeout(() => home.bindings.disconnect(ID), 40);
  });
  await home.until(9);
  // the second result was on its way when the connection broke
  expect(home.visits.map(({ results }) => results.length)).toEqual([counts[0] + 1, counts[1]]);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done, 3: done });
});

test.each([
  ['nothing', [], [1, 1, 1]],
  ['its last two', [{ name: 'resends-everything', recordsMax: 2 }], [1, 2, 3]],
] as const)('at each connection a device sends %s again', async (_, quirks, counts) => {
  const home = openPlanned(planOf('example-cuff', quirks, [7, 8, 9]), folder);
  await home.pair();
  await home.until(10);
  expect(home.visits.map(({ results }) => results.length)).toEqual(counts);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done, 3: done });
});

test('nobody pressed the button: the slot is 255', async () => {
  const plan = planOf('example-cuff-two-users', [], [7], { slot: 255 });
  const home = openPlanned(plan, folder);
  await home.pair();
  await home.until(8);
  expect(home.results()[0]?.slice(-2)).toBe('ff');
});

test.each([
  ['without', [], '00'],
  ['with', [{ name: 'reserved-bits' }], 'e0'],
] as const)('flags %s reserved bits', async (_, quirks, bits) => {
  const home = openPlanned(planOf('example-cuff', quirks, [7]), folder);
  await home.pair();
  await home.until(8);
  const flags = Number.parseInt(home.results()[0]?.slice(0, 2) ?? '', 16) & 0xe0;
  expect(flags).toBe(Number.parseInt(bits, 16));
});

test.each([
  ['a number', [], false],
  ['NaN', [{ name: 'nan-mean' }], true],
] as const)('a mean pressure is %s', async (_, quirks, isNan) => {
  const home = openPlanned(planOf('example-cuff', quirks, [7]), folder);
  await home.pair();
  await home.until(8);
  expect(home.results()[0]?.slice(10, 14) === 'ff07').toBe(isNan);
});

test.each([
  [1, []],
  [3, [{ name: 'duplicate-advertisements', copies: 3 }]],
] as const)('an advertisement is heard %i times', async (copies, quirks) => {
  const home = openPlanned(planOf('example-cuff', quirks, [7]), folder);
  home.setVisiting(false);
  await home.until(8);
  const instants = new Map<number, number>();
  for (const { at: when } of home.heard) instants.set(when, (instants.get(when) ?? 0) + 1);
  expect(new Set(instants.values())).toEqual(new Set([copies]));
});

test.each([
  ['stays', [], [5]],
  ['hangs up after two', [{ name: 'hangs-up', afterResults: 2 }], [3, 5]],
] as const)('in mid-transfer a device %s', async (_, quirks, counts) => {
  const plan = planOf('example-cuff', quirks, [7, 7.1, 7.2, 7.3, 7.4], { wakes: [8] });
  const home = openPlanned(plan, folder);
  await home.pair();
  home.setVisiting(false);
  await home.until(7.9);
  home.setVisiting(true);
  await home.until(9);
  expect(home.visits.map(({ results }) => results.length)).toEqual(counts);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done, 3: done, 4: done, 5: done });
});

test('a burst: silence until so many results wait, then all on one connection', async () => {
  const hours = Array.from({ length: 62 }, (_, index) => 6 + index / 4);
  const quirks = [{ name: 'burst', records: 60 }] as const;
  const home = openPlanned(planOf('example-cuff', quirks, hours, { wakes: [23] }), folder);
  await home.pair();
  home.heard.length = 0;
  await home.until(hours[58] ?? 0);
  expect(home.heard).toEqual([]);
  await home.until(22);
  expect(home.visits.map(({ results }) => results.length)).toEqual([60]);
  await home.until(24);
  expect(home.visits.map(({ results }) => results.length)).toEqual([60, 2]);
});

test('out of range a device measures on, and hands over when it is back', async () => {
  const quirks = [{ name: 'out-of-range', from: at(6), to: at(30) }] as const;
  const home = openPlanned(planOf('example-cuff', quirks, [7, 20, 31]), folder);
  await home.pair();
  home.heard.length = 0;
  await home.until(30.9);
  expect(home.heard).toEqual([]);
  expect(storyOf(folder)).toEqual({ 1: ['taken'], 2: ['taken'] });
  await home.until(32);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done, 3: done });
});

test('a full memory overwrites the oldest: unrecoverable only if nobody could have had it', async () => {
  const small = { name: 'small-memory', records: 2 } as const;
  const away = { name: 'out-of-range', from: at(6), to: at(30) } as const;
  const home = openPlanned(planOf('example-cuff', [small, away], [7, 8, 9, 40, 41, 42]), folder);
  home.setVisiting(false);
  await home.until(50);
  expect(storyOf(folder)).toEqual({
    1: ['taken', 'overwritten'],
    2: ['taken', 'overwritten'],
    3: ['taken'],
    4: ['taken'],
    5: ['taken'],
    6: ['taken'],
  });
});

test.each([
  ['erased', [{ name: 'erased', at: at(8) }]],
  ['device-broke', [{ name: 'breaks', at: at(8) }]],
] as const)('%s: what it had is unrecoverable, and said', async (cause, quirks) => {
  const home = openPlanned(planOf('example-cuff', quirks, [7, 9]), folder);
  await home.pair();
  home.setVisiting(false);
  await home.until(10);
  expect(storyOf(folder)).toEqual({
    1: ['taken', cause],
    ...(cause === 'erased' ? { 2: ['taken'] } : {}),
  });
});

test('a battery falls, the device stops before it is empty, and starts again without its time', async () => {
  const dying = { name: 'battery-dying', emptyAt: at(20), changedAt: at(30) } as const;
  const home = openPlanned(planOf('example-cuff', [dying], [7, 19, 25, 31]), folder);
  await home.pair();
  const levels: number[] = [];
  home.bindings.on('read', (_id, service, _uuid, data: Buffer) => {
    if (service === '180f') levels.push(data[0] ?? 0);
  });
  home.whenVisiting(() => home.bindings.read(ID, '180f', '2a19'));
  await home.until(19.5);
  home.heard.length = 0;
  await home.until(26);
  home.household.repair(NAME);
  await home.until(30.9);
  expect(home.heard).toEqual([]);
  await home.until(32);
  const [first = 0, second = 0, last = 0] = levels;
  expect(first).toBeGreaterThan(second);
  expect(second).toBeGreaterThan(2);
  expect(last).toBe(100);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done, 4: done });
  expect(home.visits.at(-1)?.clock?.readUInt16LE(0)).toBe(2017);
});

test('a strap gives its value to whoever listens while it is worn', async () => {
  const home = openPlanned(planOf('example-strap', [], [7, 9]), folder);
  home.setVisiting(false);
  await home.until(7 + 4 / 60);
  home.setVisiting(true);
  await home.until(8);
  const [line] = home.results();
  expect(line).toMatch(/^16/);
  expect(storyOf(folder)).toEqual({ 1: done });
  await home.until(10);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done });
});

test.each([
  ['example-strap', []],
  ['example-thermometer', [{ name: 'no-clock' }]],
] as const)(
  'what a %s has is gone with its minute: said only if no radio was there',
  async (key, quirks) => {
    const home = openPlanned(planOf(key, quirks, [7, 9, 11]), folder);
    await home.pair();
    home.setVisiting(false);
    await home.until(8);
    home.faults.adapterGone();
    await home.until(10);
    home.faults.adapterBack();
    home.setVisiting(true);
    await home.until(12);
    expect(storyOf(folder)).toEqual({
      1: ['taken'],
      2: ['taken', 'deleted-out-of-range'],
      3: done,
    });
  },
);

test.each([
  ['some seconds was no chance', 10, ['taken', 'deleted-out-of-range']],
  ['a minute was one', 60, ['taken']],
] as const)('a radio that was there for %s', async (_, seconds, story) => {
  const home = openPlanned(planOf('example-strap', [], [7]), folder);
  home.setVisiting(false);
  await home.until(7 + seconds / 3_600);
  home.faults.bluetoothdKilled();
  await home.until(8);
  expect(storyOf(folder)).toEqual({ 1: story });
});

test('without a clock there is no time in the result and none to be read', async () => {
  const home = openPlanned(planOf('example-cuff', [{ name: 'no-clock' }], [7]), folder);
  await home.pair();
  await home.until(8);
  expect(Number.parseInt(home.results()[0]?.slice(0, 2) ?? '', 16) & 0x02).toBe(0);
  expect(home.visits[0]?.clock).toBeUndefined();
});
