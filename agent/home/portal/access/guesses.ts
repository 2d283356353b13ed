import { CodedError } from '../../../errors.ts';
import type { Database } from '../../../store.ts';

/** How guessing at a place is slowed. */
interface Pace {
  /** So many wrong ones cost nothing: fingers slip. */
  readonly free: number;
  /** Wait after the first one too many, doubled with each more, ms. */
  readonly waitMsMin: number;
  readonly waitMsMax: number;
  /** Wrong ones are forgotten when there was none for so long, ms. */
  readonly forgetMs: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * `pin/…`: one account's; 24 guesses a day at a million PINs. `browser/…`: one browser's, over all its
 * accounts. `pin`: all of them together. `code`: codes live for 15 minutes and have eight digits, so a
 * minute is enough; more would let a stranger on the network keep out who has a right code. `passkey/…`:
 * one account's, as a PIN; `passkey`: those by a key of nobody here.
 */
const PACES = {
  pin: { free: 4, waitMsMin: 30_000, waitMsMax: 60 * MINUTE_MS, forgetMs: DAY_MS },
  all: { free: 30, waitMsMin: 5_000, waitMsMax: 10 * MINUTE_MS, forgetMs: 60 * MINUTE_MS },
  code: { free: 5, waitMsMin: 5_000, waitMsMax: MINUTE_MS, forgetMs: 60 * MINUTE_MS },
} as const satisfies Record<string, Pace>;

const paceOf = (place: string): Pace =>
  place === 'code' || place === 'passkey' ? PACES.code : place === 'pin' ? PACES.all : PACES.pin;

/** Somebody has to wait before the next try. */
export class TooManyGuesses extends CodedError {
  readonly waitMs: number;
  constructor(waitMs: number) {
    super('too-many-guesses', 'Too many wrong tries', 'Wait, then try again.');
    this.waitMs = waitMs;
  }
}

/**
 * Wrong codes and PINs, counted on disk by where they were typed. Call the writers inside a commit:
 * a try counts as wrong before it is looked at, so that many at once are no way around.
 */
export function createGuesses(
  db: Database,
  parts: {
    readonly now: () => number;
    /** Guessing at this place begins to be slowed. */
    readonly onSlowed: (place: string, count: number) => void;
  },
) {
  const get = db.prepare<[string], { count: number; last_at: number }>(
    'SELECT count, last_at FROM guess WHERE place = ?',
  );
  const put = db.prepare('INSERT OR REPLACE INTO guess VALUES (?, ?, ?)');
  const drop = db.prepare('DELETE FROM guess WHERE place = ?');

  function countOf(place: string): { count: number; waitMs: number } {
    const row = get.get(place);
    const pace = paceOf(place);
    if (!row) return { count: 0, waitMs: 0 };
    // Either way: until a clock that was set back comes there again, nobody could sign in.
    const sinceMs = Math.abs(parts.now() - row.last_at);
    if (sinceMs > pace.forgetMs) return { count: 0, waitMs: 0 };
    const over = row.count - pace.free;
    if (over < 0) return { count: row.count, waitMs: 0 };
    const wait = Math.min(pace.waitMsMin * 2 ** Math.min(over, 30), pace.waitMsMax);
    return { count: row.count, waitMs: Math.max(0, wait - sinceMs) };
  }

  return {
    /** Counts a try at each place; throws {@link TooManyGuesses} where one has to wait, and counts none. */
    begin(places: readonly string[]): void {
      const counts = places.map((place) => [place, countOf(place)] as const);
      const waitMs = Math.max(...counts.map(([, one]) => one.waitMs));
      if (waitMs > 0) throw new TooManyGuesses(waitMs);
      for (const [place, { count }] of counts) {
        put.run(place, count + 1, parts.now());
        if (count + 1 > paceOf(place).free) parts.onSlowed(place, count + 1);
      }
    },
    /** It was right: nothing is held against these places. How many wrong ones came before it. */
    right(places: readonly string[]): number {
      const wrong = Math.max(0, ...places.map((place) => countOf(place).count - 1));
      for (const place of places) drop.run(place);
      return wrong;
    },
    /** The try is taken back: it was right, and others at that place still count. */
    takeBack(place: string): void {
      const row = get.get(place);
      if (row && row.count > 1) put.run(place, row.count - 1, row.last_at);
      else drop.run(place);
    },
  };
}

export type Guesses = ReturnType<typeof createGuesses>;
