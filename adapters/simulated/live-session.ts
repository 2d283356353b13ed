import { type Random, whole } from './random.ts';

/** Values come at least this far apart in demo time, so that a gateway's thinning keeps all… */
const SPACING_MS = 62_000;
const JITTER_MS = 25_000;
/** …also when it notices each by up to this much real time too late. */
const LATENESS_REAL_MS = 15;
const VALUES = [3, 5] as const;

/** A strap being worn: a few values, each sent only while somebody listens. */
export interface LiveSession {
  /** Put on: the next few values are to come. */
  begin(): void;
  listen(listening: boolean): void;
  /** Values still to come. */
  left(): number;
  stop(): void;
}

/**
 * @param options.lastAt instant of the last value ever sent, ms UTC
 * @param options.measure takes and sends one value
 */
export function createLiveSession(options: {
  readonly now: () => number;
  readonly speed: number;
  readonly random: Random;
  readonly lastAt: number | undefined;
  readonly measure: () => void;
}): LiveSession {
  const { now, speed, random, lastAt, measure } = options;
  // a clock that began again earlier must not silence the strap
  let notBefore = lastAt === undefined ? 0 : Math.min(lastAt, now()) + SPACING_MS;
  let left = 0;
  let listening = false;
  let timer: NodeJS.Timeout | undefined;

  function next(): void {
    clearTimeout(timer);
    if (left === 0 || !listening) return;
    const waitMs = (notBefore - now()) / speed;
    if (waitMs > 0) {
      timer = setTimeout(next, Math.ceil(waitMs));
      return;
    }
    left -= 1;
    notBefore = now() + SPACING_MS + whole(random, 0, JITTER_MS) + LATENESS_REAL_MS * speed;
    measure();
    next();
  }

  return {
    begin: () => {
      left = whole(random, ...VALUES);
      next();
    },
    listen: (now) => {
      listening = now;
      next();
    },
    left: () => left,
    stop: () => {
      left = 0;
      clearTimeout(timer);
    },
  };
}
