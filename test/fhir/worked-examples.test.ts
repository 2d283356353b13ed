import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  ENVELOPE_FORMAT,
  PERSON_BASIS_SYSTEM,
  toEnvelope,
  toRetraction,
} from '../../fhir/bundle.ts';
import { bloodPressure, ENVELOPE_ID, EXAMPLES } from './examples.ts';
import { parseExact } from './json.ts';

const fixtures = join(import.meta.dirname, '../fixtures/fhir');
const originals = join(import.meta.dirname, '../../../shared/examples');

/** UUIDs of version 5 are of an unknown namespace: named by order of appearance, so references still count. */
const V5 = /[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

function anonymous(text: string): unknown {
  const names = new Map<string, string>();
  // Keys in one order first, so that both sides meet the identifiers in the same order.
  const sorted = JSON.stringify(parseExact(text), (_key, value) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return JSON.parse(
    sorted.replaceAll(V5, (id) => {
      const name = names.get(id) ?? `v5-${names.size + 1}`;
      names.set(id, name);
      return name;
    }),
  );
}

/** Our envelope without the one thing that the examples leave out: the tags of the Bundle itself. */
function comparable(ours: string): unknown {
  const { meta, ...rest } = anonymous(
    ours.replace(ENVELOPE_ID, '00000000-0000-5000-8000-000000000000'),
  ) as Record<string, unknown>;
  expect(meta).toEqual({
    tag: [ENVELOPE_FORMAT, { system: PERSON_BASIS_SYSTEM, code: 'chosen-slot' }],
  });
  return rest;
}

describe('worked examples, field by field and digit by digit', () => {
  for (const { file, reading, recordedAt } of EXAMPLES) {
    test(file, () => {
      const expected = readFileSync(join(fixtures, `${file}.json`), 'utf8');
      const ours = toEnvelope(reading, { envelopeId: ENVELOPE_ID, recordedAt });
      expect(comparable(ours)).toEqual(anonymous(expected));
    });
  }

  test('retraction-bundle', () => {
    const expected = readFileSync(join(fixtures, 'retraction-bundle.json'), 'utf8');
    const ours = toRetraction(bloodPressure, {
      envelopeId: ENVELOPE_ID,
      recordedAt: '2026-11-20T18:02:11+01:00',
    });
    expect(comparable(ours)).toEqual(anonymous(expected));
  });

  // The examples live beside the repository, and only with its authors.
  if (existsSync(originals))
    test('the fixtures are the agreed examples', () => {
      for (const file of [...EXAMPLES.map((each) => each.file), 'retraction-bundle', 'consent']) {
        expect(readFileSync(join(fixtures, `${file}.json`), 'utf8')).toBe(
          readFileSync(join(originals, `${file}.json`), 'utf8'),
        );
      }
    });
});
