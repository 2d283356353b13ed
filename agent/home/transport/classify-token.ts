import * as oauth from 'oauth4webapi';
import { CodedError, codeOf } from '../../errors.ts';
import { retryAfter } from './classify.ts';

/** Why there is no token. Judging only: the asking is in `oauth-server.ts`. */
export interface TokenFailure {
  /** For the log, the doctor and the pages. */
  readonly code: string;
  /** The token server is away, so nothing is known against this gateway. */
  readonly isDown: boolean;
  /** It asked for this pause, ms. */
  readonly retryAfterMs?: number;
}

const refused = (code: string): TokenFailure => ({ code, isDown: false });
const down = (code: string): TokenFailure => ({ code, isDown: true });

/** DPoP is demanded, and the token would work for whoever steals it. */
export const TOKEN_NOT_BOUND = refused('token-not-bound');
/** The signed assertion is refused, and nobody has said that this machine's clock is right. */
export const TOKEN_CLOCK = refused('token-clock');
export const TOKEN_REFUSED_CLIENT = refused('token-refused-client');

/** The file is there, and what is in it is no key (`oauth-key.ts`). */
const KEY_UNUSABLE = 'token-key-unusable';

/** RFC 6749 5.2. */
const REFUSALS: ReadonlyMap<string, TokenFailure> = new Map([
  ['invalid_client', TOKEN_REFUSED_CLIENT],
  ['unauthorized_client', TOKEN_REFUSED_CLIENT],
  ['invalid_scope', refused('token-refused-scope')],
  ['invalid_target', refused('token-refused-scope')],
]);

/** OpenSSL and Node names for a certificate or handshake that failed. */
const UNTRUSTED = /CERT|SIGNATURE|ISSUER|^ERR_TLS|^ERR_SSL|^ERR_OSSL|^EPROTO$/;

interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
}

/**
 * What came of asking for a token. `answer`: the last that the server gave, if any; `now`: gateway
 * time, ms since 1970.
 *
 * | what                                                  | code                       |
 * |-------------------------------------------------------|----------------------------|
 * | a key or certificate file that cannot be used         | token-key-unusable, token-files-unreadable |
 * | 4xx with an OAuth error                               | as `REFUSALS`, else token-refused |
 * | 401 with a challenge                                  | token-refused-client       |
 * | 429, 5xx, with Retry-After                            | token-server-unwell        |
 * | any other answer, or one that RFC 6749 does not know  | token-server-garbled       |
 * | none in time                                          | token-server-silent        |
 * | a certificate or handshake that failed                | token-server-untrusted     |
 * | no connection, or one that was cut                    | token-server-unreachable   |
 */
export function classifyToken(
  error: unknown,
  answer: Answer | undefined,
  now: number,
): TokenFailure {
  if (error instanceof CodedError) {
    return refused(error.code === KEY_UNUSABLE ? KEY_UNUSABLE : 'token-files-unreadable');
  }
  if (answer && (answer.status === 429 || answer.status >= 500)) {
    const retryAfterMs = retryAfter(answer.headers, now);
    const unwell = down('token-server-unwell');
    return retryAfterMs === undefined ? unwell : { ...unwell, retryAfterMs };
  }
  if (error instanceof oauth.ResponseBodyError) {
    return REFUSALS.get(error.error) ?? refused('token-refused');
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) return TOKEN_REFUSED_CLIENT;
  const name = (error as { name?: unknown } | null)?.name;
  if (name === 'TimeoutError' || name === 'AbortError') return down('token-server-silent');
  const cause = (error as { cause?: unknown } | null)?.cause;
  if (answer || cause === undefined) return down('token-server-garbled');
  return down(
    UNTRUSTED.test(codeOf(cause)) ? 'token-server-untrusted' : 'token-server-unreachable',
  );
}
