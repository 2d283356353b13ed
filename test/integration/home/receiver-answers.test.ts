import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { hasOpenssl, makeCertificates } from '../../support/certificates.ts';
import { answerTransaction, startFhirReceiver } from '../../support/fhir-receiver.ts';
import { hasMosquitto, startMosquitto } from '../../support/mosquitto.ts';
import { until } from '../../support/until.ts';
import {
  clockFrame,
  createCleanup,
  cuffFrame,
  furnish,
  startHomeBench,
  startReceiver,
} from './bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());
const shared = createCleanup();
afterAll(() => shared.run());

/** One set for all cases: nobody changes them. */
const files = hasOpenssl() ? makeCertificates(shared.folder()) : undefined;

/** A home with one recipient over HTTPS, whose answers the test gives. */
async function setUp(limits: object = {}) {
  if (!files) throw new Error('no certificates');
  const folder = cleanup.folder();
  const receiver = await startFhirReceiver({
    cert: readFileSync(files.serverCert),
    key: readFileSync(files.serverKey),
  });
  cleanup.add(receiver.stop);
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'invented-token\n', { mode: 0o600 });
  const transport = { type: 'https', url: receiver.url, caFile: files.ca, tokenFile };
  const bench = await startHomeBench(cleanup, {
    recipients: [{ id: 'ward', name: 'Test ward', transport }],
    limits,
  });
  await furnish(bench.home, ['ward']);
  const measure = async () => {
    const at = bench.now();
    await bench.hand([clockFrame(at), cuffFrame({ systolic: 143, at })]);
  };
  const outcome = () => bench.home.views.outcomes()[0];
  return { bench, receiver, measure, outcome };
}

const page = '<html>502 from a proxy</html>';

test.skipIf(!files)('over HTTPS with a token, to a receiver that accepts', async () => {
  const { receiver, measure, outcome } = await setUp();
  await measure();
  await until(() => outcome()?.lastReceivedAt !== undefined, 'it is received');
  expect(receiver.asked).toHaveLength(1);
  expect(receiver.asked[0]?.headers.authorization).toBe('Bearer invented-token');
});

test.skipIf(!files).each([
  ['garbage', 200, page],
  ['garbage', 400, page],
  ['garbage', 200, '{"resourceType":"Bundle","type":"searchset"}'],
  ['unavailable', 503, ''],
  ['unavailable', 404, page],
  ['unauthorised', 401, ''],
  ['busy', 429, ''],
] as const)(
  '%s (%i): said by code, kept, and delivered once mended',
  async (code, status, body) => {
    const { bench, receiver, measure, outcome } = await setUp();
    receiver.answer((_asked, response) => {
      response.writeHead(status, { 'content-type': 'text/html' });
      response.end(body);
    });
    await measure();
    await until(() => outcome()?.lastDeferral !== undefined, 'a try came to nothing');
    expect(outcome()).toMatchObject({ waiting: 1, lastDeferral: code, rejected: 0 });
    receiver.answer(answerTransaction);
    await until(() => outcome()?.waiting === 0, 'it is delivered');
    expect(bench.home.views.summary()).toMatchObject({ captured: 1, received: 1 });
    // Every try was the same envelope.
    expect(new Set(receiver.asked.map((asked) => asked.body)).size).toBe(1);
  },
);

test.skipIf(!files).each([
  ['invalid', 422],
  ['ambiguous-at-receiver', 412],
  ['too-large', 413],
] as const)(
  'a refusal of the reading itself (%s) is shown, not retried, and the reading stays',
  async (because, status) => {
    const { bench, receiver, measure, outcome } = await setUp();
    receiver.answer((_asked, response) => {
      response.writeHead(status, { 'content-type': 'application/fhir+json' });
      response.end('{"resourceType":"OperationOutcome"}');
    });
    await measure();
    await until(() => outcome()?.rejected === 1, 'it is rejected');
    const [reading] = bench.home.views.readings('all');
    expect(reading?.deliveries).toEqual([
      { recipient: 'ward', action: 'new', state: 'rejected', because },
    ]);
    expect(reading?.quantities.systolic).toEqual({ value: '143', unit: 'mm[Hg]' });
    const asked = receiver.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(receiver.asked).toHaveLength(asked);
  },
);

const OUTCOME = '{"resourceType":"OperationOutcome","issue":[{"code":"business-rule"}]}';
const entryOf = (status: string) =>
  `{"resourceType":"Bundle","type":"transaction-response","entry":[${`{"response":{"status":"${status}"}},`.repeat(ENTRIES).slice(0, -1)}]}`;
/** Of a blood pressure with its pulse, its person and its devices; checked by the test. */
const ENTRIES = 6;

test.skipIf(!files)(
  'more of them on one home: what is put off arrives once mended, what is refused is not asked again',
  async () => {
    const { bench, receiver, outcome } = await setUp({ deliverTimeoutMs: 300 });
    let count = 0;
    const measure = async () => {
      count += 1;
      const at = bench.now();
      await bench.hand([clockFrame(at), cuffFrame({ systolic: 110 + count, at })]);
    };
    for (const [status, said, body] of [
      [403, 'unauthorised', OUTCOME],
      [409, 'busy', ''],
      [0, 'timeout', 'silence'],
    ] as const) {
      receiver.answer((_asked, response) => {
        if (status > 0) response.writeHead(status).end(body);
      });
      await measure();
      await until(() => outcome()?.lastDeferral === said, `${status} is put off as ${said}`);
      receiver.answer(answerTransaction);
      await until(() => outcome()?.waiting === 0, `after ${status} it arrives`);
    }
    const putOff = count;
    expect(bench.home.views.summary()).toMatchObject({ captured: putOff, received: putOff });
    for (const [status, because, body] of [
      [409, 'conflict', OUTCOME],
      [200, 'not-found', entryOf('404')],
    ] as const) {
      receiver.answer((_asked, response) => response.writeHead(status).end(body));
      const before = outcome()?.rejected ?? 0;
      await measure();
      await until(() => outcome()?.rejected === before + 1, `${status} is refused`);
      const all = bench.home.views.readings('all').flatMap(({ deliveries }) => deliveries);
      expect(all.map((one) => one.because)).toContain(because);
    }
    const [last] = receiver.asked.slice(-1);
    expect(JSON.parse(last?.body ?? '').entry).toHaveLength(ENTRIES);
    expect(bench.home.views.summary().received).toBe(putOff);
  },
);

test.skipIf(!files)('a stopped gateway leaves no connection behind', async () => {
  const { bench, receiver, measure, outcome } = await setUp();
  receiver.answer(() => undefined);
  await measure();
  await until(() => receiver.asked.length === 1, 'it was asked');
  await bench.stop();
  // Nothing hangs on: the server closes without waiting for a client.
  await receiver.stop();
  expect(outcome).toThrow();
});

test.skipIf(!hasMosquitto())(
  'a proxy before the FHIR server of the municipality: its page with a 400 refuses no reading',
  async () => {
    const broker = await startMosquitto();
    cleanup.add(() => broker[Symbol.asyncDispose]());
    const server = await startFhirReceiver();
    cleanup.add(server.stop);
    server.answer((_asked, response) => response.writeHead(400).end(page));
    const municipality = await startReceiver(cleanup, broker.url, {}, server.url);
    const transport = { type: 'mqtt', url: broker.url };
    const bench = await startHomeBench(cleanup, {
      recipients: [{ id: 'home-care', name: 'Test care', transport }],
      limits: { receiptWaitMs: 300 },
    });
    await furnish(bench.home, ['home-care']);
    const at = bench.now();
    await bench.hand([clockFrame(at), cuffFrame({ systolic: 143, at })]);
    await until(() => server.asked.length > 0, 'the server is asked');
    await until(
      () => municipality.logLines.some((line) => line.includes('fhir-server-garbled')),
      'it is said by code',
    );
    server.answer(answerTransaction);
    await until(() => bench.home.views.summary().received === 1, 'it is received');
  },
);

test('a queue at its limit: what comes is on disk, the adapter waits, it is said, and the end is not held up', async () => {
  const transport = { type: 'mqtt', url: 'mqtt://127.0.0.1:9' };
  const recipients = [{ id: 'home-care', name: 'Test care', transport }];
  const data = cleanup.folder();
  const before = await startHomeBench(cleanup, { recipients, data });
  await furnish(before.home, ['home-care'], '2026-01-01T00:00:00Z');
  await before.hand([clockFrame(before.now()), cuffFrame({ systolic: 143, at: before.now() })]);
  expect(before.home.views.summary().queued).toBe(1);
  await before.stop();

  const bench = await startHomeBench(cleanup, { recipients, data, limits: { queueRowsMax: 1 } });
  let done = 0;
  const handed = bench.hand([clockFrame(bench.now())]).then(() => {
    done += 1;
  });
  await until(() => bench.home.checks().some(({ code }) => code === 'queue-full'), 'it is said');
  expect(bench.home.views.captures()).toMatchObject({ fact: 2 });
  expect(done).toBe(0);
  await bench.stop();
  await handed;
});
