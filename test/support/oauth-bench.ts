import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpsTransport } from '../../agent/home/transport/https.ts';
import { createTokens, type TokenDeps } from '../../agent/home/transport/oauth.ts';
import { makeOauthKey } from '../../agent/home/transport/oauth-key.ts';
import type { OauthConfig } from '../../config/schema.ts';
import { createFhirClient } from '../../fhir/client.ts';
import { makeAuthority } from './certificates.ts';
import { startFhirReceiver } from './fhir-receiver.ts';
import {
  CLIENT_ID,
  createGuard,
  SCOPE,
  startTokenServer,
  type TokenServerOptions,
} from './token-server.ts';
import { envelope, RECIPIENT } from './transport-contract.ts';

const pem = (path: string) => readFileSync(path, 'utf8');

const PATTERNS = {
  smart: { alg: 'ES384', dpop: false },
  helseid: { alg: 'ES256', dpop: true },
} as const;

interface Over {
  readonly server?: Partial<TokenServerOptions>;
  readonly config?: Partial<OauthConfig>;
  readonly deps?: Partial<TokenDeps>;
}

/** Certificates and keys in a throw-away folder, and gateways that use them, for one test file. */
export function createOauthBench() {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-oauth-'));
  const closing: (() => unknown)[] = [];
  const authority = makeAuthority(folder);
  const pair = authority.server('server');
  const tls = { cert: pem(pair.cert), key: pem(pair.key) };
  const caFile = authority.ca;
  let files = 0;

  /** A key of the gateway in a file of its own. */
  function makeKey(alg: Parameters<typeof makeOauthKey>[0]) {
    files += 1;
    const file = join(folder, `${files}.jwk`);
    const { secret, open } = makeOauthKey(alg);
    writeFileSync(file, JSON.stringify(secret), { mode: 0o600 });
    return { file, open };
  }

  /** A gateway's transport, a token server and a receiver that takes its tokens only. */
  async function setUp(pattern: keyof typeof PATTERNS, over: Over = {}) {
    const { alg, dpop } = PATTERNS[pattern];
    const key = makeKey(alg);
    const receiver = await startFhirReceiver(tls);
    const audience = receiver.url;
    const server = await startTokenServer(tls, {
      keys: [key.open],
      dpop,
      audience,
      ...over.server,
    });
    const guard = createGuard(server, { url: receiver.url, audience, dpop });
    receiver.answer(guard.answer);
    const logged: object[] = [];
    const log = {
      debug() {},
      info: (line: object) => logged.push(line),
      warn: (line: object) => logged.push(line),
      error() {},
    };
    const tokens = createTokens({
      config: {
        type: 'oauth',
        clientId: CLIENT_ID,
        keyFile: key.file,
        scope: SCOPE,
        dpop,
        caFile,
        ...(pattern === 'smart' ? { tokenUrl: server.tokenUrl } : { issuer: server.issuer }),
        ...over.config,
      },
      recipient: RECIPIENT,
      clock: { now: () => Date.now(), trusted: () => true },
      monotonic: () => performance.now(),
      random: Math.random,
      deliverTimeoutMs: 40_000,
      retryMinMs: 100,
      retryMaxMs: 400,
      log,
      ...over.deps,
    });
    const transport = createHttpsTransport({
      client: createFhirClient({
        baseUrl: receiver.url,
        token: tokens.token,
        tls: () => ({ ca: pem(caFile) }),
        timeoutMs: 40_000,
      }),
      recipient: RECIPIENT,
      now: () => Date.now(),
    });
    closing.push(server.stop, receiver.stop, transport.close, tokens.close);
    const deliver = () => transport.deliver(envelope(), new AbortController().signal);
    return { server, receiver, guard, tokens, deliver, transport, key, logged };
  }

  return {
    folder,
    caFile,
    tls,
    makeKey,
    setUp,
    closing,
    async closeAll(): Promise<void> {
      for (const close of closing.splice(0).reverse()) await close();
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
