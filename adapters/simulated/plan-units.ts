import {
  SIMULATED_MODELS,
  type SimulatedModel,
  type SimulatedModelKey,
  type SimulatedPerson,
  type SimulatedUnit,
} from './models.ts';
import type { Quirk } from './quirks.ts';
import { quirkOf } from './quirks.ts';
import { createRandom, type Random, whole } from './random.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Addresses above belong to the gateway. */
const UNITS_MAX = 0xef;

/** What a group of three people owns; who they are in it, and what of it is always odd. */
interface Owned {
  readonly what: string;
  readonly modelKey: SimulatedModelKey;
  readonly who: readonly [number, ...number[]];
  readonly slots?: true;
  readonly always?: readonly Quirk[];
}

const KIT: readonly Owned[] = [
  { what: 'cuff', modelKey: 'example-cuff-settable', who: [0] },
  { what: 'cuff', modelKey: 'example-cuff', who: [1] },
  {
    what: 'cuff for two',
    modelKey: 'example-cuff-two-users-settable',
    who: [0, 1],
    slots: true,
    always: [{ name: 'slot-unknown' }],
  },
  {
    what: 'cuff for two',
    modelKey: 'example-cuff-two-users',
    who: [1, 2],
    slots: true,
    always: [{ name: 'slot-unknown' }],
  },
  { what: 'upper arm cuff', modelKey: 'beurer-cuff', who: [2] },
  { what: 'upper arm cuff', modelKey: 'beurer-cuff', who: [0] },
  { what: 'scale', modelKey: 'example-scale-settable', who: [1] },
  { what: 'bathroom scale', modelKey: 'example-scale', who: [0, 1, 2] },
  { what: 'body scale', modelKey: 'example-body-scale-settable', who: [0] },
  { what: 'body scale', modelKey: 'example-body-scale', who: [2] },
  {
    what: 'thermometer',
    modelKey: 'example-thermometer',
    who: [0],
    always: [{ name: 'no-clock' }],
  },
  {
    what: 'thermometer',
    modelKey: 'example-thermometer',
    who: [2],
    always: [{ name: 'no-clock' }],
  },
  { what: 'thermometer', modelKey: 'example-thermometer', who: [1] },
  {
    what: 'oximeter',
    modelKey: 'example-oximeter',
    who: [0],
    always: [{ name: 'clock-not-set' }],
  },
  {
    what: 'oximeter',
    modelKey: 'example-oximeter',
    who: [1],
    always: [{ name: 'clock-not-set' }],
  },
  { what: 'strap', modelKey: 'example-strap', who: [1] },
  { what: 'strap', modelKey: 'example-strap', who: [2] },
  { what: 'meter', modelKey: 'example-meter-settable', who: [2] },
  { what: 'meter', modelKey: 'example-meter', who: [1] },
];

const GROUP = 3;

/** What the people own: a kit for each three of them, with the quirks of the seed. */
export function planUnits(options: {
  readonly seed: number;
  readonly people: readonly SimulatedPerson[];
  readonly startsAt: number;
  readonly days: number;
}): SimulatedUnit[] {
  const { seed, people, startsAt, days } = options;
  const units: SimulatedUnit[] = [];
  for (let first = 0; first < people.length; first += GROUP) {
    const group = people.slice(first, first + GROUP);
    const random = createRandom(seed, 'units', first);
    const kit = KIT.map((owned, index) => unitOf(owned, group, units.length + index + 1, random));
    units.push(...withQuirks(kit, { random, startsAt, days }));
  }
  if (units.length > UNITS_MAX) throw new RangeError(`more than ${UNITS_MAX} units`);
  return units;
}

function unitOf(
  { what, modelKey, who, slots, always = [] }: Owned,
  group: readonly SimulatedPerson[],
  number: number,
  random: Random,
): SimulatedUnit {
  const owners = [...new Set(who.map((place) => group[place % group.length] as SimulatedPerson))];
  const [only] = owners as [SimulatedPerson];
  const own = who.length === 1;
  const { bond }: SimulatedModel = SIMULATED_MODELS[modelKey];
  return {
    name: own ? `${only.name.split(' ')[0]} ${what} ${number}` : `${what} ${number}`,
    modelKey,
    number,
    serial: `EX-${1000 + number}`,
    firmware: '2.1.0',
    batteryPercent: whole(random, 40, 100),
    owner: own
      ? { mode: 'mine', person: only.key }
      : {
          mode: 'shared',
          slots: slots ? Object.fromEntries(owners.map(({ key }, at) => [at + 1, key])) : {},
        },
    quirks: always,
    ...(bond === 'passkey' ? { passkey: String(whole(random, 0, 999_999)).padStart(6, '0') } : {}),
  };
}

/** One quirk that is given out: to whom, how many, and what it then is. */
interface Lot {
  readonly to: (unit: SimulatedUnit, model: SimulatedModel) => boolean;
  readonly count: number;
  readonly make: (time: Times) => Quirk;
}

interface Times {
  readonly random: Random;
  readonly startsAt: number;
  readonly days: number;
}

const has = (unit: SimulatedUnit, ...names: readonly Quirk['name'][]) =>
  names.some((name) => quirkOf(unit, name) !== undefined);
const clocked = (unit: SimulatedUnit, { clock }: SimulatedModel) =>
  clock !== 'none' && !has(unit, 'no-clock');
const stores = (_unit: SimulatedUnit, { memory }: SimulatedModel) => memory === 'stores';
const keeps = (unit: SimulatedUnit, { memory }: SimulatedModel) =>
  memory !== 'live' && !has(unit, 'no-clock');

/** An instant in this part of the plan, with so many hours of it left. */
function within(
  { random, startsAt, days }: Times,
  [low, high]: readonly [number, number],
  leftHours = 0,
): number {
  const wanted = days * DAY_MS * (low + random() * (high - low));
  const latest = days * DAY_MS - leftHours * HOUR_MS;
  return Math.round(startsAt + Math.min(wanted, latest));
}

/** In the last hours everything is in its place and works, or what it has could not be fetched. */
const LAST_HOURS = 6;
/** A person who is told of a lost bond has a day, and sleeps. */
const REPAIR_HOURS = 36;

const LOTS: readonly Lot[] = [
  {
    to: (unit, model) => clocked(unit, model) && stores(unit, model) && unit.owner.mode === 'mine',
    count: 2,
    make: () => ({ name: 'burst', records: 60 }),
  },
  {
    to: (unit, model) => clocked(unit, model) && stores(unit, model),
    count: 2,
    make: () => ({ name: 'resends-everything', recordsMax: 60 }),
  },
  {
    to: (unit, model) =>
      keeps(unit, model) && stores(unit, model) && !has(unit, 'resends-everything'),
    count: 2,
    make: () => ({ name: 'deletes-after-transfer' }),
  },
  {
    to: (_unit, { form }) => form === 'blood-pressure',
    count: 2,
    make: () => ({ name: 'nan-mean' }),
  },
  {
    to: (_unit, { form, memory }) => memory === 'stores' && form !== 'blood-pressure-big-endian',
    count: 3,
    make: () => ({ name: 'reserved-bits' }),
  },
  {
    to: clocked,
    count: 2,
    make: ({ random }) => ({ name: 'clock-offset', seconds: whole(random, -900, 900) }),
  },
  {
    to: clocked,
    count: 2,
    make: ({ random }) => ({ name: 'clock-drift', secondsPerDay: whole(random, -10, 10) || 7 }),
  },
  {
    to: clocked,
    count: 2,
    make: (time) => ({ name: 'clock-reset', at: [within(time, [0.2, 0.8])] }),
  },
  { to: clocked, count: 2, make: () => ({ name: 'summer-time', changes: true }) },
  {
    to: (unit, model) => clocked(unit, model) && !has(unit, 'summer-time'),
    count: 2,
    make: () => ({ name: 'summer-time', changes: false }),
  },
  { to: keeps, count: 3, make: () => ({ name: 'advertises-briefly' }) },
  { to: () => true, count: 3, make: () => ({ name: 'duplicate-advertisements', copies: 3 }) },
  {
    to: keeps,
    count: 3,
    make: ({ random }) => ({ name: 'hangs-up', afterResults: whole(random, 1, 3) }),
  },
  {
    // what keeps nothing would be lost for want of the bond
    to: (unit, model) => model.bond !== 'none' && keeps(unit, model),
    count: 2,
    make: (time) => ({ name: 'bond-lost', at: [within(time, [0.2, 0.7], REPAIR_HOURS)] }),
  },
  {
    to: (unit, model) => keeps(unit, model) && !has(unit, 'burst') && unit.owner.mode === 'mine',
    count: 2,
    make: (time) => {
      // from before one morning to before the next
      const day = Math.floor(Math.min(time.days * (0.2 + 0.6 * time.random()), time.days - 2));
      const from = time.startsAt + day * DAY_MS + 5 * HOUR_MS;
      return { name: 'out-of-range', from, to: from + DAY_MS };
    },
  },
  {
    to: (unit, model) => keeps(unit, model) && clocked(unit, model) && !has(unit, 'out-of-range'),
    count: 2,
    make: (time) => {
      const hours = whole(time.random, 10, 30);
      const emptyAt = within(time, [0.3, 0.6], hours + LAST_HOURS);
      return { name: 'battery-dying', emptyAt, changedAt: emptyAt + hours * HOUR_MS };
    },
  },
];

function withQuirks(kit: readonly SimulatedUnit[], times: Times): SimulatedUnit[] {
  let units = [...kit];
  const give = (name: string, quirk: Quirk) => {
    units = units.map((unit) =>
      unit.name === name ? { ...unit, quirks: [...unit.quirks, quirk] } : unit,
    );
  };
  for (const { to, count, make } of LOTS) {
    const fitting = units.filter((unit) => to(unit, SIMULATED_MODELS[unit.modelKey]));
    for (const { name } of draw(fitting, count, times.random)) give(name, make(times));
  }
  return units;
}

function draw<T>(from: readonly T[], count: number, random: Random): T[] {
  const left = [...from];
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(whole(random, 0, left.length - 1), 1),
  ).flat();
}
