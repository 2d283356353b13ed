import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { topics } from '../../../agent/contract/topics.ts';
import { embeddedSink, type Sink } from '../../../agent/municipality/sink.ts';
import { withoutIds } from '../../support/without-ids.ts';
import { bloodPressure, contact, glucose } from './envelopes.ts';
import { HOME, relayGround } from './relay-harness.ts';

const ground = relayGround();
const { start } = ground;

test('an envelope is stored and answered, once, however often it comes', async () => {
  const home = start();
  const { id, body } = bloodPressure();
  await home.take(body);
  expect(home.sent[0]?.topic).toBe(topics.receipts(HOME));
  expect(home.answers()).toEqual([[1, id, 'received']]);
  expect(await ground.observationsStored()).toBe(3);
  await home.take(body);
  await home.take(body);
  expect(home.answers()).toEqual([
    [1, id, 'received'],
    [1, id, 'received'],
  ]);
  expect(await ground.observationsStored()).toBe(3);
  expect(home.store.readings({ count: 9 })).toHaveLength(1);
  home.stop();
});

test('an envelope known before a restart is answered alike after it, without asking the sink', async () => {
  const before = start();
  const { id, body } = bloodPressure();
  await before.take(body);
  before.stop();
  const asked = vi.fn();
  const after = start({ sink: { transaction: asked } });
  await after.take(body);
  expect(after.answers()).toEqual([[1, id, 'received']]);
  expect(asked).not.toHaveBeenCalled();
  after.stop();
});

test.each([
  ['throws', () => Promise.reject(Object.assign(new Error('secret'), { code: 'ECONNREFUSED' }))],
  ['answers 503', async () => ({ status: 503, body: undefined })],
  ['answers 401', async () => ({ status: 401, body: undefined })],
  ['answers 404', async () => ({ status: 404, body: undefined })],
  ['answers 429', async () => ({ status: 429, body: undefined })],
  ['answers 200 with a page', async () => ({ status: 200, body: 'hello' })],
])('while the sink %s nothing is answered, and the repeat is', async (_name, transaction) => {
  const sink = { transaction: vi.fn(transaction as Sink['transaction']) };
  const home = start({ sink });
  const { id, body } = bloodPressure();
  await home.take(body);
  expect(home.answers()).toEqual([]);
  expect(home.lines.join('')).toContain('sink-unavailable');
  expect(home.lines.join('')).not.toContain('secret');
  sink.transaction = vi.fn(embeddedSink(ground.fhir.server).transaction);
  await home.take(body);
  expect(home.answers()).toEqual([[1, id, 'received']]);
  home.stop();
});

test('a full disk at the FHIR server or at the relay answers nothing', async () => {
  const home = start();
  const { id, body } = bloodPressure();
  ground.fhir.db.exec(
    "CREATE TRIGGER full BEFORE INSERT ON resources BEGIN SELECT RAISE(ABORT, 'x'); END",
  );
  await home.take(body);
  ground.fhir.db.exec('DROP TRIGGER full');
  home.db.exec("CREATE TRIGGER full BEFORE INSERT ON receipts BEGIN SELECT RAISE(ABORT, 'x'); END");
  await home.take(body);
  home.db.exec('DROP TRIGGER full');
  expect(home.answers()).toEqual([]);
  expect(home.store.readings({ count: 9 })).toEqual([]);
  await home.take(body);
  expect(home.answers()).toEqual([[1, id, 'received']]);
  expect(await ground.observationsStored()).toBe(3);
  home.stop();
});

test.each([
  [400, 'invalid'],
  [409, 'conflict'],
  [412, 'ambiguous-at-receiver'],
  [413, 'too-large'],
  [422, 'invalid'],
])('a sink that answers %i rejects as %s, and so does the repeat', async (status, reason) => {
  const transaction = vi.fn(async () => ({ status, body: undefined }));
  const home = start({ sink: { transaction } });
  const { id, body } = bloodPressure();
  await home.take(body);
  await home.take(body);
  expect(home.answers()).toEqual([
    [1, id, 'rejected', reason],
    [1, id, 'rejected', reason],
  ]);
  expect(transaction).toHaveBeenCalledOnce();
  home.stop();
});

test('readings of virtual devices are rejected where they are not accepted', async () => {
  const home = start({ acceptSimulated: false });
  const simulated = bloodPressure({ simulated: true });
  const real = bloodPressure();
  await home.take(simulated.body);
  await home.take(real.body);
  expect(home.answers()).toEqual([
    [1, simulated.id, 'rejected', 'simulated-not-accepted'],
    [2, real.id, 'received'],
  ]);
  expect(await ground.observationsStored()).toBe(3);
  home.stop();
});

test('what cannot be an envelope is rejected by its id, or dropped when it has none', async () => {
  const home = start();
  const id = randomUUID();
  const named = {
    resourceType: 'Bundle',
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` },
  };
  for (const garbage of [
    '',
    '{',
    'null',
    '[]',
    '{"identifier":1}',
    JSON.stringify({ ...named, identifier: { system: 'urn:ietf:rfc:3986', value: 'x' } }),
  ]) {
    await home.take(garbage);
  }
  await home.take(new Uint8Array([0xff, 0xfe, 0x00]));
  expect(home.answers()).toEqual([]);
  await home.take(JSON.stringify({ ...named, type: 'batch' }));
  expect(home.answers()).toEqual([[1, id, 'rejected', 'invalid']]);
  const large = bloodPressure();
  await home.take(large.body.replace('{', `{"padding":"${'x'.repeat(128 * 1024)}",`));
  expect(home.answers()).toEqual([[2, large.id, 'rejected', 'too-large']]);
  for (const topic of [
    'iomt/1/gw/extra/observations/x',
    'iomt/2/gw/observations/x',
    'iomt/1/UPPER/observations/x',
    'iomt/1/gw/observations',
    'iomt/1/gw/observations/x y',
  ]) {
    await home.take(bloodPressure().body, topic);
  }
  expect(home.answers()).toEqual([]);
  home.stop();
});

test('a correction changes the line, a taking back empties it, and a late original stays out', async () => {
  const home = start();
  const reading = randomUUID();
  await home.take(bloodPressure({ reading, systolic: '183' }).body);
  const [line] = home.store.readings({ count: 9 });
  home.relay.read(line?.row ?? 0);
  const corrected = bloodPressure({ reading, systolic: '138', put: 'corrected' });
  await home.take(corrected.body);
  const [after, ...others] = home.store.readings({ count: 9 });
  expect(others).toEqual([]);
  expect(after).toMatchObject({ row: line?.row, readAt: null, correctedAt: expect.any(Number) });
  expect(withoutIds(JSON.stringify(after))).not.toContain('183');
  const back = bloodPressure({ reading, put: 'entered-in-error' });
  await home.take(back.body);
  await home.take(bloodPressure({ reading }).body);
  const lines = home.store.readings({ count: 9 });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.retractedAt).toEqual(expect.any(Number));
  expect(JSON.stringify(lines)).not.toContain('valueQuantity');
  expect(home.answers().map(([, , state]) => state)).toEqual([
    'received',
    'read',
    'received',
    'retracted',
    'received',
  ]);
  expect(home.relay.read(lines[0]?.row ?? 0)).toBe(false);
  home.stop();
});

test('an envelope POSTed to the FHIR base has its line, and a repeat over MQTT its answer', async () => {
  const home = start();
  const { id, body } = glucose();
  const bundle = JSON.parse(body);
  const response = ground.fhir.server.bundle(bundle);
  home.relay.posted(bundle, response);
  home.relay.posted(bundle, response);
  const lines = home.store.readings({ count: 9 });
  expect(lines).toHaveLength(1);
  expect(home.relay.read(lines[0]?.row ?? 0)).toBe(false);
  expect(home.store.readings({ count: 9 })[0]?.readAt).toEqual(expect.any(Number));
  await home.take(body);
  expect(home.answers()).toEqual([
    [1, id, 'received'],
    [2, id, 'read'],
  ]);
  home.stop();
});

test('a joined backlog has a line for each reading', async () => {
  const home = start();
  const parts = [
    bloodPressure(),
    glucose({ effective: '2026-11-20T08:00:00+01:00' }),
    contact({ effective: '2026-11-20T09:00:00+01:00' }),
  ];
  const bundles = parts.map(({ body }) => JSON.parse(body));
  const joined = { ...bundles[0], entry: bundles.flatMap((one) => one.entry) };
  const answer = await ground.fhir.ask('POST', '', joined);
  expect(answer.status).toBe(200);
  home.relay.posted(joined, answer.body);
  expect(home.store.readings({ count: 9 })).toHaveLength(3);
  home.stop();
});

test('the log of all this holds no value, person or reference', async () => {
  const home = start();
  await home.take(bloodPressure({ systolic: '199' }).body);
  await home.take(bloodPressure().body.replace('"final"', '"done"'));
  await home.take('{ "value": 199');
  expect(home.lines.length).toBeGreaterThan(1);
  expect(withoutIds(home.lines.join(''))).not.toMatch(/199|4d6f0c1e|Observation/);
  home.stop();
});
