import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHttp } from '../../../agent/http.ts';
import { createLog } from '../../../agent/log.ts';
import { registerDesk } from '../../../agent/municipality/desk/desk.ts';
import { LANGUAGES } from '../../../agent/municipality/desk/language.ts';
import { lineOf } from '../../../agent/municipality/desk/line.ts';
import { FLAGS, MEASURES } from '../../../agent/municipality/desk/measures.ts';
import { sentencesOf } from '../../../agent/municipality/desk/sentences.ts';
import { kindOf } from '../../../agent/municipality/envelope.ts';
import { type JsonObject, parseJson } from '../../../agent/municipality/json.ts';
import { createMetrics } from '../../../agent/municipality/metrics.ts';
import { readingsOf } from '../../../agent/municipality/readings.ts';
import { createRelay } from '../../../agent/municipality/relay.ts';
import { RELAY_MIGRATIONS } from '../../../agent/municipality/relay-schema.ts';
import { createRelayStore } from '../../../agent/municipality/relay-store.ts';
import { html } from '../../../agent/pages/html.ts';
import { chooseLanguage } from '../../../agent/pages/language.ts';
import { MEASURED } from '../../../agent/pages/measured.ts';
import { openStore } from '../../../agent/store.ts';
import { STATED_TIME, toEnvelope, toRetraction } from '../../../fhir/bundle.ts';
import { NUMERIC } from '../../../fhir/codes.ts';
import { STATUS_BITS } from '../../../fhir/status.ts';
import { ENVELOPE_ID, typedPressure } from '../../fhir/examples.ts';
import { withoutIds } from '../../support/without-ids.ts';
import { bloodPressure, contact, glucose } from './envelopes.ts';
import { KEY, PERSON } from './fhir-harness.ts';

const TOPIC = 'iomt/1/gw-aaaabbbbccccdddd/observations/homecare';
const EXAMPLES = join(import.meta.dirname, '../../../../shared/examples');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iomt-desk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function startDesk() {
  const log = createLog({ level: 'silent', program: 'test' });
  const db = openStore({ file: join(folder, 'relay.db'), key: KEY, migrations: RELAY_MIGRATIONS });
  const store = createRelayStore({ db, now: () => Date.parse('2026-11-20T06:32:07Z') });
  const published: string[] = [];
  const relay = createRelay({
    store,
    sink: {
      transaction: async () => ({ status: 200, body: { type: 'transaction-response', entry: [] } }),
    },
    acceptSimulated: true,
    publish: (_topic, payload) => published.push(payload),
    log,
    metrics: createMetrics(),
  });
  const app = createHttp({ log, checks: () => [] });
  registerDesk(app, { store, relay });
  const ask = async (method: 'GET' | 'POST', url: string, headers: Record<string, string> = {}) =>
    app.inject({ method, url, headers: { host: 'localhost:8430', ...headers } });
  const take = (body: string, topic = TOPIC) => relay.take(topic, new TextEncoder().encode(body));
  const stop = async () => {
    await app.close();
    db.close();
  };
  return { ask, take, store, published, [Symbol.asyncDispose]: stop };
}

/** The words of an envelope's line, without a store. */
function said(body: string, language: keyof typeof LANGUAGES = 'en') {
  const bundle = parseJson(body) as JsonObject;
  const [reading] = readingsOf(bundle);
  if (!reading) throw new Error('no reading');
  const back = kindOf(bundle) === 'retraction';
  const line = lineOf({
    row: 1,
    person: reading.person,
    receivedAt: Date.parse('2026-11-20T06:32:07Z'),
    correctedAt: null,
    retractedAt: back ? 1 : null,
    readAt: null,
    reading,
  });
  return sentencesOf(line, language);
}

test.each([
  [bloodPressure(), '138/84 mmHg, pulse 71 /min'],
  [bloodPressure({ pulse: 'NaN' }), '138/84 mmHg, pulse no value (not a number)'],
  [
    bloodPressure({ systolic: 'NaN' }),
    'systolic no value (not a number), diastolic 84 mmHg, pulse 71 /min',
  ],
  [glucose({ value: '6.0' }), '6.0 mmol/L, meal fasting'],
  [glucose({ value: '12.40' }), '12.40 mmol/L, meal fasting'],
  [contact(), 'open'],
])('a line says the value as the device sent it', ({ body }, value) => {
  expect(said(body).value).toBe(value);
});

test.each([
  ['en', '> 72.50 mmol/L (the device sent 108.0 mg/dL), meal fasting'],
  ['nb', '> 72,50 mmol/L (apparatet sendte 108,0 mg/dL), måltid fastende'],
  ['nn', '> 72,50 mmol/L (apparatet sende 108,0 mg/dL), måltid fastande'],
] as const)(
  'numbers are written in the reader’s manner, digit for digit: %s',
  (language, value) => {
    const body = glucose({ value: '72.50' }).body.replace(
      '"valueQuantity":{',
      '"valueQuantity":{"comparator":">","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation","valueQuantity":{"value":108.0,"code":"mg/dL"}}],',
    );
    expect(said(body, language).value).toBe(value);
    const pressure = bloodPressure().body.replace('"value":138', '"value":18.40');
    expect(said(pressure, language).value).toContain(language === 'en' ? '18.40/84 ' : '18,40/84 ');
  },
);

test('each quantity of the page is one, also where its number has a comma', async () => {
  await using desk = startDesk();
  await desk.take(glucose({ value: '6.0' }).body);
  const { body } = await desk.ask('GET', '/?lang=nb');
  expect(body).toContain('<span class="part">6,0 mmol/L,</span> <span class="part">');
});

test('a limit, a second unit and an unknown code stand as they were sent', () => {
  const limit = glucose().body.replace('"valueQuantity":{', '"valueQuantity":{"comparator":">",');
  expect(said(limit).value).toBe('> 6.0 mmol/L, meal fasting');
  const translated = glucose().body.replace(
    '"valueQuantity":{',
    '"valueQuantity":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation","valueQuantity":{"value":108.0,"code":"mg/dL"}}],',
  );
  expect(said(translated).value).toContain('6.0 mmol/L (the device sent 108.0 mg/dL)');
  const unknown = contact().body.replaceAll('"8519690"', '"constructor"');
  expect(said(unknown)).toMatchObject({ kind: 'Door contact', value: 'open' });
});

test.each([
  [
    { at: '2026-11-20T07:32:05+01:00', device: '2026-11-20T07:29:35+01:00' },
    'device clock corrected by +150 s',
  ],
  [
    { at: '2026-11-20T07:32:05+01:00', device: '2026-11-20T07:32:08+01:00' },
    'device clock corrected by −3 s',
  ],
  [{ at: '2026-11-20T07:32:05+01:00', device: '2026-11-20T07:32:05+01:00' }, 'device clock right'],
  [{ at: '2026-11-20T07:32:05+01:00' }, 'device clock unusable: time of reception'],
  [undefined, 'the device gave no time: time of reception'],
])('a line says what its time rests on', (clock, words) => {
  const { body } = bloodPressure(clock ? { clock } : {});
  expect(said(body).clock).toBe(words);
});

test('a time that a person stated is said as such, once', () => {
  const { body } = bloodPressure({ clock: { at: '2026-11-21T09:00:00+01:00' } });
  const absent = '"dataAbsentReason":{';
  const stated = body.replace(absent, `${absent}"text":"${STATED_TIME}",`);
  expect(stated).toContain(STATED_TIME);
  expect(said(stated).clock).toBe('no clock could tell: time stated at home');
});

test('times are those of the home, and what the device reported is told', () => {
  const line = said(bloodPressure().body);
  expect(line).toMatchObject({
    kind: 'Blood pressure',
    measured: '20 Nov 2026, 07:31:12',
    received: '20 Nov 2026, 07:32:07',
    device: 'Example Medical EX-651',
    reported: ['body movement'],
  });
  expect(said(bloodPressure().body, 'nn')).toMatchObject({
    kind: 'Blodtrykk',
    value: '138/84 mmHg, puls 71 /min',
    reported: ['kroppsrørsle'],
  });
});

test.skipIf(!existsSync(EXAMPLES))('the worked examples read as their facts', () => {
  const files = readdirSync(EXAMPLES).filter((file) => file.endsWith('-bundle.json'));
  const values = Object.fromEntries(
    files.map((file) => [file, said(readFileSync(join(EXAMPLES, file), 'utf8')).value]),
  );
  expect(values).toEqual({
    'bp-bundle.json': '138/84 mmHg, mean 102 mmHg, pulse 71 /min',
    'bp-nan-bundle.json':
      '134/82 mmHg, mean no value (not a number), pulse no value (not a number)',
    'contact-bundle.json': 'open',
    'glucose-bundle.json': '6.0 mmol/L, meal fasting',
    'retraction-bundle.json': '',
    'spo2-bundle.json': '95.0 %, pulse 73.0 /min',
    'weight-bundle.json': '71.800 kg',
  });
});

test('every language has every word, and none is empty', () => {
  const leaves = (value: object, path = ''): [string, string][] =>
    Object.entries(value).flatMap(([key, inner]) =>
      typeof inner === 'string' ? [[`${path}${key}`, inner]] : leaves(inner, `${path}${key}/`),
    ) as [string, string][];
  const catalogue = (tag: keyof typeof LANGUAGES) => [LANGUAGES[tag], MEASURED[tag]];
  const english = leaves(catalogue('en'));
  expect(english.length).toBeGreaterThan(100);
  for (const words of [catalogue('nb'), catalogue('nn')]) {
    const own = leaves(words);
    expect(own.map(([key]) => key).sort()).toEqual(english.map(([key]) => key).sort());
    expect(own.filter(([, text]) => text.trim() === '')).toEqual([]);
    for (const [key, text] of own) {
      const holes = (of: string) => of.match(/\{\w+\}/g) ?? [];
      expect([key, holes(text)]).toEqual([key, holes(new Map(english).get(key) ?? '')]);
    }
  }
});

test('there is a word for each number and each status bit that our own gateway sends', () => {
  const codes = Object.values(NUMERIC).map(({ codes: [first] }) => first?.code ?? '');
  expect(codes.filter((code) => !Object.hasOwn(MEASURES, code))).toEqual([]);
  const flags = Object.values(STATUS_BITS).flatMap(({ code, bits }) =>
    Object.values(bits).map(([bit]) => `${code.code}.${bit}`),
  );
  expect(flags.length).toBeGreaterThan(30);
  expect(flags.filter((flag) => !Object.hasOwn(FLAGS, flag))).toEqual([]);
  expect(FLAGS).toMatchObject({
    '8410608.1': 'cuff-too-loose',
    '150604.10': 'low-perfusion',
    '8417752.5': 'result-too-high',
    'early-indication': 'early-estimate',
    'validated-data': 'validated',
  });
});

test.each([
  ['nn', undefined, 'nn'],
  ['xx', 'en-GB,en;q=0.9', 'en'],
  [undefined, 'no', 'nb'],
  [undefined, 'de, nn;q=0.5, en;q=0.8', 'en'],
  [undefined, 'de', 'nb'],
  [['en'], undefined, 'nb'],
  ['__proto__', 'constructor', 'nb'],
])('language %s with Accept-Language %s is %s', (lang, accept, language) => {
  expect(chooseLanguage(lang, accept)).toBe(language);
});

test('what a sender wrote is shown, not run', async () => {
  expect(html`<b>${'<script>"\'&'}</b>${[html`<i></i>`, '<']}`.html).toBe(
    '<b>&lt;script&gt;&quot;&#39;&amp;</b><i></i>&lt;',
  );
  await using desk = startDesk();
  await desk.take(bloodPressure().body.replace('EX-651', '<script>alert(1)</script>'));
  const { body, headers } = await desk.ask('GET', '/');
  expect(body).not.toContain('<script');
  expect(body).toContain('&lt;script&gt;');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
});

test('the page shows a line per reading, with its states, and DEMO where nobody was measured', async () => {
  await using desk = startDesk();
  const reading = randomUUID();
  await desk.take(bloodPressure({ reading, systolic: '199' }).body);
  await desk.take(glucose({ simulated: true }).body);
  await desk.take(bloodPressure({ reading, put: 'entered-in-error' }).body);
  const { body } = await desk.ask('GET', '/?lang=en');
  expect(body).toContain('<html lang="en">');
  expect(body.match(/<tr role="row">/g)).toHaveLength(3);
  expect(body).toContain(`title="${PERSON}">${PERSON.slice(0, 8)}<`);
  expect(body).toContain('6.0 mmol/L');
  expect(body.match(/class="demo"/g)).toHaveLength(1);
  expect(body).toContain('taken back: entered in error');
  expect(withoutIds(body)).not.toContain('199');
  // A withdrawal says nothing of a clock, and no device is guessed.
  expect(said(bloodPressure({ put: 'entered-in-error' }).body)).toMatchObject({
    device: '–',
    clock: '',
  });
});

test('sharing that is paused or has ended stands above and in the line, until it goes on', async () => {
  await using desk = startDesk();
  await desk.take(bloodPressure().body);
  const tell = (cause: string, seq: number, person: string = PERSON) =>
    desk.take(
      JSON.stringify({
        ...{ v: 1, id: randomUUID(), kind: 'sharing', at: '2026-11-20T07:30:00+01:00' },
        ...{ cause, person, seq },
      }),
      'iomt/1/gw-aaaabbbbccccdddd/events/homecare',
    );
  await tell('consent-paused', 10);
  await tell('consent-ended', 10, randomUUID());
  const page = async (lang: string) => (await desk.ask('GET', `/?lang=${lang}`)).body;
  const paused = {
    nb: 'delingen har hatt pause siden 20. nov. 2026, 07:30:00',
    nn: 'delinga har hatt pause sidan 20. nov. 2026, 07:30:00',
    en: 'sharing paused since 20 Nov 2026, 07:30:00',
  };
  for (const [lang, text] of Object.entries(paused)) {
    expect((await page(lang)).split(text)).toHaveLength(3);
  }
  expect((await page('en')).split('sharing ended 20 Nov 2026')).toHaveLength(2);
  const api = await desk.ask('GET', '/api/readings?lang=en');
  expect(api.json().notSharing).toHaveLength(2);
  await tell('consent-resumed', 11);
  expect(await page('en')).not.toContain('sharing paused');
  expect(await page('en')).toContain('sharing ended');
});

test('what the person wrote stands with the reading, marked as theirs, and is no report of the device', async () => {
  await using desk = startDesk();
  const reading = randomUUID();
  await desk.take(bloodPressure({ reading }).body);
  const words = '<i>etter trappene</i>';
  await desk.take(bloodPressure({ reading, words, put: 'amended' }).body);
  const page = async () => (await desk.ask('GET', '/?lang=en')).body;
  const shown = await page();
  expect(shown).toContain('the person’s own words: «&lt;i&gt;etter trappene&lt;/i&gt;»');
  expect(shown.split('etter trappene')).toHaveLength(2);
  expect(shown).toContain('own words added or changed');
  expect(shown).not.toContain('corrected by the home');
  await desk.take(bloodPressure({ reading, put: 'corrected' }).body);
  expect(await page()).not.toContain('etter trappene');
  expect(await page()).toContain('corrected by the home');
});

test('read is one button per line, sends a receipt, and only from our own page', async () => {
  await using desk = startDesk();
  const { id, body } = bloodPressure();
  await desk.take(body);
  const [row] = desk.store.readings({ count: 1 });
  const path = `/readings/${row?.row}/read?lang=en`;
  expect((await desk.ask('GET', '/?lang=en')).body).toContain(`action="${path}"`);
  for (const headers of [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:9999' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ] as Record<string, string>[]) {
    expect((await desk.ask('POST', path, headers)).statusCode).toBe(403);
    expect((await desk.ask('POST', `/api${path}`, headers)).statusCode).toBe(403);
  }
  expect(desk.published).toHaveLength(1);
  const form = {
    'content-type': 'application/x-www-form-urlencoded',
    origin: 'http://localhost:8430',
    'sec-fetch-site': 'same-origin',
  };
  const answer = await desk.ask('POST', path, form);
  expect([answer.statusCode, answer.headers.location]).toEqual([303, '/?lang=en']);
  expect(JSON.parse(desk.published[1] ?? '')).toMatchObject({ id, state: 'read', seq: 2 });
  const page = (await desk.ask('GET', '/?lang=en')).body;
  expect(page).not.toContain('<form');
  expect(page).toContain('read 20 Nov 2026, 07:32:07');
});

test('older readings are a link away, and the API has the same', async () => {
  await using desk = startDesk();
  for (let count = 0; count < 53; count += 1) await desk.take(contact().body);
  const first = await desk.ask('GET', '/?lang=en');
  const older = /href="(\/\?lang=en&amp;before=\d+)">Older/.exec(first.body)?.[1] ?? '';
  const second = await desk.ask('GET', older.replace('&amp;', '&'));
  expect(second.body.match(/<tr role="row">/g)).toHaveLength(4);
  expect(second.body).toContain('Newest readings');
  expect(second.body).not.toContain('Older readings');
  const api = (await desk.ask('GET', '/api/readings?lang=nb')).json();
  expect(api.readings).toHaveLength(50);
  expect(api.readings[0].said).toMatchObject({ kind: 'Dørkontakt', value: 'åpen' });
  expect((await desk.ask('GET', '/?before=x&lang=en')).statusCode).toBe(200);
});

test('what was typed in by hand is never shown as a device’s, in any language', () => {
  const options = { envelopeId: ENVELOPE_ID, recordedAt: '2026-11-20T08:02:11+01:00' };
  const envelope = toEnvelope(typedPressure, options);
  expect(said(envelope)).toMatchObject({
    kind: 'Blood pressure',
    value: '138/84 mmHg, pulse 71 /min',
    device: 'typed in by hand, by the person',
    clock: 'the time was typed in too',
    reported: [],
    basis: 'typed in at home for this person',
  });
  expect(said(envelope, 'nb').device).toBe('skrevet inn for hånd av personen selv');
  expect(said(envelope, 'nn').device).toBe('skriven inn for hand av personen sjølv');
  const [one] = typedPressure.measurements;
  const told = one ? [{ ...one, attributes: { typedBy: 'representative' } }] : [];
  expect(said(toEnvelope({ ...typedPressure, measurements: told }, options)).device).toBe(
    'typed in by hand, by a representative',
  );
  const [pulse] = [{ 'heart-rate': { value: '71', unit: '/min' } }].map((quantities) => ({
    ...typedPressure,
    kind: 'heart-rate' as const,
    measurements: [{ kind: 'heart-rate' as const, quantities, attributes: { typedBy: 'person' } }],
  }));
  expect(pulse && said(toEnvelope(pulse, options)).value).toBe('71 /min');
  expect(said(toRetraction(typedPressure, options))).toMatchObject({ device: '–', value: '' });
});
