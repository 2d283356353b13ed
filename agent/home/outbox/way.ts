import type { DeferredBecause } from '../transport/transport.ts';

/** Nothing of this recipient's would fare better. */
const WAY_DOWN: ReadonlySet<DeferredBecause> = new Set([
  'offline',
  'unauthorised',
  'untrusted',
  'no-subscriber',
]);

/** While nothing gets through, each of this many tries is of another envelope than the first. */
const SCOUT_EVERY_TRIES = 4;

export interface WayLimits {
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
}

/** Back-off before the next try, ms: doubles, bounded, with jitter so that a fleet does not return in one second. */
export function backoffMs(attempt: number, limits: WayLimits, random: () => number): number {
  const full = Math.min(limits.retryMaxMs, limits.retryMinMs * 2 ** Math.min(attempt, 20));
  return Math.round(full * (0.5 + random() / 2));
}

/** What had got through at a hand-over: compared later, it tells an envelope's trouble from the way's. */
export interface Mark {
  readonly accepted: number;
  readonly answered: number;
}

/**
 * How it goes on the way to one recipient. While nothing gets through, all that waits keeps its place
 * and the way rests: each try costs the disk a write, and trying them one by one would disorder them.
 * Where others get through, the trouble is the envelope's own.
 */
export function createWay(parts: {
  readonly limits: WayLimits;
  /** Real clock, ms. */
  readonly realNow: () => number;
  readonly random: () => number;
}) {
  const { limits, realNow, random } = parts;
  let rest: { readonly since: number; readonly until: number } | undefined;
  let tries = 0;
  let isDown = false;
  // Of a way that was not tried yet nothing is known: the first goes alone. Of a window a part could be
  // put off, and what follows would overtake it.
  let isUnknown = true;
  let accepted = 0;
  let answered = 0;
  let silent = false;

  return {
    mark: (): Mark => ({ accepted, answered }),
    /** Since a real clock that was set back: not resting. */
    isResting(): boolean {
      const now = realNow();
      return rest !== undefined && now >= rest.since && now < rest.until;
    },
    /** Not known to be well: one at a time until something gets through. */
    isTroubled: () => tries > 0 || isUnknown,
    /** The next try is to be of another envelope than the first: that one may be the trouble. */
    wantsScout: () => tries > 0 && !isDown && tries % SCOUT_EVERY_TRIES === 0,
    /** Taken, or refused for good: the way is well. */
    wasAccepted(): void {
      accepted += 1;
      isUnknown = false;
      tries = 0;
      rest = undefined;
    },
    /** A receipt is stored. */
    wasAnswered(): void {
      answered += 1;
      silent = false;
    },
    /** No receipt came in time: true when none came of others either. */
    wasSilent(mark: Mark | undefined): boolean {
      const isWay = mark === undefined || mark.answered === answered;
      if (isWay && mark !== undefined) silent = true;
      return isWay;
    },
    /** Sent ones stay unanswered, all of them. */
    isSilent: () => silent,
    /** Put off: true when it is the way's trouble, which then rests for as long as asked, or longer each time. */
    failed(because: DeferredBecause, mark: Mark, retryAfterMs: number | undefined): boolean {
      isDown = WAY_DOWN.has(because);
      if (!isDown && mark.accepted !== accepted) return false;
      const now = realNow();
      if (rest === undefined || now < rest.since || now >= rest.until) {
        tries += 1;
        // A receiver that asks for no wait at all is not called without end.
        const wait = Math.max(retryAfterMs ?? 0, backoffMs(tries, limits, random));
        rest = { since: now, until: now + wait };
      }
      return true;
    },
    /** It came back, it is said: tried at once, and the first goes alone. */
    online(): void {
      tries = 0;
      isUnknown = true;
      rest = undefined;
    },
  };
}

export type Way = ReturnType<typeof createWay>;
