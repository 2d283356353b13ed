import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHttpsTransport } from '../../../agent/home/transport/https.ts';
import { createTokens, type TokenDeps } from '../../../agent/home/transport/oauth.ts';
import { makeOauthKey } from '../../../agent/home/transport/oauth-key.ts';
import type { OauthConfig } from '../../../config/schema.ts';
import { createFhirClient } from '../../../fhir/client.ts';
import { hasOpenssl, makeAuthority } from '../../support/certificates.ts';
import { startFhirReceiver } from '../../support/fhir-receiver.ts';
import {
  CLIENT_ID,
  createGuard,
  OTHER_SCOPE,
  SCOPE,
  startTokenServer,
  type TokenServerOptions,
} from '../../support/token-server.ts';
import { envelope, RECIPIENT } from '../../support/transport-contract.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-oauth-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  vi.restoreAllMocks();
});
// The provider says at each start what of it is not for production.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined));

const pem = (path: string) => readFileSync(path, 'utf8');
const authority = hasOpenssl() ? makeAuthority(folder) : undefined;
const pair = authority?.server('server');
const tls = () => ({ cert: pem(pair?.cert ?? ''), key: pem(pair?.key ?? '') });
const caFile = authority?.ca ?? '';
const real = test.skipIf(!authority);

let files = 0;
/** A key of the gateway in a file of its own. */
function makeKey(alg: Parameters<typeof makeOauthKey>[0]) {
  files += 1;
  const file = join(folder, `${files}.jwk`);
  const { secret, open } = makeOauthKey(alg);
  writeFileSync(file, JSON.stringify(secret), { mode: 0o600 });
  return { file, open };
}

const PATTERNS = {
  smart: { alg: 'ES384', dpop: false },
  helseid: { alg: 'ES256', dpop: true },
} as const;

/** A gateway's transport, a token server and a receiver that takes its tokens only. */
async function setUp(
  pattern: keyof typeof PATTERNS,
  over: {
    readonly server?: Partial<TokenServerOptions>;
    readonly config?: Partial<OauthConfig>;
    readonly deps?: Partial<TokenDeps>;
  } = {},
) {
  const { alg, dpop } = PATTERNS[pattern];
  const key = makeKey(alg);
  const receiver = await startFhirReceiver(tls());
  const audience = receiver.url;
  const server = await startTokenServer(tls(), {
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
    deliverTimeoutMs: 4_000,
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
      timeoutMs: 4_000,
    }),
    recipient: RECIPIENT,
    now: () => Date.now(),
  });
  closing.push(server.stop, receiver.stop, transport.close, tokens.close);
  const deliver = () => transport.deliver(envelope(), new AbortController().signal);
  return { server, receiver, guard, tokens, deliver, transport, key, logged };
}

const DELIVERED = { outcome: 'delivered' };
const UNAUTHORISED = { outcome: 'deferred', because: 'unauthorised' };
const OFFLINE = { outcome: 'deferred', because: 'offline' };

real('SMART Backend Services: one token for many deliveries, fetched once', async () => {
  const assertions: unknown[] = [];
  const it = await setUp('smart', {
    server: { onAssertion: (...seen) => void assertions.push(...seen) },
  });
  const outcomes = await Promise.all(Array.from({ length: 20 }, it.deliver));
  for (const outcome of outcomes) expect(outcome).toMatchObject(DELIVERED);
  expect(it.server.asked()).toBe(1);
  expect(it.guard.refused).toEqual([]);
  const [claims, header] = assertions as [Record<string, number>, object];
  expect(claims).toMatchObject({ aud: it.server.tokenUrl, iss: CLIENT_ID, sub: CLIENT_ID });
  // SMART App Launch 2.2: at most five minutes.
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeLessThanOrEqual(300);
  expect(header).toMatchObject({ alg: 'ES384', typ: 'JWT', kid: expect.any(String) });
  expect(it.tokens.state()).toBeUndefined();
});

real(
  "HelseID's pattern: discovery, DPoP with nonces on both sides, a proof for each request",
  async () => {
    const assertions: unknown[] = [];
    const it = await setUp('helseid', {
      server: { onAssertion: (...seen) => void assertions.push(...seen) },
    });
    for (let n = 0; n < 12; n += 1) expect(await it.deliver()).toMatchObject(DELIVERED);
    // Once without the nonce, then with it.
    expect(it.server.asked()).toBe(2);
    // Later nonces came with answers, so none but the first had to be asked for.
    expect(it.guard.refused).toEqual(['use_dpop_nonce']);
    expect(it.receiver.asked).toHaveLength(13);
    const [claims, header] = assertions;
    expect(claims).toMatchObject({ aud: it.server.issuer });
    expect(header).toMatchObject({ alg: 'ES256', typ: 'client-authentication+jwt' });
  },
);

real('nonces of many deliveries at once', async () => {
  const it = await setUp('helseid');
  const outcomes = await Promise.all(Array.from({ length: 20 }, it.deliver));
  for (const outcome of outcomes) expect(outcome).toMatchObject(DELIVERED);
  expect(it.server.asked()).toBe(2);
});

real('a token is renewed before it ends, while deliveries go on', async () => {
  const it = await setUp('helseid', { server: { lifetimeS: 1 } });
  const end = performance.now() + 1_500;
  const tokens = new Set<string>();
  while (performance.now() < end) expect(await it.deliver()).toMatchObject(DELIVERED);
  for (const { headers } of it.receiver.asked) tokens.add(headers.authorization ?? '');
  expect(tokens.size).toBeGreaterThanOrEqual(2);
  // No token was ever used after its end.
  expect(it.guard.refused).toEqual(['use_dpop_nonce']);
});

real('while a new token is fetched, or cannot be, the old one serves until its end', async () => {
  let at = 0;
  const deps = { monotonic: () => at, random: () => 0.5 };
  const it = await setUp('smart', { server: { lifetimeS: 100 }, deps });
  const used = () => it.receiver.asked.at(-1)?.headers.authorization;
  expect(await it.deliver()).toMatchObject(DELIVERED);
  const first = used();
  // Nobody waits for a token server that hangs.
  let letGo: (() => void) | undefined;
  it.server.before((_request, response) => {
    letGo = () => void response.writeHead(503).end();
    return true;
  });
  at = 75_000;
  expect(await it.deliver()).toMatchObject(DELIVERED);
  await until(() => letGo !== undefined, 'it is asked');
  expect(used()).toBe(first);
  letGo?.();
  await until(() => it.tokens.state() === 'token-server-unwell', 'it is said');
  it.server.before(undefined);
  for (let n = 0; n < 10; n += 1) expect(await it.deliver()).toMatchObject(DELIVERED);
  expect([it.server.asked(), used()]).toEqual([2, first]);
  // After the rest it is asked again, once for all.
  at = 76_000;
  await Promise.all([it.deliver(), it.deliver()]);
  await until(() => it.tokens.state() === undefined, 'it is there');
  expect(await it.deliver()).toMatchObject(DELIVERED);
  expect(it.server.asked()).toBe(3);
  expect(used()).not.toBe(first);
});

real(
  'a key that is not registered: said, nothing sent, not a request per reading; mended by the file',
  async () => {
    const it = await setUp('smart');
    const other = makeKey('ES384');
    it.server.become({ keys: [other.open], audience: it.receiver.url });
    for (let n = 0; n < 30; n += 1) expect(await it.deliver()).toEqual(UNAUTHORISED);
    expect(it.tokens.state()).toBe('token-refused-client');
    expect(it.server.asked()).toBeLessThan(5);
    expect(it.receiver.asked).toEqual([]);
    expect(it.logged).toEqual([
      { event: 'no-token', recipient: RECIPIENT, code: 'token-refused-client' },
    ]);
    writeFileSync(it.key.file, pem(other.file));
    await until(async () => (await it.deliver()).outcome === 'delivered', 'the new key is taken');
    expect(it.tokens.state()).toBeUndefined();
  },
);

real.each([
  [
    'a scope that is not granted',
    { scope: `${SCOPE} ${OTHER_SCOPE}` },
    'token-refused-scope',
    UNAUTHORISED,
  ],
  ['a key that is no key', { keyFile: caFile }, 'token-files-unreadable', UNAUTHORISED],
  ['no key', { keyFile: '/nowhere/key' }, 'token-files-unreadable', UNAUTHORISED],
  [
    'an algorithm that the key is not for',
    { algorithm: 'RS384' },
    'token-key-unusable',
    UNAUTHORISED,
  ],
  ['a server that binds no token, where DPoP is asked for', { dpop: true }, undefined, undefined],
  ['nobody there', { tokenUrl: 'https://127.0.0.1:9/token' }, 'token-server-unreachable', OFFLINE],
  ['an authority that is not trusted', { caFile: undefined }, 'token-server-untrusted', OFFLINE],
] as const)('%s', async (_name, config, code, outcome) => {
  const it = await setUp('smart', { config: config as Partial<OauthConfig> });
  const answer = await it.deliver();
  if (outcome) expect(answer).toEqual(outcome);
  expect(it.tokens.state()).toBe(code);
  if (code) expect(it.receiver.asked).toEqual([]);
});

const page = '<html>a proxy</html>';
real.each([
  ['5xx with a wait', 503, page, 'token-server-unwell'],
  ['too many requests', 429, '{"error":"slow_down"}', 'token-server-unwell'],
  ['a page', 200, page, 'token-server-garbled'],
  ['a page that refuses', 403, page, 'token-server-garbled'],
  ['a token without a type', 200, '{"access_token":"x"}', 'token-server-garbled'],
  ['a redirect', 302, '', 'token-server-garbled'],
] as const)(
  'a token server that answers with %s: offline, and nothing is sent',
  async (_name, status, body, code) => {
    const it = await setUp('smart', { deps: { retryMinMs: 20 } });
    it.server.before((_request, response) => {
      const headers = {
        'retry-after': '3600',
        location: it.receiver.url,
        'content-type': body.startsWith('{') ? 'application/json' : 'text/html',
      };
      response.writeHead(status, headers).end(body);
      return true;
    });
    expect(await it.deliver()).toEqual(OFFLINE);
    expect(it.tokens.state()).toBe(code);
    expect(it.receiver.asked).toEqual([]);
    // The wait that was asked for is kept.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const before = it.server.asked();
    await it.deliver();
    if (status === 503 || status === 429) expect(it.server.asked()).toBe(before);
    else expect(it.server.asked()).toBe(before + 1);
  },
);

real('a token that is not bound to the key is not used, where DPoP is asked for', async () => {
  const it = await setUp('helseid');
  it.server.before((request, response) => {
    if (request.url !== '/token') return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"access_token":"stolen","token_type":"Bearer","expires_in":60}');
    return true;
  });
  expect(await it.deliver()).toEqual(UNAUTHORISED);
  expect(it.tokens.state()).toBe('token-not-bound');
  expect(it.receiver.asked).toEqual([]);
});

real('silence: the delivery ends in time, and closing does not wait', async () => {
  const it = await setUp('smart', { deps: { deliverTimeoutMs: 400 } });
  it.server.before(() => true);
  expect(await it.deliver()).toEqual(OFFLINE);
  expect(it.tokens.state()).toBe('token-server-silent');
});

real.each(['smart', 'helseid'] as const)(
  '%s: a clock that is an hour off is put right by the server',
  async (pattern) => {
    for (const off of [-3_600_000, 3_600_000]) {
      const clock = { now: () => Date.now() + off, trusted: () => false };
      const it = await setUp(pattern, { deps: { clock } });
      expect(await it.deliver()).toMatchObject(DELIVERED);
      expect(it.logged).toEqual([
        { event: 'token-server-other-clock', recipient: RECIPIENT, ms: expect.any(Number) },
      ]);
    }
  },
);

real('a wrong clock and a server that does not tell the time: the clock is named', async () => {
  const clock = { now: () => Date.now() - 3_600_000, trusted: () => false };
  const it = await setUp('smart', { deps: { clock } });
  it.server.before((_request, response) => {
    response.sendDate = false;
    return false;
  });
  expect(await it.deliver()).toEqual(UNAUTHORISED);
  expect(it.tokens.state()).toBe('token-clock');
});

real(
  'a token that is revoked is replaced at once, and many deliveries share the new one',
  async () => {
    const it = await setUp('helseid');
    expect(await it.deliver()).toMatchObject(DELIVERED);
    const before = it.server.asked();
    it.guard.revoke();
    const outcomes = await Promise.all(Array.from({ length: 10 }, it.deliver));
    for (const outcome of outcomes) expect(outcome).toMatchObject(DELIVERED);
    expect(it.server.asked()).toBe(before + 1);
  },
);

real('a receiver that takes no token: one new one, then a rest, and it is said', async () => {
  const it = await setUp('smart', { server: { audience: 'https://another.example.org' } });
  for (let n = 0; n < 20; n += 1) expect(await it.deliver()).toEqual(UNAUTHORISED);
  expect(it.tokens.state()).toBe('token-not-accepted');
  expect(it.server.asked()).toBeLessThan(5);
  it.server.become({ keys: [it.key.open], audience: it.receiver.url });
  await until(async () => (await it.deliver()).outcome === 'delivered', 'mended');
  expect(it.tokens.state()).toBeUndefined();
});

real(
  'the provider restarted with other keys of its own: the next delivery gets through',
  async () => {
    const it = await setUp('helseid');
    expect(await it.deliver()).toMatchObject(DELIVERED);
    it.server.become({ keys: [it.key.open], dpop: true, audience: it.receiver.url });
    expect(await it.deliver()).toMatchObject(DELIVERED);
  },
);

real('consent that ends while a token is waited for: nothing leaves', async () => {
  const it = await setUp('smart');
  let may = true;
  it.server.before(() => {
    may = false;
    return false;
  });
  const answer = await it.transport.deliver(envelope(), new AbortController().signal, () => may);
  expect(answer).toEqual({ outcome: 'deferred', because: 'cancelled' });
  expect(it.receiver.asked).toEqual([]);
});

real('the delivery that is called back leaves the token to the others', async () => {
  const it = await setUp('smart');
  const abort = new AbortController();
  it.server.before(() => {
    abort.abort();
    return false;
  });
  const other = it.deliver();
  const first = it.transport.deliver(envelope(), abort.signal);
  expect(await first).toEqual({ outcome: 'deferred', because: 'cancelled' });
  expect(await other).toMatchObject(DELIVERED);
  expect(it.receiver.asked).toHaveLength(1);
});

real('a redirect of the receiver is not followed with a token', async () => {
  const elsewhere = await startFhirReceiver(tls());
  closing.push(elsewhere.stop);
  const it = await setUp('helseid');
  it.receiver.answer((_asked, response) =>
    response.writeHead(307, { location: elsewhere.url }).end(),
  );
  expect(await it.deliver()).toMatchObject({ outcome: 'deferred', because: 'unavailable' });
  expect(elsewhere.asked).toEqual([]);
});

real.each([
  ['smart', 'RS384'],
  ['helseid', 'PS256'],
] as const)('%s: an RSA key as PEM, its id in the configuration', async (pattern, alg) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = join(folder, 'key.pem');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const open = { ...publicKey.export({ format: 'jwk' }), kid: 'from-the-register' };
  const headers: object[] = [];
  const it = await setUp(pattern, {
    config: { keyFile: file, keyId: 'from-the-register' },
    server: { keys: [open], onAssertion: (_claims, header) => void headers.push(header) },
  });
  expect(await it.deliver()).toMatchObject(DELIVERED);
  expect(headers[0]).toMatchObject({ alg, kid: 'from-the-register' });
});
