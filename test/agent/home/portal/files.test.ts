import { text as textOf } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { csvLines } from '../../../../agent/home/portal/files/csv.ts';
import { inTurns } from '../../../../agent/home/portal/files/in-turns.ts';
import { ndjsonLines } from '../../../../agent/home/portal/files/ndjson.ts';
import { pdfOf } from '../../../../agent/home/portal/files/pdf.ts';
import { createOwnReadings } from '../../../../agent/home/portal/own-readings.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { HOUR, START, ZONE } from '../household.ts';
import { KARI, OLA, pressure, put, single, stored, storeOfPeople } from './many-readings.ts';

const GATEWAY = { systemId: '00-00-5E-FF-FE-00-53-99', version: '0.0.0', timeSync: 'ntp' } as const;
const READER = { now: START + HOUR, zone: ZONE, language: 'nb' } as const;

/** A CSV file read as RFC 4180 says. */
function parsed(csv: string): string[][] {
  const cells = [...csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)];
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of cells) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end !== ',') rows.push([]);
  }
  return rows.slice(0, -1);
}

function household(name = 'Cuff') {
  const db = storeOfPeople({ name, simulated: true });
  put(db, [
    stored(START, pressure(138), { status: ['irregular-pulse', 'cuff-too-loose'] }),
    stored(START - HOUR, single('body-weight', 'weight', { value: '71.80', unit: 'kg' })),
    stored(START - 2 * HOUR, single('environment', 'temperature', { value: '-3.50', unit: 'Cel' })),
    stored(START - 3 * HOUR, single('body-weight', 'weight', { absent: 'error' })),
    stored(START, pressure(199), { person: OLA }),
  ]);
  return createOwnReadings(db);
}

test('CSV: a line for each quantity, digits as the device sent them, in every spreadsheet', () => {
  const csv = [...csvLines(household().every(KARI), READER)].join('');
  expect(csv.startsWith('\ufeff')).toBe(true);
  expect(csv.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  const [head, ...rows] = parsed(csv.slice(1));
  expect(rows.map((cells) => cells.length)).toEqual(rows.map(() => head?.length));
  expect(rows.map((cells) => cells.slice(4, 8))).toEqual([
    ['systolic', '138', 'mmHg', ''],
    ['diastolic', '84', 'mmHg', ''],
    ['pulse-rate', '71', '/min', ''],
    ['weight', '71.80', 'kg', ''],
    ['temperature', '-3.50', '°C', ''],
    ['weight', '', '', 'feil'],
  ]);
  expect(rows[0]?.[1]).toBe('2026-03-02T10:00:00+01:00');
  expect(rows[0]?.slice(8)).toEqual([
    'Cuff, Example Cuff 1',
    'uregelmessig puls; mansjetten for løs',
    'tid for mottak',
    'DEMO',
    '',
  ]);
  expect(withoutIds(csv)).not.toContain('199');
});

test.each([
  '=1+1',
  '+1',
  '-1+2',
  '@SUM(A1)',
  '\t=1',
  '=HYPERLINK("http://x","a,b")',
  'a "b", c\r\nd',
])('CSV: a device called %j is text, and one cell', (name) => {
  const rows = parsed([...csvLines(household(name).every(KARI), READER)].join('').slice(1));
  const cell = rows[1]?.[8] ?? '';
  expect(cell).toContain(name);
  expect(cell).not.toMatch(/^[=+\-@\t]/);
  expect(rows[1]).toHaveLength(13);
});

test('CSV: a limit says so, and a state is told in words', () => {
  const db = storeOfPeople();
  const glucose = single('glucose', 'glucose', { value: '33.3', unit: 'mmol/L' });
  put(db, [
    stored(START, { ...glucose, attributes: { meal: 'fasting' } }, { status: ['result-too-high'] }),
    stored(START - 1, { kind: 'contact', quantities: {}, attributes: { opening: true } }),
    stored(START - 2, pressure(138), { status: ['invalid'] }),
  ]);
  const rows = parsed([...csvLines(createOwnReadings(db).every(KARI), READER)].join('').slice(1));
  expect(rows.slice(1, 4).map((cells) => cells[5])).toEqual(['>33.3', 'fastende', 'åpen']);
  expect(rows.slice(4).map((cells) => cells.slice(5, 8))).toEqual(
    Array.from({ length: 3 }, (_, n) => ['', n === 2 ? '/min' : 'mmHg', 'feil']),
  );
});

test('FHIR: one resource a line, digits kept, every reference in the file, people and devices once', () => {
  const lines = [...ndjsonLines(household().every(KARI), { person: KARI, gateway: GATEWAY })];
  const text = lines.join('');
  expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
  expect(text).toContain('"value":71.80,');
  const resources = lines.map((line) => JSON.parse(line) as { resourceType: string; id: string });
  const names = resources.map(({ resourceType, id }) => `${resourceType}/${id}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name.startsWith('Patient/'))).toHaveLength(1);
  const references = [...text.matchAll(/"reference":"([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(references.length).toBeGreaterThan(10);
  expect(references.filter((to) => !names.includes(to))).toEqual([]);
  expect(text).toContain('HTEST');
  expect(withoutIds(text)).not.toContain('199');
});

test('a long text comes in pieces, and no more is made than is fetched', async () => {
  let made = 0;
  function* lines() {
    for (; made < 10_000; made += 1) yield 'x'.repeat(99).concat('\n');
  }
  const pieces = inTurns(lines());
  await pieces.next();
  expect(made).toBeLessThan(200);
  let rest = 0;
  for await (const piece of pieces) rest += piece.length;
  expect(rest).toBeGreaterThan(900_000);
  expect(made).toBe(10_000);
});

test('PDF: tagged, in its language, with a font that has the letters, a page number on each page', async () => {
  const db = storeOfPeople({ name: 'Blodtrykksmåler' });
  put(
    db,
    Array.from({ length: 40 }, (_, n) => stored(START - n * HOUR, pressure(138))),
  );
  const pdf = await textOf(
    await pdfOf(createOwnReadings(db).every(KARI), { name: 'Čáhppe Đoŋ Eksempel', reader: READER }),
  );
  expect(pdf.startsWith('%PDF-1.7')).toBe(true);
  expect(pdf.trimEnd().endsWith('%%EOF')).toBe(true);
  expect(pdf).toContain('/Lang (nb)');
  expect(pdf).toContain('/Marked true');
  expect(pdf).toMatch(/\/BaseFont \/[A-Z]+\+DejaVuSans-Bold/);
  const pages = pdf.match(/\/Type \/Page\b(?!s)/g)?.length ?? 0;
  expect(pages).toBeGreaterThan(2);
  // A table for each page that has rows, each with its own head.
  expect(pdf.match(/\/S \/Table\b/g)?.length).toBe(pages);
  expect(pdf.match(/\/S \/TR\b/g)?.length).toBe(40 + pages);
  expect(pdf.match(/\/Scope \/Column/g)?.length).toBe(3 * pages);
});

test('PDF: a longer list than it may hold ends with a sentence, and not in silence', async () => {
  const db = storeOfPeople();
  put(
    db,
    Array.from({ length: 5 }, (_, n) => stored(START - n * HOUR, pressure(138))),
  );
  const made = async (max: number) => {
    const readings = createOwnReadings(db).every(KARI);
    const pdf = await textOf(await pdfOf(readings, { name: 'Kari Eksempel', reader: READER, max }));
    return [/\/S \/TR\b/g, /\/S \/P\b/g].map((what) => pdf.match(what)?.length);
  };
  expect(await made(5)).toEqual([6, 2]);
  expect(await made(4)).toEqual([5, 3]);
});

test('PDF: of nobody’s readings there is one page, and a fault while it is made ends the stream', async () => {
  const empty = await textOf(await pdfOf([], { name: 'Kari Eksempel', reader: READER }));
  expect(empty.match(/\/Type \/Page\b(?!s)/g)).toHaveLength(1);
  const failing = {
    [Symbol.iterator]: () => ({
      next: (): never => {
        throw new RangeError('a fault');
      },
    }),
  };
  const stream = await pdfOf(failing, { name: 'Kari Eksempel', reader: READER });
  await expect(textOf(stream)).rejects.toThrow('a fault');
});
