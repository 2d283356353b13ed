import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { SIMULATED_MODELS } from '../../../adapters/simulated/models.ts';
import { planHome } from '../../../adapters/simulated/plan-home.ts';
import { fc } from '../../support/property.ts';
import {
  beginPlanned,
  DAY,
  openPlanned,
  planOf,
  START,
  storyOf,
  truthOf,
  ZONE,
} from './planned-home.ts';

/** Long enough for losses by the plan. */
const DAYS = 20;

let folder: string;

beforeEach(() => {
  const place = beginPlanned();
  folder = place.folder;
  return place.end;
});

const done = ['taken', 'handed-over'];

/** Pairs every device of the home, as people do in its first hours. */
async function pairAll(home: ReturnType<typeof openPlanned>) {
  home.setVisiting(false);
  const dialog = {
    enterPasskey: async () => 0,
    showPasskey: () => undefined,
    confirmPasskey: async () => true,
  };
  for (const { name, address, passkey } of home.household.devices) {
    home.household.repair(name);
    const enterPasskey = async () => Number(passkey);
    const signal = new AbortController().signal;
    const paired = home.pairing.pair(address, signal, { ...dialog, enterPasskey });
    await Promise.all([paired, vi.advanceTimersByTimeAsync(1_000)]);
  }
  home.setVisiting(true);
}

test('a home of 19 devices: all is handed over that is not said to be gone', async () => {
  const plan = planHome({ seed: 3, people: 1, days: DAYS, startsAt: START, zone: ZONE });
  const bonds = plan.units.map(({ quirks, ...unit }) => ({
    ...unit,
    quirks: quirks.filter(({ name }) => name !== 'bond-lost'),
  }));
  const cpu = process.cpuUsage();
  const home = openPlanned({ ...plan, units: bonds }, folder);
  await pairAll(home);
  await vi.advanceTimersByTimeAsync(DAYS * DAY);
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(
    `${plan.units.length * DAYS} device-days: ${((user + system) / 1e6).toFixed(1)} s of CPU\n`,
  );
  const story = storyOf(folder);
  expect(Object.keys(story)).toHaveLength(plan.measurements.length);
  const open = Object.entries(story).filter(([, [, second]]) => second === undefined);
  expect(open).toEqual([]);
  const gone = Object.values(story).filter(([, second]) => second !== 'handed-over');
  expect(gone.length / plan.measurements.length).toBeLessThanOrEqual(0.01);
  expect(home.household.summary()).toEqual({
    measured: plan.measurements.length,
    handedOver: plan.measurements.length - gone.length,
  });
  const taken = truthOf(folder).filter((line) => line.event === 'taken');
  for (const line of taken) {
    const planned = plan.measurements[line.n - 1];
    const { name } = plan.people.find(({ key }) => key === planned?.person) ?? {};
    expect([line.name, line.person]).toEqual([planned?.unit, name]);
    const late = Date.parse(line.trueTime) - (planned?.at ?? 0);
    const unit = plan.units.find((one) => one.name === line.name);
    const live = unit && SIMULATED_MODELS[unit.modelKey].memory === 'live';
    expect(late >= 0 && late <= (live ? 600_000 : 0)).toBe(true);
  }
});

test('the same home twice gives the same measurements', async () => {
  const lines: string[] = [];
  for (const place of ['one', 'two']) {
    vi.setSystemTime(START);
    const plan = planOf('example-cuff', [{ name: 'clock-drift', secondsPerDay: 9 }], [7, 31]);
    const other = mkdtempSync(join(folder, place));
    const home = openPlanned(plan, other);
    await home.pair();
    await home.until(40);
    home.cutPower();
    lines.push(readFileSync(join(other, 'ground-truth.ndjson'), 'utf8'));
  }
  expect(lines[0]).toBe(lines[1]);
});

test('devices live on without the gateway, and hand over when it is back', async () => {
  const plan = planOf('example-cuff', [], [7, 8, 30]);
  const home = openPlanned(plan, folder);
  await home.pair();
  home.cutPower();
  vi.setSystemTime(START + 29 * 3_600_000);
  const again = openPlanned(plan, folder);
  expect(storyOf(folder)).toEqual({ 1: ['taken'], 2: ['taken'] });
  const [first] = truthOf(folder);
  expect(first).toMatchObject({ n: 1, trueTime: new Date(START + 7 * 3_600_000).toISOString() });
  await again.until(31);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done, 3: done });
});

test('what a strap or a clockless device had while the power was off is unrecoverable', async () => {
  for (const [key, quirks] of [
    ['example-strap', []],
    ['example-thermometer', [{ name: 'no-clock' }]],
  ] as const) {
    const place = mkdtempSync(join(folder, 'away-'));
    vi.setSystemTime(START);
    const plan = planOf(key, quirks, [7, 8, 9]);
    const home = openPlanned(plan, place);
    await home.pair();
    await home.until(7.5);
    home.cutPower();
    vi.setSystemTime(START + 8.5 * 3_600_000);
    const again = openPlanned(plan, place);
    await again.until(10);
    expect(storyOf(place)).toEqual({ 1: done, 2: ['taken', 'deleted-out-of-range'], 3: done });
    again.cutPower();
  }
});

test('a strap that is still worn when the power is back gives its value', async () => {
  const plan = planOf('example-strap', [], [7]);
  const home = openPlanned(plan, folder);
  home.setVisiting(false);
  await home.until(7.02);
  home.cutPower();
  vi.setSystemTime(START + 7.05 * 3_600_000);
  const again = openPlanned(plan, folder);
  await again.until(8);
  expect(storyOf(folder)).toEqual({ 1: done });
});

/** A strap whose value is on its way when the power goes. */
async function cutInFlight() {
  const plan = planOf('example-strap', [], [7]);
  const home = openPlanned(plan, folder);
  home.bindings.on('read', (_id, _service, _uuid, _data, unasked: boolean) => {
    if (unasked) home.cutPower();
  });
  await home.until(7.01);
  expect(storyOf(folder)).toEqual({ 1: ['taken'] });
  vi.setSystemTime(START + 7.02 * 3_600_000);
  return plan;
}

test('a live value on its way when the power goes is sent no more', async () => {
  const again = openPlanned(await cutInFlight(), folder);
  await again.until(8);
  expect(again.results()).toEqual([]);
  expect(storyOf(folder)).toEqual({ 1: ['taken', 'deleted-out-of-range'] });
});

test('a live value that the power cut before anybody knew of it is taken again', async () => {
  const plan = await cutInFlight();
  writeFileSync(join(folder, 'ground-truth.ndjson'), '');
  const again = openPlanned(plan, folder);
  await again.until(8);
  expect(again.results()).toHaveLength(1);
  expect(storyOf(folder)).toEqual({ 1: done });
});

test('what the ground truth has and the device lost with the power is the same again', async () => {
  const plan = planOf('example-cuff', [], [7, 8]);
  const home = openPlanned(plan, folder);
  await home.pair();
  const file = join(folder, 'devices', `${home.household.devices[0]?.systemId}.json`);
  const before = readFileSync(file);
  home.setVisiting(false);
  await home.until(7.5);
  home.cutPower();
  writeFileSync(file, before);
  const again = openPlanned(plan, folder);
  await again.until(9);
  expect(storyOf(folder)).toEqual({ 1: done, 2: done });
});

test('a torn last line is cut off, and what it told is told again', async () => {
  const plan = planOf('example-cuff', [], [7]);
  const home = openPlanned(plan, folder);
  await home.pair();
  home.setVisiting(false);
  await home.until(7.01);
  home.cutPower();
  appendFileSync(join(folder, 'ground-truth.ndjson'), '{"n":1,"event":"handed-o');
  const again = openPlanned(plan, folder);
  await again.until(8);
  expect(storyOf(folder)).toEqual({ 1: done });
});

test('power cuts at any instants: every measurement once, each with one end', async () => {
  const hours = [7, 7.02, 8, 9, 9.5, 10];
  const keys = ['example-cuff', 'example-meter', 'example-strap', 'example-scale'] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...keys),
      fc.array(fc.double({ min: 6.9, max: 10.2, noNaN: true }), { maxLength: 6 }),
      fc.double({ min: 0, max: 0.4, noNaN: true }),
      async (key, cuts, offFor) => {
        vi.setSystemTime(START);
        const place = mkdtempSync(join(folder, 'cut-'));
        const plan = planOf(key, [], hours, { wakes: [12] });
        let home = openPlanned(plan, place);
        await home.pair();
        for (const cut of cuts.toSorted((a, b) => a - b)) {
          await home.until(Math.max(cut, (Date.now() - START) / 3_600_000));
          home.cutPower();
          vi.setSystemTime(Date.now() + offFor * 3_600_000);
          home = openPlanned(plan, place);
        }
        await home.until(13);
        home.cutPower();
        for (const [n, [first, second, ...more]] of Object.entries(storyOf(place))) {
          expect([n, first, more]).toEqual([n, 'taken', []]);
          expect(['handed-over', 'deleted-out-of-range']).toContain(second);
        }
        expect(Object.keys(storyOf(place))).toHaveLength(hours.length);
        const numbers = truthOf(place).map(({ n, event }) => `${n} ${event}`);
        expect(new Set(numbers).size).toBe(numbers.length);
      },
    ),
    { numRuns: 6 },
  );
});
