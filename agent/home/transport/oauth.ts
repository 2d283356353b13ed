import type { OauthConfig } from '../../../config/schema.ts';
import type { FhirClientOptions } from '../../../fhir/client.ts';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { TokenFailure } from './classify-token.ts';
import { createServerClock } from './oauth-clock.ts';
import type { Proofs } from './oauth-proof.ts';
import type { Token } from './oauth-server.ts';

export interface TokenDeps {
  readonly config: OauthConfig;
  readonly proxy?: string | undefined;
  readonly recipient: string;
  readonly clock: Clock;
  /** Time that no clock change moves, ms. */
  readonly monotonic: () => number;
  readonly random: () => number;
  /** Time for one delivery, ms: a token takes at most half of it. */
  readonly deliverTimeoutMs: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly log: Log;
}

/** The tokens of one recipient. */
export interface Tokens {
  /** For the FHIR client. Its error tells by `failed` when only the token server is away. */
  readonly token: NonNullable<FhirClientOptions['token']>;
  /** Why there is no token that the receiver takes; undefined while nothing is known against it. */
  state(): string | undefined;
  /** Ends what is being asked. */
  close(): void;
}

/** A new token is fetched when this share of the old one's life is left, so that nobody waits for it. */
const RENEW_SHARE = 0.2;
/** Up to twice that share, so that a fleet does not renew in one second. */
const RENEW_JITTER = 0.2;
/** A token that ends within this is not begun with, ms: the request has a way to go. */
const END_MARGIN_MS = 2_000;
/** A server whose clock differs by more is noted, ms. */
const CLOCK_SAID_MS = 5_000;
/** A wait that a token server asks for is kept up to this, ms. */
const REST_MS_MAX = 3_600_000;

/** The receiver does not take what the token server gave. */
const NOT_ACCEPTED: TokenFailure = { code: 'token-not-accepted', isDown: false };

interface Held extends Token {
  readonly renewAt: number;
  readonly endsAt: number;
}

/**
 * Fetches tokens when they are needed and before they end, one request at a time for all deliveries,
 * and keeps them in memory only. After a failure nothing is asked until a rest is over, which doubles.
 * A token that the receiver refuses (401) is replaced once at once; when the new one fares no better,
 * after a rest.
 */
export function createTokens(deps: TokenDeps): Tokens {
  const { config, monotonic, log, recipient } = deps;
  const closed = new AbortController();
  const clock = createServerClock(() => deps.clock.now());
  let proofs: Promise<Proofs> | undefined;
  let held: Held | undefined;
  let asking: Promise<void> | undefined;
  let failure: TokenFailure | undefined;
  let restUntil = Number.NEGATIVE_INFINITY;
  /** Failures since the last success. */
  let tries = 0;
  /** Tokens in a row that the receiver refused. */
  let refusals = 0;

  const isResting = () => monotonic() < restUntil;

  function fail(why: TokenFailure): void {
    if (failure?.code !== why.code) log.warn({ event: 'no-token', recipient, code: why.code });
    failure = why;
    // Half as long as a delivery's own wait, so that it is over when the next one comes.
    const full = Math.min(deps.retryMaxMs, deps.retryMinMs * 2 ** Math.min(tries, 20)) / 2;
    const rest = Math.max(full * (0.5 + deps.random() / 2), why.retryAfterMs ?? 0);
    restUntil = monotonic() + Math.min(REST_MS_MAX, rest);
    tries += 1;
  }

  function succeed(): void {
    if (failure) log.info({ event: 'token-again', recipient });
    failure = undefined;
    tries = 0;
  }

  async function ask(): Promise<void> {
    // Loaded with the first token: most gateways never need the library.
    const { askForToken } = await import('./oauth-server.ts');
    const { createProofs } = await import('./oauth-proof.ts');
    if (config.dpop) proofs ??= createProofs(clock.now);
    const before = clock.offsetMs();
    // Its life began at the server, at the earliest now.
    const asked = monotonic();
    const answer = await askForToken(
      {
        config,
        proxy: deps.proxy,
        clock,
        proofs: await proofs,
        timeoutMs: deps.deliverTimeoutMs / 2,
        isClockTrusted: () => deps.clock.trusted(),
      },
      closed.signal,
    );
    const ms = Math.abs(clock.offsetMs() - before);
    if (ms > CLOCK_SAID_MS) log.warn({ event: 'token-server-other-clock', recipient, ms });
    if (closed.signal.aborted) return;
    if ('failed' in answer) {
      fail(answer.failed);
      return;
    }
    const early = answer.lifetimeMs * (RENEW_SHARE + deps.random() * RENEW_JITTER);
    const endsAt = asked + answer.lifetimeMs;
    held = { ...answer, endsAt, renewAt: endsAt - early };
    // One that follows refused ones has yet to be taken.
    if (refusals < 2) succeed();
  }

  /** One request for all who wait; settles when it has an outcome, which is in `held` or `failure`. */
  function renew(): Promise<void> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  async function current(): Promise<Held> {
    const left = held ? held.endsAt - monotonic() : 0;
    if (held && left > Math.min(END_MARGIN_MS, held.lifetimeMs / 2)) {
      if (monotonic() >= held.renewAt && !isResting()) void renew();
      return held;
    }
    held = undefined;
    if (!isResting()) await renew();
    if (held) return held;
    throw Object.assign(new Error('no token'), {
      code: failure?.code,
      failed: failure?.isDown ? 'unreachable' : 'no-token',
    });
  }

  /** A 401: drops the token; true when another one may fare better. */
  function isWorthAnother(used: Held): boolean {
    // Meanwhile replaced, or being replaced.
    if (used !== held) return held !== undefined || !isResting();
    held = undefined;
    refusals += 1;
    if (refusals === 1) return true;
    fail(NOT_ACCEPTED);
    return false;
  }

  function taken(): void {
    if (refusals >= 2) succeed();
    refusals = 0;
  }

  return {
    async token(request) {
      const used = await current();
      const proving = await proofs;
      const given = proving
        ? await proving.authorise(used.text, request)
        : { authorization: `Bearer ${used.text}` };
      return {
        ...given,
        isWorthAgain({ status, headers }) {
          const hasNonce = proving?.learn(request.url, headers) ?? false;
          if (status !== 401) {
            if (status >= 200 && status <= 299) taken();
            return false;
          }
          const isNonceAsked = /\buse_dpop_nonce\b/.test(headers.get('www-authenticate') ?? '');
          return (hasNonce && isNonceAsked) || isWorthAnother(used);
        },
      };
    },
    state: () => failure?.code,
    close: () => closed.abort(),
  };
}
