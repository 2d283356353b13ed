import type { HomePlan, PlannedMeasurement, PlannedWake } from './home-plan.ts';
import {
  SIMULATED_MODELS,
  type SimulatedModel,
  type SimulatedPerson,
  type SimulatedUnit,
} from './models.ts';
import { planUnits } from './plan-units.ts';
import { type Quirk, quirkOf } from './quirks.ts';
import { createRandom, type Random, whole } from './random.ts';
import { zoneOffsetMs } from './zone.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** At first people pair their devices, at last the devices hand over what they still have. */
const QUIET_MS = 5 * HOUR_MS;
/** In the last hours each device is turned on so many times. */
const LAST_WAKES = 3;
/** Local hours in which people measure. */
const MORNING = [6.5, 9.5] as const;
const EVENING = [18, 22] as const;
/** Of the sessions, those with a second device within the same second. */
const TOGETHER_SHARE = 0.2;
/** Of a shared device's measurements, those for which nobody pressed the button. */
const SLOT_UNKNOWN_SHARE = 0.2;
const SLOT_UNKNOWN = 255;
/** A device is not used again within this: equal results without a time would look like one. */
const SPACING_MS = { stores: 180_000, live: 30 * MINUTE_MS, 'record-access': 90_000 } as const;
/** Readings in a row on a device that sends in bursts, and how far apart. */
const ROW = 3;
const ROW_MS = [75_000, 110_000] as const;
/** A burst is measured in ten days, and after as many begins again. */
const BURST_DAYS = 10;

/**
 * Part of the sessions at which somebody still takes a device that keeps nothing: what such ones
 * measure while the gateway has no power is gone, and that must stay below one in fifty.
 */
const VOLATILE_SHARE = 0.4;
/** Losses belong to longer plans: of few measurements one would be too large a part. */
const LOSSES_DAYS_MIN = 20;

const NAMES = ['Kari', 'Ola', 'Liv', 'Per', 'Ida', 'Nils', 'Eva', 'Arne', 'Berit'];

/** What a day's plan needs; `used` keeps when each unit was used last. */
interface Making {
  readonly random: Random;
  readonly people: readonly SimulatedPerson[];
  readonly units: readonly SimulatedUnit[];
  readonly out: PlannedMeasurement[];
  readonly taken: Map<string, number[]>;
}

/**
 * A home for so many people with at least 14 devices for each three, every quirk on two of them, and
 * what they measure: one to four times a day each, in the mornings and evenings, now and then with
 * two devices in the same second. The same options give the same plan. Nothing is measured in the
 * first and last five hours. At most 1 % is lost in the devices by it (small memory, erased): the
 * rest up to 2 % is for power cuts.
 * @param options.startsAt local midnight is best, ms UTC
 */
export function planHome(options: {
  readonly seed: number;
  readonly people: number;
  readonly days: number;
  readonly startsAt: number;
  readonly zone: string;
}): HomePlan {
  const { seed, days, startsAt, zone } = options;
  const people = Array.from({ length: options.people }, (_, at) => personOf(at));
  const endsAt = startsAt + days * DAY_MS;
  const owned = planUnits({ seed, people, startsAt, days });
  const out: PlannedMeasurement[] = [];
  const making = { people, units: owned, out, taken: new Map<string, number[]>() };
  for (let day = 0; day <= days; day += 1) {
    const random = createRandom(seed, 'day', day);
    const noon = startsAt + day * DAY_MS + DAY_MS / 2;
    const local = noon + zoneOffsetMs(zone, noon);
    const midnight = local - (local % DAY_MS) - zoneOffsetMs(zone, noon);
    planDay({ ...making, random }, midnight, day);
  }
  const measurements = out
    .filter(({ at }) => at >= startsAt + QUIET_MS && at <= endsAt - QUIET_MS)
    .sort((a, b) => a.at - b.at);
  const units = days < LOSSES_DAYS_MIN ? owned : withLosses(owned, measurements);
  const wakes = units.flatMap((unit, place) => [
    ...wakesOf(unit, startsAt, days).filter(({ at }) => at < endsAt - QUIET_MS),
    ...Array.from({ length: LAST_WAKES }, (_, time) => ({
      at: endsAt - QUIET_MS + (time + 1) * HOUR_MS + place * 2 * MINUTE_MS,
      unit: unit.name,
    })),
  ]);
  wakes.sort((a, b) => a.at - b.at);
  return { seed, zone, startsAt, endsAt, people, units, measurements, wakes };
}

/** When somebody turns a device on: back from a journey, and when all for a burst was measured. */
function wakesOf(unit: SimulatedUnit, startsAt: number, days: number): PlannedWake[] {
  const away = quirkOf(unit, 'out-of-range');
  const back = away ? [away.to + HOUR_MS] : [];
  const pressed = Array.from(
    { length: quirkOf(unit, 'burst') ? Math.ceil(days / BURST_DAYS / 2) : 0 },
    (_, burst) => startsAt + (2 * burst + 1) * BURST_DAYS * DAY_MS + DAY_MS / 2,
  );
  return [...back, ...pressed].map((at) => ({ at, unit: unit.name }));
}

/** What is lost on the journeys: something overwritten by one, something erased on another. */
function withLosses(
  units: readonly SimulatedUnit[],
  measurements: readonly PlannedMeasurement[],
): SimulatedUnit[] {
  const away = (unit: SimulatedUnit) =>
    measurements.filter((one) => one.unit === unit.name && isAway(unit, one.at));
  // overwritten only for want of a radio, not for want of a bond
  const sound = (unit: SimulatedUnit) =>
    !(['bond-lost', 'battery-dying', 'hangs-up'] as const).some((name) => quirkOf(unit, name));
  const small = units.find((unit) => away(unit).length > 2 && sound(unit));
  const erased = units.find((unit) => away(unit).length > 0 && unit !== small);
  return units.map((unit) => {
    const [first] = away(unit);
    const more: Quirk[] = [];
    if (unit === small) more.push({ name: 'small-memory', records: away(unit).length - 1 });
    if (unit === erased && first) more.push({ name: 'erased', at: first.at + MINUTE_MS });
    return more.length === 0 ? unit : { ...unit, quirks: [...unit.quirks, ...more] };
  });
}

function personOf(at: number): SimulatedPerson {
  const name = NAMES[at % NAMES.length] ?? '';
  const again = Math.floor(at / NAMES.length);
  const first = again === 0 ? name : `${name}${again + 1}`;
  return { key: first.toLowerCase(), name: `${first} Eksempel` };
}

function planDay(making: Making, midnight: number, day: number): void {
  const { random, people, units } = making;
  for (const person of people) {
    const sessions = whole(random, 1, 4);
    for (let session = 0; session < sessions; session += 1) {
      const [low, high] = session % 2 === 0 ? MORNING : EVENING;
      const at = Math.round(midnight + (low + random() * (high - low)) * HOUR_MS);
      measure(making, person, at);
    }
  }
  for (const unit of units) {
    const { owner } = unit;
    if (!quirkOf(unit, 'burst') || owner.mode !== 'mine') continue;
    if (Math.floor(day / BURST_DAYS) % 2 === 1) continue;
    for (const [low, high] of [MORNING, EVENING]) {
      let at = Math.round(midnight + (low + random() * (high - low)) * HOUR_MS);
      for (let reading = 0; reading < ROW; reading += 1) {
        add(making, unit, owner.person, at);
        at += whole(random, ...ROW_MS);
      }
    }
  }
}

/** One session of a person; at times a second device, theirs or another's, wakes with it. */
function measure(making: Making, person: SimulatedPerson, at: number): void {
  const { random, people } = making;
  const unit = choose(making, person, at);
  if (unit) add(making, unit, person.key, at);
  if (random() >= TOGETHER_SHARE) return;
  const other = people[whole(random, 0, people.length - 1)] ?? person;
  const second = choose(making, other, at);
  if (second && second !== unit) add(making, second, other.key, at + whole(random, 0, 900));
}

/** One of the devices that a person may use; on a journey the one that was taken along. */
function choose({ random, units, taken }: Making, { key }: SimulatedPerson, at: number) {
  const daring = random() < VOLATILE_SHARE;
  const own = units.filter(
    (unit) =>
      (daring || !isVolatile(unit)) &&
      usableBy(unit, key) &&
      !quirkOf(unit, 'burst') &&
      isWorking(unit, at) &&
      isRested(unit, at, taken),
  );
  const along = own.filter((unit) => isAway(unit, at));
  const from = along.length > 0 ? along : own;
  return from[whole(random, 0, from.length - 1)];
}

/** A shared device without slots is for everybody. */
function usableBy({ owner }: SimulatedUnit, key: string): boolean {
  if (owner.mode === 'mine') return owner.person === key;
  const bound = Object.values(owner.slots);
  return bound.length === 0 || bound.includes(key);
}

function isAway(unit: SimulatedUnit, at: number): boolean {
  const away = quirkOf(unit, 'out-of-range');
  return away !== undefined && at >= away.from && at < away.to;
}

function isVolatile(unit: SimulatedUnit): boolean {
  const { memory }: SimulatedModel = SIMULATED_MODELS[unit.modelKey];
  return memory === 'live' || quirkOf(unit, 'no-clock') !== undefined;
}

function isWorking(unit: SimulatedUnit, at: number): boolean {
  const battery = quirkOf(unit, 'battery-dying');
  const broken = quirkOf(unit, 'breaks');
  const empty = battery && at >= battery.emptyAt && at < battery.changedAt;
  return !empty && (broken === undefined || at < broken.at);
}

function isRested(unit: SimulatedUnit, at: number, taken: ReadonlyMap<string, number[]>): boolean {
  const { memory }: SimulatedModel = SIMULATED_MODELS[unit.modelKey];
  const spacing = SPACING_MS[memory];
  return (taken.get(unit.name) ?? []).every((other) => Math.abs(other - at) >= spacing);
}

function add(making: Making, unit: SimulatedUnit, person: string, at: number): void {
  const { random, out, taken } = making;
  if (!isWorking(unit, at)) return;
  const slot = slotOf(unit, person, random);
  out.push({ at, unit: unit.name, person, ...(slot === undefined ? {} : { slot }) });
  taken.set(unit.name, [...(taken.get(unit.name) ?? []), at]);
}

function slotOf(unit: SimulatedUnit, person: string, random: Random): number | undefined {
  const { owner } = unit;
  if (owner.mode === 'mine' || Object.keys(owner.slots).length === 0) return undefined;
  if (quirkOf(unit, 'slot-unknown') && random() < SLOT_UNKNOWN_SHARE) return SLOT_UNKNOWN;
  const bound = Object.entries(owner.slots).find(([, key]) => key === person);
  return bound ? Number(bound[0]) : SLOT_UNKNOWN;
}
