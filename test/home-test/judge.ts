import { type Holding, keyOf } from '../../agent/demo-accounts.ts';
import { offsetMinutes } from '../../fhir/time.ts';

/** An effective time further from the true instant than this is a wrong one, ms. */
const WRONG_TIME_MS = 60_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Of what could be recovered, the part that must have arrived. */
const ARRIVED_SHARE_MIN = 0.999;
/** Of what was taken, the part that may be beyond recovery. */
const UNRECOVERABLE_SHARE_MAX = 0.02;

/** A measurement that a person took. `at` is the true instant, ms UTC. */
export interface Taken extends Holding {
  readonly n: number;
  readonly name: string;
  readonly person: string;
}

/** A reading that the municipality has. */
export interface Arrived extends Holding {
  readonly person: string;
  /** It says itself that the device's clock could not be used. */
  readonly clockFlagged: boolean;
}

/** A reading that the gateway holds, and why. */
export interface Held extends Holding {
  readonly because: string;
}

/** The last line of a run. */
export interface Account {
  readonly taken: number;
  readonly arrived: number;
  readonly held: Readonly<Record<string, number>>;
  readonly unrecoverable: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly doubled: number;
  readonly wrongPerson: number;
  readonly wrongTime: number;
  /** Share of person-days on which everything taken arrived. */
  readonly fullSetRate: number;
}

export interface Finding {
  readonly what: 'lost' | 'doubled' | 'never-taken' | 'wrong-person' | 'wrong-time' | 'held';
  readonly taken?: Taken;
  readonly arrived?: Arrived;
  readonly held?: Held;
}

interface Pair {
  readonly taken: Taken;
  readonly arrived: Arrived;
}

/**
 * Joins what was taken with what arrived, on device, kind and values; of several ways, by the same
 * person and the nearest time. Each measurement and each reading is joined at most once.
 * @param options.unrecoverable cause by number, as the simulator marked it
 */
export function judge(options: {
  readonly taken: readonly Taken[];
  readonly unrecoverable: ReadonlyMap<number, string>;
  readonly arrived: readonly Arrived[];
  readonly held: readonly Held[];
  readonly zone: string;
}): { readonly account: Account; readonly findings: readonly Finding[] } {
  const { taken, unrecoverable, zone } = options;
  const open = new Set(taken);
  // Copies: the same object twice is two readings.
  const left = new Set(options.arrived.map((one) => ({ ...one })));
  const pairs = [true, false].flatMap((inTime) =>
    [true, false].flatMap((samePerson) => join(open, left, { inTime, samePerson })),
  );
  const doubles = [...left].map(
    (arrived): Finding => ({
      what: taken.some((one) => keyOf(one) === keyOf(arrived)) ? 'doubled' : 'never-taken',
      arrived,
    }),
  );
  const wrongPerson = pairs.filter((pair) => pair.taken.person !== pair.arrived.person);
  const wrongTime = pairs.filter((pair) => !isInTime(pair) && !pair.arrived.clockFlagged);
  const gone = [...open].filter(({ n }) => unrecoverable.has(n));
  for (const one of gone) open.delete(one);
  const waiting = joinHeld(open, options.held);
  const all = new Set(pairs.map((pair) => pair.taken));
  const findings: Finding[] = [
    ...[...open].map((one): Finding => ({ what: 'lost', taken: one })),
    ...waiting.map((pair): Finding => ({ what: 'held', ...pair })),
    ...doubles,
    ...wrongPerson.map((pair): Finding => ({ what: 'wrong-person', ...pair })),
    ...wrongTime.map((pair): Finding => ({ what: 'wrong-time', ...pair })),
  ];
  const account = {
    taken: taken.length,
    arrived: pairs.length,
    held: count(waiting.map(({ held }) => held.because)),
    unrecoverable: count(gone.map(({ n }) => unrecoverable.get(n) ?? '')),
    lost: open.size,
    doubled: doubles.length,
    wrongPerson: wrongPerson.length,
    wrongTime: wrongTime.length,
    fullSetRate: fullSetRate(taken, all, zone),
  };
  return { account, findings };
}

/** Why a run fails; empty when it does not. */
export function failuresOf(account: Account): string[] {
  const { taken, arrived, lost, doubled, wrongPerson, wrongTime } = account;
  const gone = Object.values(account.unrecoverable).reduce((sum, n) => sum + n, 0);
  return [
    ...Object.entries({ lost, doubled, wrongPerson, wrongTime }).flatMap(([name, n]) =>
      n > 0 ? [`${name}: ${n}`] : [],
    ),
    ...(taken === 0 ? ['nothing was taken'] : []),
    ...(arrived < ARRIVED_SHARE_MIN * (taken - gone) ? ['less than 99.9 % arrived'] : []),
    ...(gone > UNRECOVERABLE_SHARE_MAX * taken ? ['more than 2 % were beyond recovery'] : []),
  ];
}

const isInTime = ({ taken, arrived }: Pair) => Math.abs(taken.at - arrived.at) <= WRONG_TIME_MS;

/** Nearest pairs first; what is joined leaves both sets. */
function join(
  open: Set<Taken>,
  left: Set<Arrived>,
  by: { readonly inTime: boolean; readonly samePerson: boolean },
): Pair[] {
  const candidates = Map.groupBy(left, keyOf);
  const possible = [...open]
    .flatMap((taken) => (candidates.get(keyOf(taken)) ?? []).map((arrived) => ({ taken, arrived })))
    .filter((pair) => !by.samePerson || pair.taken.person === pair.arrived.person)
    .filter((pair) => !by.inTime || isInTime(pair))
    .sort((a, b) => apart(a.taken, a.arrived) - apart(b.taken, b.arrived));
  return possible.filter((pair) => {
    if (!open.has(pair.taken) || !left.has(pair.arrived)) return false;
    open.delete(pair.taken);
    left.delete(pair.arrived);
    return true;
  });
}

const apart = (a: Holding, b: Holding) => Math.abs(a.at - b.at);

function joinHeld(open: Set<Taken>, held: readonly Held[]) {
  return held.flatMap((one) => {
    const [nearest] = [...open]
      .filter((taken) => keyOf(taken) === keyOf(one))
      .sort((a, b) => apart(a, one) - apart(b, one));
    if (!nearest) return [];
    open.delete(nearest);
    return [{ taken: nearest, held: one }];
  });
}

function count(causes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const cause of causes) counts[cause] = (counts[cause] ?? 0) + 1;
  return counts;
}

function fullSetRate(taken: readonly Taken[], arrived: ReadonlySet<Taken>, zone: string): number {
  const days = Map.groupBy(taken, ({ person, at }) => {
    const local = at + offsetMinutes(at, zone) * MINUTE_MS;
    return `${person} ${Math.floor(local / DAY_MS)}`;
  });
  if (days.size === 0) return 0;
  const full = [...days.values()].filter((day) => day.every((one) => arrived.has(one)));
  return Math.round((full.length / days.size) * 10_000) / 10_000;
}
