import { expect, test } from 'vitest';
import { happeningsOf, works } from '../../../adapters/simulated/happenings.ts';
import type { HomePlan } from '../../../adapters/simulated/home-plan.ts';
import { SIMULATED_MODELS } from '../../../adapters/simulated/models.ts';
import { planHome } from '../../../adapters/simulated/plan-home.ts';
import { quirkOf } from '../../../adapters/simulated/quirks.ts';
import { identityOf } from '../../../adapters/simulated/virtual-device.ts';

const ZONE = 'Europe/Oslo';
/** Local midnight, with the change to summer time three weeks later. */
const START = Date.parse('2026-03-08T23:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const MANY_SEEDS = Array.from({ length: 100 }, (_, index) => 100 + index);

const plan = (seed: number, days = 40, people = 3) =>
  planHome({ seed, people, days, startsAt: START, zone: ZONE });

/** Quirks that are data of a unit, and those that a product or the plan has. */
const QUIRKS = [
  'clock-offset',
  'clock-not-set',
  'clock-drift',
  'clock-reset',
  'no-clock',
  'summer-time',
  'resends-everything',
  'deletes-after-transfer',
  'nan-mean',
  'reserved-bits',
  'advertises-briefly',
  'duplicate-advertisements',
  'hangs-up',
  'burst',
  'bond-lost',
  'out-of-range',
  'battery-dying',
  'slot-unknown',
] as const;

test('the same options give the same plan, another seed another one', () => {
  expect(plan(1)).toEqual(plan(1));
  expect(plan(1).measurements).not.toEqual(plan(2).measurements);
  expect(plan(1).units).not.toEqual(plan(2).units);
});

test.each(SEEDS)(
  'seed %i: 14 devices or more of every kind, every quirk on two of them',
  (seed) => {
    const { units } = plan(seed);
    expect(units.length).toBeGreaterThanOrEqual(14);
    const kinds = new Set(units.map(({ modelKey }) => SIMULATED_MODELS[modelKey].kind));
    expect([...kinds].sort()).toEqual([
      'blood-pressure',
      'body-composition',
      'body-temperature',
      'body-weight',
      'glucose',
      'heart-rate',
      'oxygen-saturation',
    ]);
    for (const name of QUIRKS) {
      const having = units.filter((unit) => quirkOf(unit, name));
      expect([name, having.length >= 2]).toEqual([name, true]);
    }
    for (const unit of units) {
      if (quirkOf(unit, 'no-clock')) expect(quirkOf(unit, 'bond-lost')).toBeUndefined();
    }
    const beurer = units.filter(({ modelKey }) => modelKey === 'beurer-cuff');
    const shared = units.filter(({ owner }) => owner.mode === 'shared');
    expect(beurer).toHaveLength(2);
    expect(shared.length).toBeGreaterThanOrEqual(2);
    expect(new Set(units.map(({ name }) => name)).size).toBe(units.length);
    expect(new Set(units.map((unit) => identityOf(unit).id)).size).toBe(units.length);
  },
);

test.each(SEEDS)('seed %i: people measure as people do', (seed) => {
  const { measurements, units, people, endsAt } = plan(seed);
  expect(people).toHaveLength(3);
  const byName = new Map(units.map((unit) => [unit.name, unit]));
  let together = 0;
  const seen = new Set<string>();
  for (const [index, one] of measurements.entries()) {
    const unit = byName.get(one.unit);
    if (!unit) throw new Error('measured with an unknown device');
    expect(works(unit, one.at)).toBe(true);
    const before = measurements[index - 1];
    expect(one.at).toBeGreaterThanOrEqual(before?.at ?? START + 5 * HOUR);
    if (before && before.unit !== one.unit && one.at - before.at < 1_000) together += 1;
    // the device's own time has seconds: no two results of a device may share one
    const name = `${one.unit} ${Math.floor(one.at / 1_000)}`;
    expect(seen.has(name)).toBe(false);
    seen.add(name);
    const { owner } = unit;
    if (owner.mode === 'mine') expect(one.person).toBe(owner.person);
    else if (one.slot !== undefined && one.slot !== 255) {
      expect(owner.slots[one.slot]).toBe(one.person);
    }
  }
  expect(measurements.at(-1)?.at).toBeLessThanOrEqual(endsAt - 5 * HOUR);
  expect(together).toBeGreaterThanOrEqual(2);
  expect(measurements.some(({ slot }) => slot === 255)).toBe(true);
  for (const unit of units) {
    const used = measurements.filter((one) => one.unit === unit.name).length;
    expect(used).toBeGreaterThan(0);
    expect(quirkOf(unit, 'burst') ? used >= 60 : true).toBe(true);
  }
});

test.each(SEEDS)(
  'seed %i: each person measures on all days but a few, and not too often',
  (seed) => {
    const { measurements, people, units } = plan(seed);
    const bursts = new Set(units.filter((unit) => quirkOf(unit, 'burst')).map(({ name }) => name));
    for (const { key } of people) {
      for (let day = 1; day < 38; day += 1) {
        const noon = START + day * DAY + 12 * HOUR;
        const all = measurements.filter(
          (one) =>
            one.person === key && Math.abs(one.at - noon) < 12 * HOUR && !bursts.has(one.unit),
        );
        // companions within the same second may add some
        expect(all.length).toBeLessThanOrEqual(10);
      }
      const days = new Set(
        measurements
          .filter((one) => one.person === key)
          .map(({ at }) => Math.floor((at - START) / DAY)),
      );
      expect(days.size).toBeGreaterThanOrEqual(36);
    }
  },
);

/** At the worst: what is overwritten and erased by the plan alone. */
function lostByPlan({ units, measurements }: HomePlan): number {
  let lost = 0;
  for (const unit of units) {
    const away = quirkOf(unit, 'out-of-range');
    const small = quirkOf(unit, 'small-memory');
    const erased = quirkOf(unit, 'erased');
    if (!away) continue;
    const there = measurements.filter(
      (one) => one.unit === unit.name && one.at >= away.from && one.at < away.to,
    );
    if (small) lost += Math.max(0, there.length - small.records);
    if (erased) lost += there.filter(({ at }) => at < erased.at).length;
  }
  return lost;
}

test('at most one in a hundred is lost by the plan, and few are with a device that keeps nothing', () => {
  for (const seed of MANY_SEEDS) {
    const planned = plan(seed);
    const part = lostByPlan(planned) / planned.measurements.length;
    expect([seed, part <= 0.01]).toEqual([seed, true]);
    const fleeting = planned.units.filter(
      (unit) => quirkOf(unit, 'no-clock') || SIMULATED_MODELS[unit.modelKey].memory === 'live',
    );
    const names = new Set(fleeting.map(({ name }) => name));
    const taken = planned.measurements.filter(({ unit }) => names.has(unit)).length;
    expect([seed, taken / planned.measurements.length < 0.08]).toEqual([seed, true]);
  }
});

test.each([2, 3, 5, 40])('in the last hours of %i days everything can be fetched', (days) => {
  for (const seed of SEEDS) {
    const { units, endsAt } = plan(seed, days);
    for (const unit of units) {
      const times = [
        quirkOf(unit, 'out-of-range')?.to,
        quirkOf(unit, 'battery-dying')?.changedAt,
        ...(quirkOf(unit, 'bond-lost')?.at ?? []).map((at) => at + 30 * HOUR),
      ];
      for (const at of times) expect(at ?? 0).toBeLessThanOrEqual(endsAt - 6 * HOUR);
    }
  }
});

test('homes of one and of seven people, and short plans, are homes too', () => {
  for (const [days, people] of [
    [2, 1],
    [5, 3],
    [3, 7],
  ] as const) {
    const made = plan(11, days, people);
    expect(made.people).toHaveLength(people);
    expect(made.measurements.length).toBeGreaterThan(people);
    expect(new Set(made.people.map(({ key }) => key)).size).toBe(people);
    for (const unit of made.units) {
      const instants = happeningsOf(made, unit).map(({ at }) => at);
      expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    }
  }
  expect(() => plan(1, 2, 60)).toThrow(RangeError);
});
