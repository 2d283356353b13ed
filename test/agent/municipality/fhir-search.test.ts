import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { instantRange } from '../../../agent/municipality/fhir-server/instant.ts';
import {
  parseCriteria,
  parseSearch,
} from '../../../agent/municipality/fhir-server/search-parse.ts';
import { matchSql, pageSql } from '../../../agent/municipality/fhir-server/search-sql.ts';
import type { Database } from '../../../agent/store.ts';
import { fc } from '../../support/property.ts';
import { observation, PERSON, startFhir } from './fhir-harness.ts';

const OTHER = '0f0e0d0c-0b0a-4908-8706-050403020100';
const subject = (id: string, pseudonym: string) => ({
  reference: `Patient/${id}`,
  identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${pseudonym}` },
});

async function filled() {
  const fhir = startFhir();
  const ids: string[] = [];
  const rows = [
    { subject: subject('p1', PERSON), effectiveDateTime: '2026-11-20T07:00:00+01:00' },
    { subject: subject('p1', PERSON), effectiveDateTime: '2026-11-20T06:30:00Z' },
    { subject: subject('p2', OTHER), effectiveDateTime: '2026-11-19' },
    {
      subject: { reference: 'Device/d1' },
      device: { reference: 'Device/d2' },
      effectiveDateTime: undefined,
    },
    {
      subject: subject('p2', OTHER),
      device: { reference: 'Device/d1' },
      code: {
        coding: [
          { system: 'urn:iso:std:iso:11073:10101', code: '15074-8' },
          { system: 'http://loinc.org', code: '8867-4' },
        ],
      },
      effectiveDateTime: '2026-11-21T00:00:00.500Z',
    },
  ];
  for (const [index, row] of rows.entries()) {
    const made = await fhir.ask('POST', '/Observation', observation(`eb5-${index}`, row));
    ids.push(made.body.id);
  }
  /** Which of the rows an address finds, in its order. */
  const find = async (query: string) => {
    const answer = await fhir.ask('GET', `/Observation?${query}`);
    if (answer.status !== 200) return answer.status;
    return answer.body.entry.map((one: { resource: { id: string } }) =>
      ids.indexOf(one.resource.id),
    );
  };
  return { ...fhir, ids, find };
}

test.each([
  ['', [0, 1, 2, 3, 4]],
  ['patient=p1', [0, 1]],
  ['patient=Patient/p1', [0, 1]],
  ['subject=Patient/p2', [2, 4]],
  ['subject=p1,p2', [0, 1, 2, 4]],
  ['subject=Device/d1', [3]],
  ['subject=d1', [3]],
  [`patient:identifier=urn:ietf:rfc:3986|urn:uuid:${PERSON}`, [0, 1]],
  [`subject:identifier=urn:ietf:rfc:3986%7Curn:uuid:${OTHER}`, [2, 4]],
  [`subject:identifier=urn:uuid:${OTHER}`, [2, 4]],
  [`subject:identifier=urn:other|urn:uuid:${OTHER}`, []],
  ['device=Device/d1', [4]],
  ['device=d2', [3]],
  ['code=15074-8', [0, 1, 2, 3, 4]],
  ['code=http://loinc.org|15074-8', [0, 1, 2, 3]],
  ['code=http://loinc.org|8867-4,urn:x|1', [4]],
  ['code=http://loinc.org|', [0, 1, 2, 3, 4]],
  ['code=|15074-8', []],
  ['identifier=urn:uuid:eb5-2', [2]],
  ['identifier=urn:ietf:rfc:3986|urn:uuid:eb5-2', [2]],
  ['patient=p1&code=8867-4', []],
  ['date=2026-11-20', [0, 1]],
  ['date=ge2026-11-20T07:00:00%2B01:00', [0, 1, 4]],
  ['date=gt2026-11-20', [4]],
  ['date=lt2026-11-20', [2]],
  ['date=le2026-11-20', [0, 1, 2]],
  ['date=ne2026-11-20', [2, 4]],
  ['date=ge2026-11-20&date=lt2026-11-21', [0, 1]],
  ['date=2026-11-19,2026-11-21', [2, 4]],
  ['date=eb2026-11-20', [2]],
  ['date=sa2026-11-20', [4]],
  ['_sort=date', [3, 2, 0, 1, 4]],
  ['_sort=-date', [4, 1, 0, 2, 3]],
  ['_sort=-_lastUpdated', [4, 3, 2, 1, 0]],
  ['_sort=-date&_count=2', [4, 1]],
  ['_count=0', []],
  ['_lastUpdated=gt2020', [0, 1, 2, 3, 4]],
])('a search by "%s" finds what it names', async (query, expected) => {
  await using fhir = await filled();
  expect(await fhir.find(query)).toEqual(expected);
});

test.each([
  'status=final',
  'patient.identifier=1',
  'patient:Patient=1',
  'code:text=x',
  'code:not=x',
  'date:missing=true',
  '_include=Observation:subject',
  '_has:Observation:patient:code=1',
  '_summary=count',
  '_elements=id',
  '_sort=code',
  '_sort=date,_lastUpdated',
  '_count=ten',
  '_count=-1',
  '_cursor=x',
  'date=yesterday',
  'date=ap2026-11-20',
  'date=2026-11-20T07:00:00+01:00', // an unescaped plus is a space
  'patient=Device/d1',
  'code=',
  'code=a|b|c',
  'toString=1',
  '__proto__=1',
])('a search by "%s" is 400, never an empty list', async (query) => {
  await using fhir = await filled();
  expect(await fhir.find(query)).toBe(400);
});

test('a search is also POSTed, and one of a type that is not kept is 400', async () => {
  await using fhir = await filled();
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const post = (path: string, body: string) => fhir.ask('POST', path, body, form);
  expect((await post('/Observation/_search', 'patient=p1')).body.total).toBe(2);
  expect((await post('/Observation/_search?patient=p1', 'date=2026-11-21')).body.total).toBe(0);
  expect((await post('/Observation/_search', 'patient.identifier=p1')).status).toBe(400);
  expect((await fhir.ask('GET', '/Practitioner?name=x')).status).toBe(400);
});

test('pages neither repeat nor leave out, also when readings come in between', async () => {
  await using fhir = startFhir();
  const add = (minute: number) =>
    fhir.ask(
      'POST',
      '/Observation',
      observation(randomUUID(), {
        effectiveDateTime: `2026-11-20T07:${String(minute).padStart(2, '0')}:00Z`,
      }),
    );
  // Several readings have the same time: the order must still be one.
  for (let at = 0; at < 25; at += 1) await add(Math.floor(at / 4));
  const seen: string[] = [];
  let next: string | undefined = '/Observation?patient=p1&_sort=-date&_count=4';
  while (next !== undefined) {
    const page = await fhir.ask('GET', next);
    expect(page.body.entry.length).toBeLessThanOrEqual(4);
    seen.push(...page.body.entry.map((one: { resource: { id: string } }) => one.resource.id));
    const link = page.body.link.find((one: { relation: string }) => one.relation === 'next');
    next = link?.url.replace('http://127.0.0.1:8440/fhir', '');
    await add(59);
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toHaveLength(25);
});

test.each([
  ['patient=p1&_sort=-date&_count=50', 'resources_by_subject'],
  [
    `patient:identifier=urn:ietf:rfc:3986|urn:uuid:${PERSON}&_sort=-date`,
    'resources_by_subject_value',
  ],
  ['patient=p1&code=http://loinc.org|15074-8&_sort=-date', 'resources_by_subject'],
  ['device=Device/d1&_sort=date', 'resources_by_device'],
  ['_sort=-_lastUpdated', 'resources_by_updated'],
  ['date=ge2026-11-20&_sort=date', 'resources_by_date'],
])('a search by "%s" is answered by the index %s, in its order', async (query, index) => {
  await using fhir = await filled();
  const plan = planOf(fhir.db, pageSql(parseSearch('Observation', new URLSearchParams(query))));
  expect(plan[0]).toMatch(new RegExp(`^SEARCH resources USING INDEX ${index} `));
  expect(plan.filter((step) => /SCAN|TEMP B-TREE/.test(step))).toEqual([]);
});

test('what a condition names is looked up, never scanned for', async () => {
  await using fhir = await filled();
  const criteria = parseCriteria('Observation', 'identifier=urn:ietf:rfc:3986|urn:uuid:eb5-1');
  const plan = planOf(fhir.db, matchSql(criteria));
  expect(plan.filter((step) => step.startsWith('SEARCH')).join()).toContain('SEARCH tokens USING');
  expect(plan.filter((step) => step.startsWith('SCAN'))).toEqual([]);
});

function planOf(db: Database, sql: ReturnType<typeof pageSql>): string[] {
  return db
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.text}`)
    .all(...sql.values)
    .map(({ detail }) => detail);
}

test('a date means the range of its precision, and what is no date has none', () => {
  const range = (text: string) => {
    const found = instantRange(text);
    return found && [found.low, found.high].map((ms) => new Date(ms).toISOString());
  };
  expect(range('2026')).toEqual(['2026-01-01T00:00:00.000Z', '2026-12-31T23:59:59.999Z']);
  expect(range('2026-02')).toEqual(['2026-02-01T00:00:00.000Z', '2026-02-28T23:59:59.999Z']);
  expect(range('2026-11-20T07:31+01:00')).toEqual([
    '2026-11-20T06:31:00.000Z',
    '2026-11-20T06:31:59.999Z',
  ]);
  expect(range('2026-11-20T07:31:12.25Z')).toEqual([
    '2026-11-20T07:31:12.250Z',
    '2026-11-20T07:31:12.250Z',
  ]);
  for (const text of ['2026-13', '2026-02-30', '2026-11-20T25:00:00Z', '2026-1-1', '', 'x']) {
    expect(range(text)).toBeUndefined();
  }
});

test('any instant lies within its own range', () => {
  const instants = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(instants, fc.constantFrom(10, 16, 19, 23), (date, length) => {
      const text = date.toISOString().slice(0, length) + (length > 10 ? 'Z' : '');
      const range = instantRange(text);
      expect(range?.low).toBeLessThanOrEqual(date.getTime());
      expect(range?.high).toBeGreaterThanOrEqual(date.getTime());
    }),
  );
});
