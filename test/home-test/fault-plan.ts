import { createRandom, type Random, whole } from '../../adapters/simulated/random.ts';
import type { BootClock } from './settings.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** At first people pair their devices, at last these hand over what they still have. */
const QUIET_MS = 6 * HOUR_MS;
/** For 40 days; shorter runs get their part, at least one of each. */
const PER_40_DAYS = { 'bluetoothd-killed': 32, 'adapter-lost': 11, 'power-cut': 11 } as const;
/** Every second power cut leaves the machine without a clock: two steps by hand, then the network's. */
const CLOCKLESS_EVERY = 2;

/** What a fault waits for once its time has come: it hits where something happens. */
const MOMENTS = ['connect', 'value', 'commit', 'sent', 'visit-ended', 'none'] as const;
export type Moment = (typeof MOMENTS)[number];

interface Timed {
  /** Not before this true instant, ms UTC; then at the next such moment, and so long after it. */
  readonly at: number;
  readonly moment: Moment;
  readonly afterMs: number;
}

export type Fault =
  | (Timed & { readonly kind: 'bluetoothd-killed' | 'adapter-lost'; readonly backAfterMs: number })
  | (Timed & {
      readonly kind: 'power-cut';
      readonly outageMs: number;
      readonly clock?: BootClock;
    });

/**
 * Everything that goes wrong with the gateway itself in so many days, in order of time.
 * @param options.startsAt true instant, ms UTC; the first hours are left for setting up
 */
export function planFaults(options: {
  readonly seed: number;
  readonly startsAt: number;
  readonly days: number;
}): Fault[] {
  const { seed, startsAt, days } = options;
  const kinds = Object.entries(PER_40_DAYS) as [keyof typeof PER_40_DAYS, number][];
  const faults = kinds.flatMap(([kind, per40]) => {
    const random = createRandom(seed, 'fault', kind);
    const count = Math.ceil((per40 * days) / 40);
    return Array.from({ length: count }, (_, index) => {
      // One in each part of the time, so that they do not all meet, at any instant of it.
      const part = (days * DAY_MS - 2 * QUIET_MS) / count;
      const at = startsAt + QUIET_MS + Math.round((index + random()) * part);
      return faultOf(kind, { at, ...momentOf(random) }, random, index);
    });
  });
  return faults.sort((a, b) => a.at - b.at);
}

function momentOf(random: Random): Pick<Timed, 'moment' | 'afterMs'> {
  const moment = MOMENTS[whole(random, 0, MOMENTS.length - 1)] ?? 'none';
  // In the very instant, within milliseconds, or within seconds of it.
  const spread = [0, 0, 30, 500, 5_000][whole(random, 0, 4)] ?? 0;
  return { moment, afterMs: whole(random, 0, spread) };
}

function faultOf(kind: Fault['kind'], timed: Timed, random: Random, index: number): Fault {
  if (kind === 'bluetoothd-killed') {
    return { kind, ...timed, backAfterMs: whole(random, 200, 20_000) };
  }
  if (kind === 'adapter-lost') {
    return { kind, ...timed, backAfterMs: whole(random, 2 * MINUTE_MS, 4 * HOUR_MS) };
  }
  const outageMs = whole(random, 20_000, 3 * HOUR_MS);
  if (index % CLOCKLESS_EVERY === 1) return { kind, ...timed, outageMs };
  return { kind, ...timed, outageMs, clock: wrongClock(random, outageMs) };
}

/** It goes on where it was when the power went, or begins anywhere else; somebody sets it; then the network. */
function wrongClock(random: Random, outageMs: number): BootClock {
  const trustedAfterMs = whole(random, 5 * MINUTE_MS, 5 * HOUR_MS);
  const hours = whole(random, -5, 5);
  return {
    offsetMs: random() < 0.5 ? -outageMs : hours * HOUR_MS + whole(random, 2, 50) * MINUTE_MS,
    steps: [1, 2].map(() => ({
      afterMs: whole(random, 30_000, trustedAfterMs - 30_000),
      byMs: (random() < 0.5 ? -1 : 1) * whole(random, 3 * MINUTE_MS, 3 * HOUR_MS),
    })),
    trustedAfterMs,
  };
}
