import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Receipt, receiptSchema } from '../../../agent/contract/messages.ts';
import { topics } from '../../../agent/contract/topics.ts';
import { createLog } from '../../../agent/log.ts';
import { namesIn } from '../../../agent/municipality/belonging.ts';
import { judgeEnvelope } from '../../../agent/municipality/envelope.ts';
import { createMetrics } from '../../../agent/municipality/metrics.ts';
import { createRelay } from '../../../agent/municipality/relay.ts';
import { RELAY_MIGRATIONS } from '../../../agent/municipality/relay-schema.ts';
import { createRelayStore } from '../../../agent/municipality/relay-store.ts';
import { embeddedSink } from '../../../agent/municipality/sink.ts';
import { openStore } from '../../../agent/store.ts';
import { toCorrection, toEnvelope, toRetraction } from '../../../fhir/bundle.ts';
import { ENVELOPE_ID, EXAMPLES, typedPressure } from '../../fhir/examples.ts';
import { iomt } from '../cli/console.ts';
import { bloodPressure, glucose } from './envelopes.ts';
import { KEY, PERSON, startFhir } from './fhir-harness.ts';

const HOME = 'gw-aaaabbbbccccdddd';
const OTHER = 'gw-eeeeffffgggghhhh';
const THIRD = 'gw-iiiijjjjkkkkllll';
const OWN = '0a0b0c0d-0000-4000-8000-0000000000bb';
const REASON = 'person-of-another-gateway';

let fhir: ReturnType<typeof startFhir>;
let folder: string;
beforeEach(() => {
  fhir = startFhir();
  folder = mkdtempSync(join(tmpdir(), 'iomt-belonging-'));
  mkdirSync(join(folder, 'data'));
});
afterEach(async () => {
  await fhir.stop();
  rmSync(folder, { recursive: true });
});

const opened = (migrations: readonly string[] = RELAY_MIGRATIONS) =>
  openStore({ file: join(folder, 'data', 'relay.db'), key: KEY, migrations });

function start() {
  const db = opened();
  const store = createRelayStore({ db, now: () => Date.parse('2026-11-20T06:32:07Z') });
  const sent: [gateway: string, receipt: Receipt][] = [];
  const lines: string[] = [];
  const metrics = createMetrics();
  const relay = createRelay({
    ...{ store, metrics, acceptSimulated: true, sink: embeddedSink(fhir.server) },
    publish: (topic, payload) => {
      sent.push([topic.split('/')[2] ?? '', receiptSchema.parse(JSON.parse(payload))]);
    },
    log: createLog({
      ...{ level: 'debug', program: 'test' },
      destination: { write: (line) => lines.push(line) },
    }),
  });
  const take = (topic: string, text: string) => relay.take(topic, new TextEncoder().encode(text));
  return {
    ...{ db, store, relay, lines },
    send: (gateway: string, text: string) => take(topics.observations(gateway, 'care'), text),
    tell: (gateway: string, id: string, cause: string, seq: number) =>
      take(
        topics.events(gateway, 'care'),
        JSON.stringify({
          ...{ v: 1, id, kind: 'sharing', at: '2026-11-20T07:31:00+01:00' },
          ...{ cause, person: PERSON, seq },
        }),
      ),
    /** What was answered since the last look. */
    answers: () =>
      sent
        .splice(0)
        .map(([gateway, { seq, id, state, reason }]) => [gateway, seq, id, state, reason]),
    refused: async () => (await metrics.ofAnother.get()).values[0]?.value,
    stop: () => {
      relay.close();
      db.close();
    },
  };
}

/** `iomt municipality move` where the data are in that folder. */
function mover(data: string) {
  const keyFile = join(folder, 'store.key');
  writeFileSync(keyFile, Buffer.from(KEY).toString('hex'), { mode: 0o600 });
  const config = join(folder, 'iomt.yaml');
  const municipality = { data: join(folder, data), keyFile };
  writeFileSync(config, JSON.stringify({ municipality }));
  return (...argv: string[]) => iomt(['municipality', 'move', ...argv, '--config', config]);
}

const patients = async () => (await fhir.ask('GET', '/Patient')).body.total;
const observations = async () => (await fhir.ask('GET', '/Observation')).body.total;

test('readings of a person from another gateway than the first are refused, counted, and nowhere stored', async () => {
  const relay = start();
  const [first, forged] = [bloodPressure(), bloodPressure({ systolic: '199' })];
  await relay.send(HOME, first.body);
  relay.answers();
  const before = await observations();
  await relay.send(OTHER, forged.body);
  await relay.send(OTHER, forged.body);
  // A repeat has the number that it had.
  const answer = [OTHER, 1, forged.id, 'rejected', REASON];
  expect(relay.answers()).toEqual([answer, answer]);
  expect(await observations()).toBe(before);
  expect(relay.store.readings({ count: 9 })).toHaveLength(1);
  expect(relay.store.known(forged.id)).toBeUndefined();
  expect(await relay.refused()).toBe(2);
  const log = relay.lines.join('');
  expect(log).toContain(`"event":"envelope-rejected","gateway":"${OTHER}","because":"${REASON}"`);
  expect(log).not.toContain(PERSON);
  // Its own people are not refused for it, nor is the right gateway.
  await relay.send(OTHER, glucose({ person: OWN }).body);
  await relay.send(HOME, glucose().body);
  expect(relay.answers().map(([gateway, , , state]) => [gateway, state])).toEqual([
    [OTHER, 'received'],
    [HOME, 'received'],
  ]);
  relay.stop();
});

test.each([
  ['taken back', 'entered-in-error'],
  ['corrected', 'corrected'],
] as const)(
  'a reading of another gateway is not %s, by whomever it says that it is',
  async (_name, put) => {
    const relay = start();
    const { reading, body } = bloodPressure();
    await relay.send(HOME, body);
    for (const person of [PERSON, OWN]) {
      await relay.send(OTHER, bloodPressure({ reading, put, person }).body);
    }
    expect(
      relay
        .answers()
        .slice(1)
        .map(([, , , state]) => state),
    ).toEqual(['rejected', 'rejected']);
    const [line] = relay.store.readings({ count: 9 });
    expect(line).toMatchObject({ retractedAt: null, correctedAt: null, person: PERSON });
    expect(relay.relay.read(line?.row ?? 0)).toBe(true);
    expect(relay.answers().map(([gateway, , , state]) => [gateway, state])).toEqual([
      [HOME, 'read'],
    ]);
    relay.stop();
  },
);

test('two boxes that read one device tell the same reading: it is stored once, and neither is refused', async () => {
  const relay = start();
  const first = bloodPressure();
  const same = { reading: first.reading, person: OWN };
  await relay.send(HOME, first.body);
  const before = await observations();
  // The ids of a reading and its envelope are of the device, not of the box.
  await relay.send(OTHER, bloodPressure({ ...same, id: first.id }).body);
  await relay.send(OTHER, bloodPressure(same).body);
  expect(relay.answers().map(([gateway, , , state]) => [gateway, state])).toEqual([
    [HOME, 'received'],
    [OTHER, 'received'],
    [OTHER, 'received'],
  ]);
  expect(await observations()).toBe(before);
  const lines = relay.store.readings({ count: 9 });
  expect(lines).toMatchObject([{ person: PERSON }]);
  // That it was read is told to the one whose person it is.
  expect(relay.relay.read(lines[0]?.row ?? 0)).toBe(true);
  await relay.send(OTHER, bloodPressure({ ...same, id: first.id }).body);
  expect(relay.answers().map(([gateway, , , state]) => [gateway, state])).toEqual([
    [HOME, 'read'],
    [OTHER, 'received'],
  ]);
  expect(await relay.refused()).toBeFalsy();
  relay.stop();
});

test.each([
  ['in capitals', (text: string) => text.replaceAll(PERSON, PERSON.toUpperCase())],
  [
    'in an address',
    (text: string) =>
      text.replaceAll(
        /"reference":"urn:uuid:1{8}-[0-9a-f-]+"/g,
        `"reference":"Patient?identifier=${encodeURIComponent('|')}urn:uuid:${PERSON}"`,
      ),
  ],
  ['percent-encoded', (text: string) => text.replaceAll(PERSON, `%34${PERSON.slice(1)}`)],
  ['escaped', (text: string) => text.replaceAll(PERSON, `\\u0034${PERSON.slice(1)}`)],
])('a pseudonym %s is found too', async (_name, change) => {
  const relay = start();
  await relay.send(HOME, bloodPressure().body);
  const before = await patients();
  await relay.send(OTHER, change(bloodPressure().body));
  expect(relay.answers()[1]?.[3]).toBe('rejected');
  expect(await patients()).toBe(before);
  relay.stop();
});

test.each([
  [
    'its person',
    /"subject":\{"reference":"urn:uuid:1{8}-[0-9a-f-]+"/,
    '"subject":{"reference":"Patient/17"',
  ],
  ['what it writes', /"url":"Observation\?[^"]*"/, '"url":"Observation/17"'],
  ['by a search, what it writes', /"url":"Observation\?[^"]*"/, '"url":"Observation?code=8867-4"'],
  ['by a search, its person', /"ifNoneExist":"[^"]*"/, '"ifNoneExist":"_id=17"'],
  ['by a search within one, its person', /"ifNoneExist":"([^"]*)"/, '"ifNoneExist":"$1&_id=17"'],
])(
  'an envelope names %s by identifier: what is the FHIR server’s own is refused',
  async (_name, from, to) => {
    const relay = start();
    const { body, id } = bloodPressure({ person: OWN, put: 'corrected' });
    const changed = body.replace(from, to);
    expect(changed).not.toBe(body);
    await relay.send(OTHER, changed);
    expect(relay.answers()).toEqual([[OTHER, 1, id, 'rejected', 'invalid']]);
    expect(await observations()).toBe(0);
    relay.stop();
  },
);

test.each([...EXAMPLES.map(({ reading }) => reading), typedPressure])(
  'whatever our own gateway sends names all by identifier: $kind $basis',
  (reading) => {
    const options = { envelopeId: ENVELOPE_ID, recordedAt: '2026-11-20T08:02:11+01:00' };
    const told = { ...reading, note: { text: 'etter trappene', time: options.recordedAt } };
    for (const text of [
      toEnvelope(told, options),
      toEnvelope(reading, { ...options, replaceDevices: true }),
      toCorrection(reading, options),
      toCorrection(told, options, 'amended'),
      toRetraction(reading, options),
    ]) {
      const judged = judgeEnvelope(new TextEncoder().encode(text), { acceptSimulated: false });
      expect(judged.as).toBe('envelope');
    }
  },
);

test('how sharing stands is told by the right gateway only', async () => {
  const relay = start();
  const [told, forged, over] = [randomUUID(), randomUUID(), randomUUID()];
  await relay.tell(HOME, told, 'consent-paused', 1);
  await relay.tell(OTHER, forged, 'consent-resumed', 2);
  await relay.tell(HOME, over, 'consent-ended', 3);
  expect(relay.answers()).toEqual([
    [HOME, 1, told, 'received', undefined],
    [OTHER, 1, forged, 'rejected', REASON],
    [HOME, 2, over, 'received', undefined],
  ]);
  expect(relay.store.notSharing()).toMatchObject([{ person: PERSON, cause: 'consent-ended' }]);
  expect(relay.lines.join('')).toContain('"event":"notice-rejected"');
  relay.stop();
});

test('a store of before: a person belongs to the gateway that sent for them last', async () => {
  const before = opened(RELAY_MIGRATIONS.slice(0, 2));
  const envelope = before.prepare(
    "INSERT INTO envelopes VALUES (?, ?, 'care', ?, 'received', NULL, '[]')",
  );
  const line = before.prepare(
    `INSERT INTO readings (envelope, person, received_at, content) VALUES (?, ?, 0, '{}')`,
  );
  for (const [id, gateway, at, person] of [
    ['e1', HOME, 1, PERSON],
    ['e2', OTHER, 2, PERSON],
    ['e3', HOME, 3, OWN],
    ['e4', null, 4, '0a0b0c0d-0000-4000-8000-0000000000cc'],
  ] as const) {
    envelope.run(id, gateway, at);
    line.run(id, person);
  }
  before.close();
  const relay = start();
  expect(relay.db.prepare('SELECT person, gateway FROM belongs ORDER BY gateway').all()).toEqual([
    { person: OWN, gateway: HOME },
    { person: PERSON, gateway: OTHER },
  ]);
  await relay.send(HOME, bloodPressure().body);
  await relay.send(OTHER, bloodPressure().body);
  expect(relay.answers().map(([, , , state]) => state)).toEqual(['rejected', 'received']);
  relay.stop();
});

test('a technician moves a person to another gateway, while the program runs', async () => {
  const relay = start();
  await relay.send(HOME, bloodPressure().body);
  const late = glucose();
  await relay.send(OTHER, late.body);
  relay.answers();
  const move = mover('data');

  const listed = await move();
  expect(listed).toMatchObject({ code: 0, err: '' });
  expect(listed.out).toContain(`${PERSON}  belongs to ${HOME}  refused: ${OTHER}, 1 times`);
  expect(JSON.parse((await move('--json')).out)).toMatchObject([
    { person: PERSON, gateway: HOME, other: OTHER, count: 1 },
  ]);
  expect(await move(PERSON, 'gw-1')).toMatchObject({ code: 2, out: '' });
  expect(await move(OWN, OTHER)).toMatchObject({
    code: 1,
    err: expect.stringContaining('(pseudonym-unknown)'),
  });
  const moved = await move(PERSON, OTHER);
  expect(moved).toMatchObject({ code: 0, out: OTHER, err: expect.stringContaining(HOME) });
  expect(await move()).toMatchObject({ code: 0, out: '' });

  // The running program follows; a repeat of what was refused is judged anew.
  await relay.send(OTHER, late.body);
  await relay.send(HOME, bloodPressure().body);
  expect(relay.answers().map(([gateway, , , state]) => [gateway, state])).toEqual([
    [OTHER, 'received'],
    [HOME, 'rejected'],
  ]);
  await relay.send(THIRD, bloodPressure().body);
  expect(relay.answers()[0]?.[3]).toBe('rejected');
  relay.stop();
});

test('a move before the receiving side was ever started says so', async () => {
  expect(await mover('none')()).toMatchObject({
    code: 1,
    err: expect.stringContaining('(municipality-not-started)'),
  });
});

test('names are found in every text of a Bundle, and an address that is no address harms nothing', () => {
  expect(namesIn({ a: [{ b: `x ${PERSON} ${OWN}` }], c: '%', d: 7, e: `%${PERSON}` })).toEqual([
    PERSON,
    OWN,
  ]);
});
