import { newToken } from './tokens.ts';

/** A person finds their glasses and tries the other finger in this, ms. */
export const CHALLENGE_MS = 5 * 60_000;
/** A household needs a few; who asks for more pushes out the oldest, and memory stays small. */
const CHALLENGES_MAX = 200;

/**
 * What an authenticator is to sign: random, once, soon, and for whom it was made. They are in memory
 * only: after a restart people ask again.
 */
export function createChallenges<About>(parts: { readonly now: () => number }) {
  const { now } = parts;
  const waiting = new Map<string, { challenge: string; about: About; madeAt: number }>();
  return {
    /** A new one for the owner, instead of their last. */
    make(owner: string, about: About): string {
      waiting.delete(owner);
      const [oldest] = waiting.keys();
      if (oldest !== undefined && waiting.size >= CHALLENGES_MAX) waiting.delete(oldest);
      const challenge = newToken();
      waiting.set(owner, { challenge, about, madeAt: now() });
      return challenge;
    },
    /** The owner's, which counts no more; undefined when there is none or it is too old. */
    take(owner: string): { readonly challenge: string; readonly about: About } | undefined {
      const found = waiting.get(owner);
      waiting.delete(owner);
      return found && Math.abs(now() - found.madeAt) < CHALLENGE_MS ? found : undefined;
    },
  };
}
