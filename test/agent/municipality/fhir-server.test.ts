import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toEnvelope } from '../../../fhir/bundle.ts';
import { ENVELOPE_ID, typedPressure } from '../../fhir/examples.ts';
import {
  createEntry,
  JSON_TYPE,
  observation,
  PERSON,
  startFhir,
  transaction,
} from './fhir-harness.ts';

const EXAMPLES = join(import.meta.dirname, '../../../../shared/examples');

test('a created resource is read, listed by version, and found', async () => {
  await using fhir = startFhir();
  const made = await fhir.ask('POST', '/Observation', observation(randomUUID()));
  expect(made.status).toBe(201);
  expect(made.headers.location).toMatch(/\/fhir\/Observation\/.+\/_history\/1$/);
  expect(made.headers.etag).toBe('W/"1"');
  const { id } = made.body;
  const changed = { ...observation(randomUUID()), id, status: 'corrected' };
  const put = await fhir.ask('PUT', `/Observation/${id}`, changed, { 'if-match': 'W/"1"' });
  expect(put.status).toBe(200);
  expect(put.body.meta.versionId).toBe('2');
  expect((await fhir.ask('GET', `/Observation/${id}`)).body.status).toBe('corrected');
  expect((await fhir.ask('GET', `/Observation/${id}/_history/1`)).body.status).toBe('final');
  expect((await fhir.ask('GET', `/Observation/${id}/_history/3`)).status).toBe(404);
  const history = await fhir.ask('GET', `/Observation/${id}/_history`);
  expect(
    history.body.entry.map((one: { resource: { status: string } }) => one.resource.status),
  ).toEqual(['corrected', 'final']);
  const stale = await fhir.ask('PUT', `/Observation/${id}`, observation(randomUUID(), { id }), {
    'if-match': 'W/"1"',
  });
  expect(stale.status).toBe(412);
});

test('what was taken back is in no version any more; how many there were is', async () => {
  await using fhir = startFhir();
  const identifier = randomUUID();
  const { id } = (await fhir.ask('POST', '/Observation', observation(identifier))).body;
  const corrected = observation(identifier, { id, status: 'corrected' });
  await fhir.ask('PUT', `/Observation/${id}`, corrected);
  expect((await fhir.ask('GET', `/Observation/${id}/_history/1`)).text).toContain('"value":6');
  const { valueQuantity: _, ...rest } = corrected as unknown as { valueQuantity: unknown };
  const dataAbsentReason = { coding: [{ code: 'error' }] };
  const back = { ...rest, status: 'entered-in-error', dataAbsentReason };
  expect((await fhir.ask('PUT', `/Observation/${id}`, back)).status).toBe(200);
  const history = await fhir.ask('GET', `/Observation/${id}/_history`);
  expect(history.text).not.toContain('"value":6');
  expect(history.body.entry).toHaveLength(3);
  expect((await fhir.ask('GET', `/Observation/${id}/_history/1`)).body).toMatchObject({
    meta: { versionId: '1' },
    status: 'entered-in-error',
  });
});

test.each(['6.0', '71.800', '0.10', '1e1', '12345678901234567890.5'])(
  'the number text %s is kept from body to body',
  async (text) => {
    await using fhir = startFhir();
    const body = JSON.stringify(observation(randomUUID())).replace(
      '"value":6,',
      `"value":${text},`,
    );
    expect(body).toContain(text);
    const made = await fhir.ask('POST', '/Observation', body);
    expect(made.text).toContain(`"value":${text},`);
    const inBundle = JSON.stringify(transaction([createEntry(observation(randomUUID()))]));
    await fhir.ask('POST', '', inBundle.replace('"value":6,', `"value":${text},`));
    const found = await fhir.ask('GET', '/Observation?code=15074-8');
    expect(found.text.split(`"value":${text},`)).toHaveLength(3);
    for (const path of [`/Observation/${made.body.id}`, `/Observation/${made.body.id}/_history`]) {
      expect((await fhir.ask('GET', path)).text).toContain(`"value":${text},`);
    }
  },
);

test('a condition creates once, keeps one, and refuses to choose between two', async () => {
  await using fhir = startFhir();
  const id = randomUUID();
  const when = { 'if-none-exist': `identifier=urn:ietf:rfc:3986|urn:uuid:${id}` };
  const first = await fhir.ask('POST', '/Observation', observation(id), when);
  const second = await fhir.ask('POST', '/Observation', observation(id), when);
  expect([first.status, second.status]).toEqual([201, 200]);
  expect(second.body.id).toBe(first.body.id);
  await fhir.ask('POST', '/Observation', observation(id));
  const third = await fhir.ask('POST', '/Observation', observation(id), when);
  expect(third.status).toBe(412);
  expect(third.body.issue[0].code).toBe('multiple-matches');
});

test('a conditional update corrects the one, and the same content again is no new version', async () => {
  await using fhir = startFhir();
  const id = randomUUID();
  const path = `/Observation?identifier=urn:ietf:rfc:3986|urn:uuid:${id}`;
  const made = await fhir.ask('PUT', path, observation(id));
  expect(made.status).toBe(201);
  const change = observation(id, { status: 'corrected' });
  const versions = [];
  for (let times = 0; times < 3; times += 1) {
    const put = await fhir.ask('PUT', path, change);
    expect(put.body.id).toBe(made.body.id);
    versions.push(put.body.meta.versionId);
  }
  expect(versions).toEqual(['2', '2', '2']);
});

test('a refused entry in the middle of a transaction leaves nothing of it', async () => {
  await using fhir = startFhir();
  const twice = randomUUID();
  await fhir.ask('POST', '/Observation', observation(twice));
  await fhir.ask('POST', '/Observation', observation(twice));
  const ids = [randomUUID(), twice, randomUUID()];
  const bundle = transaction(ids.map((id) => createEntry(observation(id))));
  const refused = await fhir.ask('POST', '', bundle);
  expect(refused.status).toBe(412);
  expect(refused.body.resourceType).toBe('OperationOutcome');
  expect((await fhir.ask('GET', '/Observation')).body.total).toBe(2);
});

test('a store that fails after some entries were written keeps none of them', async () => {
  await using fhir = startFhir();
  fhir.db.exec(`CREATE TRIGGER full BEFORE INSERT ON resources
    WHEN (SELECT count(*) FROM resources) = 2 BEGIN SELECT RAISE(ABORT, 'no room'); END`);
  const bundle = transaction([1, 2, 3].map(() => createEntry(observation(randomUUID()))));
  const failed = await fhir.ask('POST', '', bundle);
  expect(failed.status).toBe(500);
  expect(failed.text).not.toContain('no room');
  expect((await fhir.ask('GET', '/Observation')).body.total).toBe(0);
  // A single create goes through the library's router, which must not make a 400 of it.
  await fhir.ask('POST', '/Observation', observation(randomUUID()));
  await fhir.ask('POST', '/Observation', observation(randomUUID()));
  expect((await fhir.ask('POST', '/Observation', observation(randomUUID()))).status).toBe(500);
});

test('references within a transaction point to what is stored, whether new or kept', async () => {
  await using fhir = startFhir();
  const person = createEntry({
    resourceType: 'Patient',
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${PERSON}` }],
  });
  const of = (id: string) => observation(id, { subject: { reference: person.fullUrl } });
  const [a, b] = [randomUUID(), randomUUID()];
  const first = createEntry(of(a));
  const derived = createEntry({ ...of(b), derivedFrom: [{ reference: first.fullUrl }] } as never);
  const answer = await fhir.ask('POST', '', transaction([derived, person, first]));
  expect(answer.status).toBe(200);
  expect(answer.body.type).toBe('transaction-response');
  const [two, patient, one] = answer.body.entry.map((entry: { response: { location: string } }) =>
    entry.response.location.replace(/\/_history.*/, ''),
  );
  const stored = await fhir.ask('GET', `/${two}`);
  expect(stored.body.subject.reference).toBe(patient);
  expect(stored.body.derivedFrom[0].reference).toBe(one);
  const again = await fhir.ask('POST', '', transaction([person, createEntry(of(randomUUID()))]));
  expect(again.body.entry.map((e: { response: { status: string } }) => e.response.status)).toEqual([
    '200 OK',
    '201 Created',
  ]);
  expect((await fhir.ask('GET', `/Observation?patient=${patient}`)).body.total).toBe(3);
  expect((await fhir.ask('GET', '/Patient')).body.total).toBe(1);
});

test('the same transaction again changes nothing and answers with the same places', async () => {
  await using fhir = startFhir();
  const bundle = transaction([createEntry(observation(randomUUID()))]);
  const first = await fhir.ask('POST', '', bundle);
  const second = await fhir.ask('POST', '', bundle);
  expect(second.body.entry[0].response).toMatchObject({
    status: '200 OK',
    location: first.body.entry[0].response.location,
  });
});

test('a joined backlog names its person in every part, and gets one', async () => {
  await using fhir = startFhir();
  const patient = () =>
    createEntry({
      resourceType: 'Patient',
      identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${PERSON}` }],
    });
  const answer = await fhir.ask('POST', '', transaction([patient(), patient()]));
  expect(answer.body.entry.map((e: { response: { status: string } }) => e.response.status)).toEqual(
    ['201 Created', '200 OK'],
  );
});

test('a batch judges each entry for itself', async () => {
  await using fhir = startFhir();
  const bad = createEntry(observation(randomUUID(), { status: undefined }));
  const bundle = { ...transaction([bad, createEntry(observation(randomUUID()))]), type: 'batch' };
  const answer = await fhir.ask('POST', '', bundle);
  expect(answer.body.entry[0].response).toMatchObject({ status: '422' });
  expect(answer.body.entry[1].response.status).toBe('201 Created');
});

test.each([
  ['malformed JSON', 'POST', '', '{"resourceType":', 400],
  ['nesting beyond any resource', 'POST', '', '['.repeat(200_000), 400],
  ['an unknown type', 'POST', '/Spaceship', { resourceType: 'Spaceship' }, 422],
  [
    'a type of FHIR that is not kept',
    'POST',
    '/Practitioner',
    { resourceType: 'Practitioner' },
    422,
  ],
  ['another type than the address', 'POST', '/Patient', observation('x'), 400],
  ['no status', 'POST', '/Observation', observation('x', { status: undefined }), 422],
  [
    'a status outside the value set',
    'POST',
    '/Observation',
    observation('x', { status: 'done' }),
    422,
  ],
  ['no code', 'POST', '/Observation', observation('x', { code: undefined }), 422],
  ['an empty code', 'POST', '/Observation', observation('x', { code: { coding: [] } }), 422],
  ['no subject', 'POST', '/Observation', observation('x', { subject: undefined }), 422],
  [
    'a date that does not exist',
    'POST',
    '/Observation',
    observation('x', { effectiveDateTime: '2026-02-31' }),
    422,
  ],
  [
    'a Bundle that is a collection',
    'POST',
    '',
    { resourceType: 'Bundle', type: 'collection' },
    422,
  ],
  ['no Bundle at the base', 'POST', '', observation('x'), 400],
  [
    'an unknown type in a transaction',
    'POST',
    '',
    transaction([
      { resource: { resourceType: 'Spaceship' }, request: { method: 'POST', url: 'Spaceship' } },
    ]),
    422,
  ],
  ['an entry without request', 'POST', '', transaction([{ resource: observation('x') }]), 422],
  [
    'a reference that nothing explains',
    'POST',
    '',
    transaction([createEntry(observation('x', { subject: { reference: 'urn:uuid:0' } }))]),
    422,
  ],
  ['an id that is not there', 'GET', '/Observation/none', undefined, 404],
  ['an address that is not there', 'GET', '/Observation/1/2/3/4', undefined, 404],
  ['an update of nothing', 'PUT', '/Observation/none', observation('x', { id: 'none' }), 404],
  ['a deletion', 'DELETE', '/Observation/1', undefined, 405],
] as const)('%s is refused with an OperationOutcome', async (_name, method, path, body, status) => {
  await using fhir = startFhir();
  const answer = await fhir.ask(method, path, body);
  expect(answer.body?.resourceType).toBe('OperationOutcome');
  expect(answer.status).toBe(status);
});

test('a body beyond the limit is 413, and a media type that is not JSON 415', async () => {
  await using fhir = startFhir();
  const large = await fhir.ask('POST', '', `"${'x'.repeat(9_000_000)}"`);
  expect(large.status).toBe(413);
  expect(large.body.issue[0].code).toBe('too-long');
  // A joined backlog is read; that this is none is another matter.
  const backlog = await fhir.ask('POST', '', `"${'x'.repeat(8_000_000)}"`);
  expect(backlog.status).toBe(400);
  const xml = await fhir.ask('POST', '', '<Bundle/>', { 'content-type': 'application/fhir+xml' });
  expect(xml.status).toBe(415);
});

test('two entries that write one resource are refused', async () => {
  await using fhir = startFhir();
  const id = randomUUID();
  const put = {
    resource: observation(id),
    request: { method: 'PUT', url: `Observation?identifier=urn:ietf:rfc:3986|urn:uuid:${id}` },
  };
  expect((await fhir.ask('POST', '', transaction([put, put]))).status).toBe(400);
  expect(
    (await fhir.ask('POST', '', transaction([createEntry(observation(id)), put]))).status,
  ).toBe(400);
});

test('readings of virtual devices are refused where they are not accepted', async () => {
  await using fhir = startFhir({ acceptSimulated: false });
  const security = [
    { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HTEST' },
  ];
  const made = observation(randomUUID(), { meta: { security } });
  const answer = await fhir.ask('POST', '', transaction([createEntry(made)]));
  expect(answer.status).toBe(422);
  expect(answer.body.issue[0].details.text).toBe('simulated-not-accepted');
  expect((await fhir.ask('POST', '/Observation', made)).status).toBe(422);
});

test('what was typed in by hand is taken whole, and once', async () => {
  const text = toEnvelope(typedPressure, {
    envelopeId: ENVELOPE_ID,
    recordedAt: '2026-11-20T08:02:11+01:00',
  });
  await using fhir = startFhir();
  for (const status of ['201', '200']) {
    const { body } = await fhir.ask('POST', '', text);
    const told: { response: { status: string } }[] = body.entry;
    expect(told.map(({ response }) => response.status.slice(0, 3))).toEqual(Array(4).fill(status));
  }
});

test.skipIf(!existsSync(EXAMPLES))('the worked examples are taken whole, and once', async () => {
  await using fhir = startFhir();
  const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('-bundle.json'));
  const totals = [];
  for (const _ of [1, 2]) {
    for (const file of files) {
      const answer = await fhir.ask('POST', '', readFileSync(join(EXAMPLES, file), 'utf8'));
      expect([file, answer.status]).toEqual([file, 200]);
    }
    const found = await fhir.ask('GET', '/Observation?_count=200');
    totals.push(found.body.total, (await fhir.ask('GET', '/Patient')).body.total);
    expect(found.text).not.toContain('"urn:uuid:97d7d520');
    expect(found.text).toContain('"value":71.800,');
  }
  expect(totals.slice(0, 2)).toEqual(totals.slice(2));
  expect(
    (await fhir.ask('POST', '/Consent', readFileSync(join(EXAMPLES, 'consent.json'), 'utf8')))
      .status,
  ).toBe(201);
});

test('the CapabilityStatement states what is searched', async () => {
  await using fhir = startFhir();
  const { body, headers } = await fhir.ask('GET', '/metadata');
  expect(headers['content-type']).toBe('application/fhir+json; charset=utf-8');
  expect(body.fhirVersion).toBe('4.0.1');
  const kept = body.rest[0].resource.map((one: { type: string }) => one.type);
  expect(kept).toEqual(['Patient', 'Device', 'Observation', 'Consent']);
  for (const { type, searchParam } of body.rest[0].resource) {
    for (const { name } of searchParam) {
      const date = /date|Updated/.test(name);
      const answer = await fhir.ask('GET', `/${type}?${name}=${date ? '2026' : 'x'}`);
      expect([name, answer.status]).toEqual([name, 200]);
    }
  }
  expect(JSON_TYPE['content-type']).toBe('application/fhir+json');
});
