import * as oauth from 'oauth4webapi';
import type { OauthConfig } from '../../../config/schema.ts';
import type { makeDispatcher } from '../../../fhir/dispatcher.ts';
import { readTlsFiles } from '../../tls-files.ts';
import {
  classifyToken,
  TOKEN_CLOCK,
  TOKEN_NOT_BOUND,
  TOKEN_REFUSED_CLIENT,
  type TokenFailure,
} from './classify-token.ts';
import { type ServerClock, secondsOf } from './oauth-clock.ts';
import { readSigningKey } from './oauth-key.ts';
import type { Proofs } from './oauth-proof.ts';

export interface Token {
  readonly text: string;
  readonly lifetimeMs: number;
}

/** A token server's answers are a few kilobytes. */
const ANSWER_BYTES_MAX = 256 * 1024;
/** An assertion is used at once; SMART allows 5 minutes, HelseID one. */
const ASSERTION_S = 60;
/** RFC 6749 5.1 only recommends to say how long a token lasts; SMART's last at most 5 minutes. */
const UNSTATED_LIFETIME_MS = 60_000;
/** Clocks that differ by less are not why an assertion is refused: servers allow for it. */
const CLOCK_DIFFERENCE_MS = 5_000;
/** With the nonce that was asked for, then by the server's own clock. */
const TRIES_MAX = 3;

export interface TokenServerDeps {
  readonly config: OauthConfig;
  /** The way out of the home, as the recipient's own requests take it. */
  readonly proxy?: string | undefined;
  /** Until the token is here, ms. */
  readonly timeoutMs: number;
  readonly clock: ServerClock;
  /** The machine says that its clock is right. */
  readonly isClockTrusted: () => boolean;
  /** Only with DPoP. */
  readonly proofs: Proofs | undefined;
}

/**
 * Asks the token server for a token: client credentials (RFC 6749 4.4) with a signed assertion
 * (RFC 7523). Key and authorities are read anew, nothing is kept, no redirect is followed. Never
 * throws; settles within `timeoutMs` and when the signal aborts.
 */
export async function askForToken(
  deps: TokenServerDeps,
  signal: AbortSignal,
): Promise<Token | { readonly failed: TokenFailure }> {
  let last: Response | undefined;
  // Loaded late: most homes send by MQTT, and undici is a fifth of the program.
  let dispatcher: ReturnType<typeof makeDispatcher> | undefined;
  try {
    const { makeDispatcher } = await import('../../../fhir/dispatcher.ts');
    dispatcher = makeDispatcher(readTlsFiles({ caFile: deps.config.caFile }), {
      proxy: deps.proxy,
      timeoutMs: deps.timeoutMs,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
    const request = {
      // As an object: Node's own types are of another release of undici.
      dispatcher: dispatcher as object,
      signal: AbortSignal.any([signal, AbortSignal.timeout(deps.timeoutMs)]),
    };
    return await grant(deps, async (url, init) => {
      last = undefined;
      const body = init.body as URLSearchParams | undefined;
      // What is unpacked cannot be bounded, so the dispatcher takes nothing that is packed.
      const headers = { ...init.headers, 'accept-encoding': 'identity' };
      last = await fetch(url, { ...init, ...request, body, headers } as RequestInit);
      // An answer to a POST comes from no cache, so its date is of now.
      if (init.method === 'POST') deps.clock.learn(last.headers);
      deps.proofs?.learn(url, last.headers);
      return last;
    });
  } catch (error) {
    const failed = classifyToken(error, last, deps.clock.now());
    const isDoubtful =
      failed === TOKEN_REFUSED_CLIENT && !last?.headers.has('date') && !deps.isClockTrusted();
    return { failed: isDoubtful ? TOKEN_CLOCK : failed };
  } finally {
    void dispatcher?.destroy();
  }
}

type Fetch = (url: string, init: oauth.CustomFetchOptions<string, unknown>) => Promise<Response>;

async function grant(deps: TokenServerDeps, send: Fetch) {
  const { config, clock, proofs } = deps;
  const key = await readSigningKey(config);
  const server = await serverOf(config, send);
  const client = { client_id: config.clientId };
  const audience = config.tokenUrl ?? server.issuer;
  const assertion = oauth.PrivateKeyJwt(key, {
    [oauth.modifyAssertion](header, claims) {
      // RFC 7519 5.1 says JWT; HelseID wants to be told what it is for.
      header.typ = config.issuer === undefined ? 'JWT' : 'client-authentication+jwt';
      const now = secondsOf(clock.now());
      Object.assign(claims, { aud: audience, iat: now, nbf: now, exp: now + ASSERTION_S });
    },
  });
  const parameters = {
    scope: config.scope,
    ...(config.resource === undefined ? {} : { resource: config.resource }),
  };
  for (let tries = 1; ; tries += 1) {
    const offset = clock.offsetMs();
    try {
      const answer = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        assertion,
        parameters,
        {
          ...open(config),
          ...(proofs ? { DPoP: proofs.handle } : {}),
          [oauth.customFetch]: send,
        },
      );
      return tokenOf(await oauth.processClientCredentialsResponse(server, client, answer), deps);
    } catch (error) {
      const isOtherClock = Math.abs(clock.offsetMs() - offset) > CLOCK_DIFFERENCE_MS;
      const isWorthAgain = oauth.isDPoPNonceError(error) || (isOtherClock && isRefusal(error));
      if (!isWorthAgain || tries === TRIES_MAX) throw error;
    }
  }
}

/** A refusal that an assertion from the past or future can be the reason of. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof oauth.ResponseBodyError || error instanceof oauth.WWWAuthenticateChallengeError
  );
}

async function serverOf(config: OauthConfig, send: Fetch): Promise<oauth.AuthorizationServer> {
  const { issuer, tokenUrl } = config;
  if (issuer === undefined) return { issuer: tokenUrl ?? '', token_endpoint: tokenUrl ?? '' };
  const url = new URL(issuer);
  const answer = await oauth.discoveryRequest(url, { ...open(config), [oauth.customFetch]: send });
  return oauth.processDiscoveryResponse(url, answer);
}

/** Without encryption only on this machine, as `config/checks.ts` has seen to. */
function open({ issuer, tokenUrl }: OauthConfig) {
  return { [oauth.allowInsecureRequests]: /^http:/.test(issuer ?? tokenUrl ?? '') };
}

function tokenOf(
  { access_token: text, token_type: type, expires_in: seconds }: oauth.TokenEndpointResponse,
  { proofs }: TokenServerDeps,
): Token | { readonly failed: TokenFailure } {
  if (type !== (proofs ? 'dpop' : 'bearer')) return { failed: TOKEN_NOT_BOUND };
  return { text, lifetimeMs: seconds === undefined ? UNSTATED_LIFETIME_MS : seconds * 1000 };
}
