/** How long the queue was at an instant of the gateway's clock, ms. */
export interface QueueSample {
  readonly at: number;
  readonly rows: number;
  /** Added up only where the store is large enough for the limit in bytes to matter. */
  readonly bytes?: number | undefined;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Homes have days and nights: growth is that of whole days where so much is known. */
const WINDOWS_MS = [DAY_MS, 3 * DAY_MS];

/** Of less than this nothing is concluded. */
const SPAN_MS_MIN = 6 * HOUR_MS;

/** Samples are an hour apart at least. */
export const SAMPLE_EVERY_MS = HOUR_MS;

/** It is said when so little is left. */
export const SAY_BEFORE_MS = 3 * DAY_MS;

/** The new one with those of the last days; none from a clock that has been set back since. */
export function withSample(samples: readonly QueueSample[], now: QueueSample): QueueSample[] {
  const since = now.at - Math.max(...WINDOWS_MS) - SAMPLE_EVERY_MS;
  return [...samples.filter(({ at }) => at >= since && at < now.at), now];
}

/**
 * Until the queue is full at the rate of the last days, ms; undefined where it does not grow or too
 * little is known. The faster of the last day's growth and that of three days counts: an outage
 * that began yesterday is not hidden by the quiet days before.
 */
export function fullInMs(
  samples: readonly QueueSample[],
  limits: { readonly queueRowsMax: number; readonly queueBytesMax: number },
): number | undefined {
  const now = samples.at(-1);
  if (!now) return undefined;
  const waits: number[] = [];
  for (const window of WINDOWS_MS) {
    const then = samples.find(({ at }) => at >= now.at - window - SAMPLE_EVERY_MS / 2);
    const span = then ? now.at - then.at : 0;
    if (!then || span < SPAN_MS_MIN) continue;
    const until = (grown: number, left: number) => {
      if (grown > 0) waits.push((Math.max(left, 0) * span) / grown);
    };
    until(now.rows - then.rows, limits.queueRowsMax - now.rows);
    if (now.bytes !== undefined && then.bytes !== undefined) {
      until(now.bytes - then.bytes, limits.queueBytesMax - now.bytes);
    }
  }
  return waits.length === 0 ? undefined : Math.min(...waits);
}
