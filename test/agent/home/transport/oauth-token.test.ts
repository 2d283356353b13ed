import * as oauth from 'oauth4webapi';
import { expect, test } from 'vitest';
import { CodedError } from '../../../../agent/errors.ts';
import { en } from '../../../../agent/home/portal/words/box.en.ts';
import { classifyToken } from '../../../../agent/home/transport/classify-token.ts';
import { createServerClock } from '../../../../agent/home/transport/oauth-clock.ts';
import { createProofs } from '../../../../agent/home/transport/oauth-proof.ts';

const NOW = Date.parse('2026-11-20T07:31:12Z');

const answer = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers: new Headers(headers),
});

const said = (error: string, status = 400) =>
  new oauth.ResponseBodyError('refused', {
    cause: { error },
    response: new Response('', { status }),
  });

test.each([
  [said('invalid_client', 401), answer(401), 'token-refused-client', false],
  [said('unauthorized_client'), answer(400), 'token-refused-client', false],
  [said('invalid_scope'), answer(400), 'token-refused-scope', false],
  [said('invalid_target'), answer(400), 'token-refused-scope', false],
  [said('invalid_request'), answer(400), 'token-refused', false],
  [said('constructor'), answer(400), 'token-refused', false],
  [new oauth.OperationProcessingError('not conform'), answer(500), 'token-server-unwell', true],
  [said('slow_down', 429), answer(429), 'token-server-unwell', true],
  [new oauth.OperationProcessingError('not JSON'), answer(200), 'token-server-garbled', true],
  [new oauth.OperationProcessingError('not conform'), answer(302), 'token-server-garbled', true],
  [new DOMException('', 'TimeoutError'), undefined, 'token-server-silent', true],
  [network('ECONNREFUSED'), undefined, 'token-server-unreachable', true],
  [network('ECONNRESET'), undefined, 'token-server-unreachable', true],
  [network('CERT_HAS_EXPIRED'), undefined, 'token-server-untrusted', true],
  [network('ERR_SSL_WRONG_VERSION_NUMBER'), undefined, 'token-server-untrusted', true],
  [new CodedError('token-key-unusable', '', ''), undefined, 'token-key-unusable', false],
  [new CodedError('secret-missing', '', ''), undefined, 'token-files-unreadable', false],
] as const)('%s, %o: %s', (error, last, code, isDown) => {
  expect(classifyToken(error, last, NOW)).toEqual({ code, isDown });
  expect(en.advice).toHaveProperty([code]);
});

test.each(['token-clock', 'token-not-bound', 'token-not-accepted'])(
  '%s has words of its own',
  (code) => {
    expect(en.advice).toHaveProperty([code]);
  },
);

function network(code: string): Error {
  return Object.assign(new TypeError('fetch failed'), { cause: { code } });
}

test('a wait that the token server asks for is taken over', () => {
  const error = new oauth.OperationProcessingError('not conform');
  expect(classifyToken(error, answer(503, { 'retry-after': '7' }), NOW)).toEqual({
    code: 'token-server-unwell',
    isDown: true,
    retryAfterMs: 7_000,
  });
});

test("the server's clock: learnt from its date, kept when there is none", () => {
  let now = NOW;
  const clock = createServerClock(() => now);
  expect([clock.now(), clock.offsetMs()]).toEqual([NOW, 0]);
  clock.learn(new Headers({ date: 'Fri, 20 Nov 2026 08:31:12 GMT' }));
  expect(clock.offsetMs()).toBe(3_600_000);
  now += 1_000;
  for (const date of ['', 'yesterday']) clock.learn(new Headers({ date }));
  expect(clock.now()).toBe(NOW + 3_601_000);
  clock.learn(new Headers({ date: 'Fri, 20 Nov 2026 07:31:13 GMT' }));
  expect(clock.offsetMs()).toBe(0);
});

const claimsOf = (proof = '') =>
  JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString());

test('a proof is for one request: its address without the query, the token, the nonce of that origin', async () => {
  const proofs = await createProofs(() => NOW);
  const url = 'https://fhir.example.org/r4';
  const first = await proofs.authorise('invented', { method: 'POST', url });
  expect(first.authorization).toBe('DPoP invented');
  const claims = claimsOf(first.dpop);
  expect(claims).toEqual({
    iat: NOW / 1000,
    jti: expect.any(String),
    htm: 'POST',
    htu: url,
    ath: Buffer.from(
      await crypto.subtle.digest('SHA-256', new TextEncoder().encode('invented')),
    ).toString('base64url'),
  });
  expect(proofs.learn('https://sts.example.org/token', new Headers({ 'dpop-nonce': 'b' }))).toBe(
    true,
  );
  expect(proofs.learn(url, new Headers({ 'dpop-nonce': 'a' }))).toBe(true);
  expect(proofs.learn(url, new Headers())).toBe(false);
  const second = await proofs.authorise('invented', { method: 'GET', url: `${url}/Patient?x=1` });
  expect(claimsOf(second.dpop)).toMatchObject({ htm: 'GET', htu: `${url}/Patient`, nonce: 'a' });
  expect(claimsOf(second.dpop).jti).not.toBe(claims.jti);
  // Never the private half of the key.
  const header = JSON.parse(Buffer.from(second.dpop?.split('.')[0] ?? '', 'base64url').toString());
  expect(header).toMatchObject({ typ: 'dpop+jwt', alg: 'ES256' });
  expect(Object.keys(header.jwk).sort()).toEqual(['crv', 'kty', 'x', 'y']);
});
