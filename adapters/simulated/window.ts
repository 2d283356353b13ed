import type { Presence } from './presence.ts';

/** In so long with a powered radio in range a result could have been fetched. */
const CHANCE_MS = 20_000;

/** The time for which a device can be reached after it woke. */
export interface Window {
  /** Opens, or stays open, for so long from this true instant, which may have passed. */
  open(at: number, ms: number): void;
  isOpen(): boolean;
  /** When the device woke. */
  from(): number;
  /** Looks whether there was a chance so far: to be called before the radio is out of reach. */
  settle(): void;
  hadChance(): boolean;
  stop(): void;
}

/**
 * @param options.onChance a powered radio was in range for long enough
 * @param options.onEnd it is over, by the timer or because it lay in the past
 */
export function createWindow(options: {
  readonly now: () => number;
  readonly presence: Presence;
  /** Since when the device is near the gateway, at this instant; undefined while it is not. */
  readonly nearSince: (at: number) => number | undefined;
  readonly onChance: () => void;
  readonly onEnd: () => void;
}): Window {
  const { now, presence, nearSince } = options;
  let from = Number.NEGATIVE_INFINITY;
  let ends = Number.NEGATIVE_INFINITY;
  let chance = false;
  let timer: NodeJS.Timeout | undefined;

  const isOpen = () => now() < ends;

  function settle(): void {
    const at = Math.min(now(), ends);
    const since = Math.max(
      from,
      presence.since() ?? Number.POSITIVE_INFINITY,
      nearSince(at - 1) ?? Number.POSITIVE_INFINITY,
    );
    if (chance || at - since < CHANCE_MS) return;
    chance = true;
    options.onChance();
  }

  function end(): void {
    if (isOpen()) {
      arm();
      return;
    }
    settle();
    options.onEnd();
  }

  function arm(): void {
    clearTimeout(timer);
    timer = setTimeout(end, Math.max(1, ends - now()));
  }

  presence.onGoing(() => {
    if (isOpen()) settle();
  });
  return {
    open: (at, ms) => {
      if (at >= ends) {
        from = at;
        chance = false;
      }
      ends = Math.max(ends, at + ms);
      if (isOpen()) arm();
      else end();
    },
    isOpen,
    from: () => from,
    settle,
    hadChance: () => chance,
    stop: () => clearTimeout(timer),
  };
}
