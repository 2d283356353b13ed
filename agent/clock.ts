/** The one clock of a program: devices, gateway, consents and municipality all read it. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Synchronised since boot; without it no consent with an end is in force and no time is claimed. */
  trusted(): boolean;
}

export const systemClock: Clock = { now: () => Date.now(), trusted: () => true };

/**
 * A clock that runs `speed` times faster than life from a given start: the demo's.
 * Both programs are given the same two instants, so they agree.
 */
export function acceleratedClock(options: {
  readonly startsAt: number;
  readonly realStart: number;
  readonly speed: number;
}): Clock {
  const { startsAt, realStart, speed } = options;
  return {
    now: () => Math.round(startsAt + (Date.now() - realStart) * speed),
    trusted: () => true,
  };
}
