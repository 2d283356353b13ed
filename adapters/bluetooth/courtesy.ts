import type { Advertisement } from './radio/radio.ts';

/** When to call on a device that advertises: at once when it woke up, seldom when it always does. */
export interface CourtesyLimits {
  /** Silence after which an advertisement means that the device woke up with something to tell, ms. */
  readonly quietMs: number;
  /**
   * Rest after a visit while it keeps advertising, ms: well below the half minute in which somebody
   * who measures again can be reached. Doubles with each visit that brought nothing.
   */
  readonly coolDownMs: number;
  readonly coolDownMaxMs: number;
  /** Wait after a failed visit; doubles, ms. A device is awake for about 30 s. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
}

export const COURTESY: CourtesyLimits = {
  quietMs: 20_000,
  coolDownMs: 8_000,
  coolDownMaxMs: 900_000,
  retryMs: 1_000,
  retryMaxMs: 60_000,
};

export interface Courtesy {
  /** To be asked with every advertisement of a device: is now the time for a visit? */
  due(advertisement: Advertisement): boolean;
  /** A visit ended. `brought` counts measurements, `failed` says that it broke off. */
  ended(address: string, visit: { readonly brought: number; readonly failed: boolean }): void;
  forget(address: string): void;
}

interface Manners {
  lastHeard: number;
  restUntil: number;
  empty: number;
  failures: number;
}

/** Keeps the last visit and the last sign of life of each device, by the gateway's clock. */
export function createCourtesy(now: () => number, limits: CourtesyLimits): Courtesy {
  const known = new Map<string, Manners>();
  const of = (address: string): Manners => {
    const manners = known.get(address) ?? {
      lastHeard: Number.NEGATIVE_INFINITY,
      restUntil: Number.NEGATIVE_INFINITY,
      empty: 0,
      failures: 0,
    };
    known.set(address, manners);
    return manners;
  };
  return {
    due({ address, at }) {
      const manners = of(address);
      const silent = at - manners.lastHeard;
      manners.lastHeard = at;
      // A clock that was set back must not keep a device waiting.
      if (silent >= limits.quietMs || silent < 0) {
        manners.restUntil = Number.NEGATIVE_INFINITY;
        manners.failures = 0;
      }
      return at >= manners.restUntil;
    },
    ended(address, { brought, failed }) {
      const manners = of(address);
      manners.lastHeard = now();
      if (failed && brought === 0) {
        const wait = limits.retryMs * 2 ** manners.failures;
        manners.failures += 1;
        manners.restUntil = now() + Math.min(wait, limits.retryMaxMs);
        return;
      }
      manners.failures = 0;
      manners.empty = brought === 0 ? manners.empty + 1 : 0;
      const rest = limits.coolDownMs * 2 ** manners.empty;
      manners.restUntil = now() + Math.min(rest, limits.coolDownMaxMs);
    },
    forget: (address) => void known.delete(address),
  };
}
