import * as oauth from 'oauth4webapi';
import type { Authorisation } from '../../../fhir/client.ts';
import { secondsOf } from './oauth-clock.ts';

/** Proofs that a token is used by who fetched it: DPoP, RFC 9449. */
export interface Proofs {
  /** For the request of a token. */
  readonly handle: oauth.DPoPHandle;
  /** Takes the nonce that an answer asks to be used next (clauses 8 and 9); true if there is one. */
  learn(url: string, headers: { get(name: string): string | null }): boolean;
  /** Headers of one request with a token (clause 7.1). */
  authorise(token: string, request: { method: string; url: string }): Promise<Authorisation>;
}

/** With a key made now, which never leaves the process. `now` in ms since 1970. */
export async function createProofs(now: () => number): Promise<Proofs> {
  const keys = await oauth.generateKeyPair('ES256');
  /** The newest nonce of each origin, of token server and receiver alike. */
  const nonces = new Map<string, string>();
  const handle = oauth.DPoP({}, keys, {
    [oauth.modifyAssertion](_header, claims) {
      claims.iat = secondsOf(now());
      claims.nonce = nonces.get(new URL(String(claims.htu)).origin);
    },
  });
  return {
    handle,
    learn(url, headers) {
      const nonce = headers.get('dpop-nonce');
      if (nonce) nonces.set(new URL(url).origin, nonce);
      return Boolean(nonce);
    },
    async authorise(token, { method, url }) {
      let headers: Record<string, string> = {};
      // The library signs only on its way to sending: it is stopped there, and the FHIR client sends.
      await oauth.protectedResourceRequest(token, method, new URL(url), undefined, undefined, {
        DPoP: handle,
        // Only a receiver on this machine has no encryption (`config/checks.ts`).
        [oauth.allowInsecureRequests]: true,
        [oauth.customFetch]: async (_url, init) => {
          ({ headers } = init);
          return new Response();
        },
      });
      const { authorization = '', dpop = '' } = headers;
      return { authorization, dpop };
    },
  };
}
