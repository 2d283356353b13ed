import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { OauthConfig } from '../../../config/schema.ts';
import { hasOpenssl } from '../../support/certificates.ts';
import { startFhirReceiver } from '../../support/fhir-receiver.ts';
import { startHttpProxy } from '../../support/http-proxy.ts';
import { createOauthBench } from '../../support/oauth-bench.ts';
import { CLIENT_ID, OTHER_SCOPE, SCOPE } from '../../support/token-server.ts';
import { envelope, RECIPIENT } from '../../support/transport-contract.ts';
import { until } from '../../support/until.ts';

const real = test.skipIf(!hasOpenssl());
// Without openssl nothing of it is used.
const bench = hasOpenssl() ? createOauthBench() : ({} as ReturnType<typeof createOauthBench>);
const { setUp, makeKey, closing, folder, caFile, tls } = bench;
// The provider says at each start what of it is not for production.
beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined));
afterEach(() => bench.closeAll?.());
afterAll(() => {
  bench.remove?.();
  vi.restoreAllMocks();
});

const DELIVERED = { outcome: 'delivered' };
const UNAUTHORISED = { outcome: 'deferred', because: 'unauthorised' };
const OFFLINE = { outcome: 'deferred', because: 'offline' };
/** Longer than the first rest after a failure. */
const REST_MS = 200;

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
  const tokens = () => new Set(it.receiver.asked.map(({ headers }) => headers.authorization));
  await until(async () => {
    expect(await it.deliver()).toMatchObject(DELIVERED);
    return tokens().size >= 3;
  }, 'a second and a third token');
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
    let at = 0;
    const it = await setUp('smart', { deps: { monotonic: () => at } });
    const other = makeKey('ES384');
    it.server.become({ keys: [other.open], audience: it.receiver.url });
    // Within one rest, however long this takes.
    for (let n = 0; n < 30; n += 1) expect(await it.deliver()).toEqual(UNAUTHORISED);
    expect(it.tokens.state()).toBe('token-refused-client');
    expect(it.server.asked()).toBe(1);
    expect(it.receiver.asked).toEqual([]);
    expect(it.logged).toEqual([
      { event: 'no-token', recipient: RECIPIENT, code: 'token-refused-client' },
    ]);
    copyFileSync(other.file, it.key.file);
    at += REST_MS;
    expect(await it.deliver()).toMatchObject(DELIVERED);
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
    let at = 0;
    const it = await setUp('smart', { deps: { monotonic: () => at } });
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
    at += REST_MS;
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
  let at = 0;
  const it = await setUp('smart', {
    server: { audience: 'https://another.example.org' },
    deps: { monotonic: () => at },
  });
  for (let n = 0; n < 20; n += 1) expect(await it.deliver()).toEqual(UNAUTHORISED);
  expect(it.tokens.state()).toBe('token-not-accepted');
  expect(it.server.asked()).toBe(2);
  it.server.become({ keys: [it.key.open], audience: it.receiver.url });
  at += REST_MS;
  expect(await it.deliver()).toMatchObject(DELIVERED);
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
  const elsewhere = await startFhirReceiver(tls);
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

real('through the configured proxy, which sees neither key nor token', async () => {
  const proxy = await startHttpProxy();
  closing.push(() => proxy[Symbol.asyncDispose]());
  const it = await setUp('helseid', { deps: { proxy: proxy.url } });
  const asked: unknown[] = [];
  it.server.before((request) => {
    asked.push(request.headers['accept-encoding']);
    return false;
  });
  expect(await it.deliver()).toMatchObject(DELIVERED);
  expect(new Set(proxy.asked)).toEqual(new Set([new URL(it.server.issuer).host]));
  expect(proxy.seen()).not.toContain('client_assertion');
  // What is packed cannot be bounded: it is not asked for.
  expect(new Set(asked)).toEqual(new Set(['identity']));
});

real('a proxy that refuses: offline, and nothing goes past it', async () => {
  const proxy = await startHttpProxy();
  closing.push(() => proxy[Symbol.asyncDispose]());
  proxy.refuse(407);
  const it = await setUp('smart', { deps: { proxy: proxy.url } });
  expect(await it.deliver()).toEqual(OFFLINE);
  expect(it.tokens.state()).toBe('token-server-unreachable');
  expect(it.server.asked()).toBe(0);
});
