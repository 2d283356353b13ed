import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bearer, createFhirClient, type FhirClientOptions } from '../../fhir/client.ts';
import { hasOpenssl, makeCertificates } from '../support/certificates.ts';
import { startFhirReceiver } from '../support/fhir-receiver.ts';
import { bundleText, envelope } from '../support/transport-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-client-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pem = (path: string) => readFileSync(path, 'utf8');

async function bench(over: Partial<FhirClientOptions> = {}) {
  const receiver = await startFhirReceiver();
  const client = createFhirClient({ baseUrl: receiver.url, timeoutMs: 20_000, ...over });
  return {
    receiver,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await receiver.stop();
    },
  };
}

test('the body leaves byte for byte: 6.0 stays 6.0', async () => {
  await using it = await bench();
  const text = `  ${bundleText('a')}\n`;
  const answer = await it.client.transaction(text);
  expect(answer).toMatchObject({ status: 200, garbled: false });
  const [asked] = it.receiver.asked;
  expect(asked?.body).toBe(text);
  expect(asked?.body).toContain('"valueDecimal":6.0}');
  expect(asked).toMatchObject({ method: 'POST', url: '/r4' });
  expect(asked?.headers['content-type']).toBe('application/fhir+json');
  expect(asked?.headers.authorization).toBeUndefined();
});

test.each([201, 204, 304, 400, 401, 404, 409, 412, 422, 429, 500, 503])(
  'status %i is an answer, not an exception',
  async (status) => {
    await using it = await bench();
    const outcome = { resourceType: 'OperationOutcome', issue: [] };
    it.receiver.answer((_, response) => {
      response.writeHead(status, { 'retry-after': '9' });
      response.end(status === 204 || status === 304 ? undefined : JSON.stringify(outcome));
    });
    const answer = await it.client.transaction(envelope().body);
    expect(answer).toMatchObject({ status, garbled: false });
    if ('failed' in answer) throw new Error(answer.code);
    expect(answer.headers.get('retry-after')).toBe('9');
    if (status !== 204 && status !== 304) expect(answer.body).toEqual(outcome);
  },
);

test.each([200, 400, 502])('a page instead of FHIR with %i is garbled', async (status) => {
  await using it = await bench();
  it.receiver.answer((_, response) => response.writeHead(status).end('<html>Kari</html>'));
  const answer = await it.client.transaction(envelope().body);
  expect(answer).toMatchObject({ status, garbled: true, body: undefined });
});

test.each(['null', '3', '"text"'])('JSON %s is no resource', async (text) => {
  await using it = await bench();
  it.receiver.answer((_, response) => response.end(text));
  expect(await it.client.transaction(envelope().body)).toMatchObject({ failed: 'unreadable' });
});

test('a redirect is not followed, and the token goes nowhere else', async () => {
  await using elsewhere = await startFhirReceiver();
  await using it = await bench({ token: bearer(() => 'secret-token') });
  for (const status of [301, 302, 303, 307, 308]) {
    it.receiver.answer((_, response) =>
      response.writeHead(status, { location: elsewhere.url }).end(),
    );
    expect(await it.client.transaction(envelope().body)).toMatchObject({ status });
  }
  expect(it.receiver.asked[0]?.headers.authorization).toBe('Bearer secret-token');
  expect(elsewhere.asked).toEqual([]);
});

test('the token is asked for anew each time', async () => {
  let count = 0;
  await using it = await bench({ token: bearer(() => `token-${++count}`) });
  await it.client.transaction(envelope().body);
  await it.client.get('metadata');
  const tokens = it.receiver.asked.map((asked) => asked.headers.authorization);
  expect(tokens).toEqual(['Bearer token-1', 'Bearer token-2']);
});

test('a token that cannot be had sends nothing', async () => {
  await using it = await bench({
    token: bearer(() => {
      throw Object.assign(new Error('no such file'), { code: 'secret-missing' });
    }),
  });
  expect(await it.client.transaction(envelope().body)).toEqual({
    failed: 'no-token',
    code: 'secret-missing',
  });
  expect(it.receiver.asked).toEqual([]);
});

test('get stays below the base URL', async () => {
  await using elsewhere = await startFhirReceiver();
  await using it = await bench({ token: bearer(() => 'secret-token') });
  it.receiver.answer((_, response) => response.end('{"resourceType":"Bundle"}'));
  const base = it.receiver.url;
  const own = ['Patient/1', '/Patient/1', '//example.org/x', `${base}/Patient/1`, `${base}?page=2`];
  for (const path of own) {
    expect(await it.client.get(path), path).toMatchObject({ status: 200 });
  }
  expect(it.receiver.asked.map((asked) => asked.url)).toEqual([
    '/r4/Patient/1',
    '/r4/Patient/1',
    '/r4/example.org/x',
    '/r4/Patient/1',
    '/r4?page=2',
  ]);
  for (const path of [elsewhere.url, '../admin', `${base}evil/x`, 'http://[bad']) {
    const answer = await it.client.get(path);
    expect(answer, path).toEqual({ failed: 'unreadable', code: 'foreign-link' });
  }
  expect(elsewhere.asked).toEqual([]);
});

test('silence and a body that trickles end with the time-out', async () => {
  await using it = await bench({ timeoutMs: 200 });
  it.receiver.answer(() => undefined);
  expect(await it.client.transaction(envelope().body)).toMatchObject({ failed: 'timeout' });
  it.receiver.answer((_, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(drip));
  });
  expect(await it.client.transaction(envelope().body)).toMatchObject({ failed: 'timeout' });
});

test('an abort is told apart from a time-out', async () => {
  await using it = await bench();
  it.receiver.answer(() => undefined);
  const abort = new AbortController();
  const answer = it.client.transaction(envelope().body, abort.signal);
  setTimeout(() => abort.abort(), 20);
  expect(await answer).toMatchObject({ failed: 'cancelled' });
});

test('an answer without end is cut off', async () => {
  await using it = await bench({ timeoutMs: 20_000 });
  it.receiver.answer((_, response) => {
    const chunk = Buffer.alloc(256 * 1024, 0x20);
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pour);
    pour();
  });
  expect(await it.client.transaction(envelope().body)).toEqual({
    failed: 'unreadable',
    code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  });
});

test('a connection cut in the middle, and nobody there', async () => {
  await using it = await bench();
  it.receiver.answer((_, response) => response.socket?.destroy());
  expect(await it.client.transaction(envelope().body)).toMatchObject({ failed: 'cut' });
  expect(it.receiver.asked).toHaveLength(1);
  await it.receiver.stop();
  expect(await it.client.transaction(envelope().body)).toEqual({
    failed: 'unreachable',
    code: 'ECONNREFUSED',
  });
});

test.skipIf(!hasOpenssl())('mutual TLS: the server knows the client', async () => {
  const certificates = makeCertificates(folder);
  await using receiver = await startFhirReceiver({
    cert: pem(certificates.serverCert),
    key: pem(certificates.serverKey),
    ca: pem(certificates.ca),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const ca = pem(certificates.ca);
  const known = { ca, cert: pem(certificates.clientCert), key: pem(certificates.clientKey) };
  const ask = async (tls?: ReturnType<NonNullable<FhirClientOptions['tls']>>) => {
    const client = createFhirClient({
      baseUrl: receiver.url,
      timeoutMs: 2_000,
      ...(tls ? { tls: () => tls } : {}),
    });
    const answer = await client.transaction(envelope().body);
    await client.close();
    return answer;
  };
  expect(await ask(known)).toMatchObject({ status: 200 });
  expect(await ask()).toMatchObject({ failed: 'untrusted' });
  expect(await ask({ ca })).toHaveProperty('failed');
  expect(receiver.asked).toHaveLength(1);
});
