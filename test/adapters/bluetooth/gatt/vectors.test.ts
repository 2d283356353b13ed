import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { e2eCrc, hex16 } from '../../../../adapters/bluetooth/gatt/e2e-crc.ts';
import {
  float,
  ieee11073Text,
  sfloat,
} from '../../../../adapters/bluetooth/gatt/ieee-11073-float.ts';
import { bytesOf, decodeLike, expectFacts, type Vector, vectors } from './vectors.ts';

const decodable = vectors.filter((vector) => vector.transport !== 'primitive');
const primitives = vectors.filter((vector) => vector.transport === 'primitive');

test.each(decodable.map((vector) => [vector.id, vector] as const))('%s', (_, vector) => {
  expectFacts(vector, decodeLike(vector, bytesOf(vector)));
});

test.each(primitives.map((vector) => [vector.id, vector] as const))('%s', (_, vector) => {
  const bytes = bytesOf(vector);
  if (vector.kind === 'e2e-crc') {
    expect(hex16(e2eCrc(bytes))).toBe(vector.expected.crc);
    return;
  }
  const bits = bytes.reduceRight((sum, byte) => sum * 0x100 + byte, 0);
  const text = ieee11073Text(vector.kind === 'ieee11073-sfloat' ? sfloat(bits) : float(bits));
  const { value } = vector.expected;
  if (vector.exactDecimalText) expect(text).toBe(vector.exactDecimalText.value);
  else expect(text).toBe(value);
});

test.each([
  ['bp-microlife-two', ['120/80/60 2024-06-15T14:30', '130/85/70 2025-01-02T03:04']],
  ['bp-microlife-empty', ['120/80/60 2024-06-15T14:30']],
  ['bp-microlife-baddate', []],
])('%s: one measurement for each record', (id, records) => {
  const vector = vectors.find((candidate) => candidate.id === id) as Vector;
  const decoded = decodeLike(vector, bytesOf(vector));
  if (!decoded.ok || !('measurements' in decoded)) throw new Error('no measurements');
  const text = decoded.measurements.map(({ quantities, attributes }) => {
    const [systolic, diastolic, pulse] = Object.values(quantities).map((quantity) =>
      'value' in quantity ? quantity.value : '',
    );
    return `${systolic}/${diastolic}/${pulse} ${attributes.timestamp}`;
  });
  expect(text).toEqual(records);
});

/** Whose shorter form is a whole frame of its own: lists, texts and requests with any operand. */
const OPEN_ENDED: ReadonlySet<string> = new Set(['0x2A37', '0x2A29', '0xFFF1']);

test.each(
  decodable.filter(({ expected }) => !('error' in expected)).map((v) => [v.id, v] as const),
)('%s cut short anywhere never throws and never passes for whole', (_, vector) => {
  const bytes = bytesOf(vector);
  const whole = vector.transport.startsWith('gatt') && !OPEN_ENDED.has(vector.characteristic ?? '');
  for (let length = 0; length < bytes.length; length += 1) {
    const decoded = decodeLike(vector, bytes.slice(0, length));
    // Where a device may leave the check out, a frame without it is whole.
    const withoutCheck = 'e2eCrc' in vector.expected && length === bytes.length - 2;
    // Four bytes of a count are two bytes of a count and two more.
    const narrowCount = vector.expected.numberOfRecords !== undefined && length === 4;
    if (whole && !withoutCheck && !narrowCount) {
      expect(decoded, `${length} of ${bytes.length} bytes`).toMatchObject({ ok: false });
    }
  }
});

const shared = join(import.meta.dirname, '../../../../../shared/vectors');

test.skipIf(!existsSync(shared))('every public vector is here, and none that was rejected', () => {
  const ids = (name: string): string[] =>
    JSON.parse(readFileSync(join(shared, name), 'utf8')).map(({ id }: { id: string }) => id);
  const here = new Set(vectors.map(({ id }) => id));
  expect(ids('public.json').filter((id) => !here.has(id))).toEqual([]);
  expect(ids('rejected.json').filter((id) => here.has(id))).toEqual([]);
});
