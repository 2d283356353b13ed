/** A clock that learns from a server how wrong the gateway's own is. */
export interface ServerClock {
  /** The server's time as far as it is known, ms since 1970. */
  now(): number;
  /** How far it is ahead of the gateway's, ms. */
  offsetMs(): number;
  /** Takes the `Date` of an answer that was not kept in a cache on the way. */
  learn(headers: { get(name: string): string | null }): void;
}

/**
 * Assertions and proofs say when they were made, and a server refuses those from its past or future:
 * they are dated by its own clock. It says the time in whole seconds, of when it began to answer, so
 * what is learnt is never ahead of it. `now` is the gateway's time, ms since 1970.
 */
export function createServerClock(now: () => number): ServerClock {
  let offset = 0;
  return {
    now: () => now() + offset,
    offsetMs: () => offset,
    learn(headers) {
      const said = Date.parse(headers.get('date') ?? '');
      if (!Number.isNaN(said)) offset = said - now();
    },
  };
}

/** NumericDate of RFC 7519: whole seconds since 1970. */
export const secondsOf = (ms: number): number => Math.floor(ms / 1000);
