import { type Random, whole } from '../../adapters/simulated/random.ts';

/** When a gateway is killed. */
export const AIMS = [
  /** Any instant from its start on. */
  'any',
  /** While it starts: the integrity check, what waited, the retention. */
  'start',
  /** Its log file has just been written to. */
  'commit',
  /** An envelope has just come out of it. */
  'send',
  /** The broker's acknowledgement or the municipality's receipt is on its way to it. */
  'acknowledgement',
  /** A person's decision has just been sent to it. */
  'consent',
  /** Two days later: what was delivered is compacted, which its log file shows. */
  'compaction',
] as const;
/** The first lives: its older store is migrated; then once long enough for people to set it up. */
export type Aim = (typeof AIMS)[number] | 'migration' | 'setting-up';

/** What else happens. */
export const VARIANTS = [
  'none',
  'broker-killed',
  'municipality-killed',
  'both-killed',
  'torn-write',
  'disk-full',
  'clock-forward',
  'clock-back',
  'no-clock',
  'delivered-twice',
  'acknowledged-and-forgotten',
] as const;
export type Variant = (typeof VARIANTS)[number];

export interface RunPlan {
  readonly aim: Aim;
  readonly variant: Variant;
}

/** How often each comes in one round of the deck. */
const AIM_CARDS: Readonly<Record<(typeof AIMS)[number], number>> = {
  any: 3,
  start: 1,
  commit: 4,
  send: 3,
  acknowledgement: 3,
  consent: 3,
  compaction: 1,
};
const VARIANT_CARDS: Readonly<Record<Variant, number>> = {
  none: 5,
  'broker-killed': 1,
  'municipality-killed': 1,
  'both-killed': 1,
  'torn-write': 3,
  'disk-full': 0,
  'clock-forward': 1,
  'clock-back': 1,
  'no-clock': 1,
  'delivered-twice': 1,
  'acknowledged-and-forgotten': 2,
};

/** In a home whose disk can be full. */
const DISK_FULL_CARDS = 4;
/** The first lives of a home, in which its older store is migrated. */
const MIGRATION_RUNS = 4;
/** Then it is killed at any aim up to this life, set up or not. */
const FREE_RUNS = 6;

/** Deals each card as often as it is there before it begins again: all come, in any order. */
function createDeck<T extends string>(cards: Readonly<Record<T, number>>, random: Random) {
  let left: T[] = [];
  return (): T => {
    if (left.length === 0) {
      left = (Object.keys(cards) as T[]).flatMap((card) => Array<T>(cards[card]).fill(card));
    }
    const [card] = left.splice(whole(random, 0, left.length - 1), 1);
    return card as T;
  };
}

/** What happens in each run of a home; `first` until it is furnished, when its clock is right. */
export function createPlans(random: Random, canBeFull: boolean) {
  const aim = createDeck(AIM_CARDS, random);
  const variant = createDeck(
    { ...VARIANT_CARDS, 'disk-full': canBeFull ? DISK_FULL_CARDS : 0 },
    random,
  );
  let runs = 0;
  return {
    next: (): RunPlan => ({ aim: aim(), variant: variant() }),
    first(): RunPlan {
      runs += 1;
      const variants: readonly Variant[] = ['none', 'torn-write'];
      const first = runs <= MIGRATION_RUNS ? 'migration' : runs <= FREE_RUNS ? aim() : 'setting-up';
      return { aim: first, variant: variants[whole(random, 0, 1)] ?? 'none' };
    },
  };
}
