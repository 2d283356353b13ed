import type { HomePlan } from './home-plan.ts';
import type { SimulatedUnit } from './models.ts';
import { quirkOf } from './quirks.ts';

/** What happens to one unit, at a true instant. */
export type Happening =
  | {
      readonly at: number;
      readonly what: 'measure';
      /** Line of the plan, from 1. */
      readonly n: number;
      /** The person's name. */
      readonly person: string;
      readonly slot?: number;
    }
  | {
      readonly at: number;
      readonly what:
        | 'wake'
        | 'clock-reset'
        | 'bond-lost'
        | 'leaves'
        | 'battery-empty'
        | 'battery-changed'
        | 'erased'
        | 'breaks';
    };

/** All that happens to a unit, in order of time. */
export function happeningsOf(plan: HomePlan, unit: SimulatedUnit): readonly Happening[] {
  const names = new Map(plan.people.map(({ key, name }) => [key, name]));
  const measured = plan.measurements.flatMap(({ at, unit: name, person, slot }, index) =>
    name === unit.name
      ? [
          {
            at,
            what: 'measure' as const,
            n: index + 1,
            person: names.get(person) ?? person,
            ...(slot === undefined ? {} : { slot }),
          },
        ]
      : [],
  );
  const all = (what: Exclude<Happening['what'], 'measure'>, instants: readonly number[] = []) =>
    instants.map((at) => ({ at, what }));
  const only = (at: number | undefined) => (at === undefined ? [] : [at]);
  const battery = quirkOf(unit, 'battery-dying');
  return [
    ...measured,
    ...all(
      'wake',
      plan.wakes.filter((wake) => wake.unit === unit.name).map(({ at }) => at),
    ),
    ...all('clock-reset', quirkOf(unit, 'clock-reset')?.at),
    ...all('bond-lost', quirkOf(unit, 'bond-lost')?.at),
    ...all('leaves', only(quirkOf(unit, 'out-of-range')?.from)),
    ...all('battery-empty', only(battery?.emptyAt)),
    ...all('battery-changed', only(battery?.changedAt)),
    ...all('erased', only(quirkOf(unit, 'erased')?.at)),
    ...all('breaks', only(quirkOf(unit, 'breaks')?.at)),
  ].sort((a, b) => a.at - b.at);
}

/** Its battery is not empty, and it is not broken. */
export function works(unit: SimulatedUnit, at: number): boolean {
  const battery = quirkOf(unit, 'battery-dying');
  const empty = battery !== undefined && at >= battery.emptyAt && at < battery.changedAt;
  return !empty && at < (quirkOf(unit, 'breaks')?.at ?? Number.POSITIVE_INFINITY);
}

/** Since when it has been near the gateway; undefined while it is away. */
export function nearSince(unit: SimulatedUnit, at: number): number | undefined {
  const away = quirkOf(unit, 'out-of-range');
  if (!away || at < away.from) return Number.NEGATIVE_INFINITY;
  return at < away.to ? undefined : away.to;
}

/** Levels of a battery, percent: one that dies stops before it is empty. */
const LEVEL = { first: 60, last: 3, fresh: 100 } as const;
const DAY_MS = 86_400_000;
const PERCENT_PER_DAY = 0.2;

export function batteryPercent(unit: SimulatedUnit, startsAt: number, at: number): number {
  const battery = quirkOf(unit, 'battery-dying');
  const falling = (from: number, since: number) =>
    Math.max(LEVEL.last + 1, Math.round(from - ((at - since) / DAY_MS) * PERCENT_PER_DAY));
  if (!battery) return falling(unit.batteryPercent, startsAt);
  if (at >= battery.changedAt) return falling(LEVEL.fresh, battery.changedAt);
  const part = Math.min(1, Math.max(0, (at - startsAt) / (battery.emptyAt - startsAt)));
  return Math.round(LEVEL.first + (LEVEL.last - LEVEL.first) * part);
}
