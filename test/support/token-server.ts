import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import * as oauth from 'oauth4webapi';
import { Provider } from 'oidc-provider';
import { type Asked, answerTransaction } from './fhir-receiver.ts';

export const CLIENT_ID = 'invented-gateway';
export const SCOPE = 'system/*.c';
/** Known to the server, and not granted to the gateway. */
export const OTHER_SCOPE = 'system/*.rs';

export interface TokenServerOptions {
  /** Public keys that the gateway has registered. */
  readonly keys: readonly object[];
  /** Tokens only with DPoP, and only with a nonce of the server's. */
  readonly dpop?: boolean;
  /** What tokens are for. */
  readonly audience?: string;
  readonly lifetimeS?: number;
  /** Seen for each assertion that is otherwise right; throws to refuse it. */
  readonly onAssertion?: (claims: Record<string, unknown>, header: Record<string, unknown>) => void;
}

export interface TokenServer extends AsyncDisposable {
  readonly issuer: string;
  readonly tokenUrl: string;
  /** Requests for a token so far, those that were refused among them. */
  asked(): number;
  /** Comes before the provider from now on; true when it has answered. */
  before(how: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined): void;
  /** Another program at the same address: with other keys of its own, or another registration. */
  become(options: TokenServerOptions): void;
  /** Whether a receiver should take this request (RFC 9068, RFC 9449 4.3): throws when not. */
  validate(asked: Asked, url: string, audience: string): Promise<{ jti: string }>;
  stop(): Promise<void>;
}

const jwk = (key: KeyObject) => ({
  ...key.export({ format: 'jwk' }),
  alg: 'ES256',
  use: 'sig',
  kid: 'of-the-server',
});

function configure({ keys, dpop, audience, lifetimeS = 60, onAssertion }: TokenServerOptions) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const resource = audience ?? 'https://receiver.example.org';
  const configuration = {
    clients: [
      {
        client_id: CLIENT_ID,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys },
        scope: SCOPE,
        id_token_signed_response_alg: 'ES256',
        dpop_bound_access_tokens: dpop ?? false,
      },
    ],
    scopes: [SCOPE, OTHER_SCOPE],
    ttl: { ClientCredentials: () => lifetimeS },
    jwks: { keys: [jwk(privateKey)] },
    enabledJWA: { clientAuthSigningAlgValues: ['ES256', 'ES384', 'PS256', 'RS256', 'RS384'] },
    assertJwtClientAuthClaimsAndHeader: (
      _: unknown,
      claims: Record<string, unknown>,
      header: Record<string, unknown>,
    ) => onAssertion?.(claims, header),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => dpop ?? false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        getResourceServerInfo: () => ({
          scope: SCOPE,
          audience: resource,
          accessTokenTTL: lifetimeS,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  };
  return { configuration, publicKey: jwk(publicKey) };
}

/** A real authorization server on a free loopback port, over HTTPS. */
export async function startTokenServer(
  tls: ServerOptions,
  options: TokenServerOptions,
): Promise<TokenServer> {
  const server = createServer(tls);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `https://127.0.0.1:${(server.address() as { port: number }).port}`;
  let callback: RequestListener;
  let publicKey: object;
  let before: Parameters<TokenServer['before']>[0];
  let asked = 0;
  const become = (as: TokenServerOptions) => {
    const made = configure(as);
    publicKey = made.publicKey;
    callback = new Provider(issuer, made.configuration).callback();
  };
  become(options);
  server.on('request', (request, response) => {
    if (request.url === '/token') asked += 1;
    if (!before?.(request, response)) callback(request, response);
  });
  const stop = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return {
    issuer,
    tokenUrl: `${issuer}/token`,
    asked: () => asked,
    before: (how) => {
      before = how;
    },
    become,
    async validate({ method, headers }, url, audience) {
      const given = new Headers(headers as Record<string, string>);
      const claims = await oauth.validateJwtAccessToken(
        { issuer, jwks_uri: `${issuer}/jwks` },
        new Request(url, { method, headers: given }),
        audience,
        { [oauth.customFetch]: async () => Response.json({ keys: [publicKey] }) },
      );
      return { jti: claims.jti };
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

export interface Guard {
  /** Answers as a FHIR receiver that lets in only who may. For `FhirReceiver.answer`. */
  answer(asked: Asked, response: ServerResponse): void;
  /** Why requests were turned away, in order. */
  readonly refused: string[];
  /** Every token that was good is refused from now on. */
  revoke(): void;
}

/** Proofs after which another nonce is given. */
const NONCE_PROOFS = 5;
/** So many of the last nonces are taken: of many requests at once the last may come long after the first. */
const NONCES_TAKEN = 10;

/** Tokens and proofs are checked; each proof is taken once, and only with a nonce of this server. */
export function createGuard(
  server: TokenServer,
  { url, audience, dpop }: { url: string; audience: string; dpop?: boolean },
): Guard {
  const refused: string[] = [];
  const proofs = new Set<string>();
  const revoked = new Set<string>();
  const good = new Set<string>();
  const nonces = [randomBytes(8).toString('hex')];

  async function check(asked: Asked): Promise<string | undefined> {
    const { authorization = '', dpop: proof } = asked.headers;
    if (dpop) {
      if (!/^DPoP /.test(authorization) || typeof proof !== 'string') return 'no-proof';
      const claims = JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString());
      if (!nonces.slice(-NONCES_TAKEN).includes(claims.nonce)) return 'use_dpop_nonce';
      if (proofs.has(claims.jti)) return 'proof-again';
      proofs.add(claims.jti);
    }
    if (revoked.has(authorization)) return 'revoked';
    try {
      await server.validate(asked, url, audience);
    } catch (error) {
      return (error as { code?: string }).code ?? 'invalid_token';
    }
    good.add(authorization);
    return undefined;
  }

  return {
    refused,
    answer(asked, response) {
      void check(asked).then((why) => {
        if (proofs.size / NONCE_PROOFS > nonces.length) nonces.push(randomBytes(8).toString('hex'));
        if (dpop) response.setHeader('dpop-nonce', nonces.at(-1) ?? '');
        if (why === undefined) {
          answerTransaction(asked, response);
          return;
        }
        refused.push(why);
        const error = why === 'use_dpop_nonce' ? why : 'invalid_token';
        const scheme = dpop ? 'DPoP' : 'Bearer';
        response.writeHead(401, { 'www-authenticate': `${scheme} error="${error}"` }).end();
      });
    },
    revoke() {
      for (const token of good) revoked.add(token);
    },
  };
}
