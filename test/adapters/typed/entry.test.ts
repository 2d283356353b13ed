import { describe, expect, test } from 'vitest';
import { decodeTyped, encodeTyped, type TypedEntry } from '../../../adapters/typed/entry.ts';
import {
  checkTyped,
  fieldsOf,
  isTypedKind,
  TYPED_KINDS,
  type TypedKind,
} from '../../../adapters/typed/form.ts';
import { fc } from '../../support/property.ts';

const KINDS = Object.keys(TYPED_KINDS) as TypedKind[];
const entry: TypedEntry = {
  kind: 'body-weight',
  quantities: { weight: '72.50' },
  at: '2026-03-02T08:00:00+01:00',
  by: 'person',
};
const bytesOf = (over: object) => Buffer.from(JSON.stringify({ ...entry, ...over }));
const weigh = (weight: string) => checkTyped('body-weight', { weight });

describe('a number as it was typed', () => {
  test('comma and point are one sign, and decimals stay', () => {
    for (const [typed, value] of [
      ['72,50', '72.50'],
      ['72.50', '72.50'],
      [' 72 ', '72'],
      ['072,5', '72.5'],
      ['0,8', '0.8'],
    ] as const) {
      expect(weigh(typed)).toEqual({ ok: true, quantities: { weight: value } });
    }
  });

  test('what is no number, has too many decimals or cannot be shown is refused, each by its name', () => {
    for (const [typed, why] of [
      ['', 'empty'],
      ['   ', 'empty'],
      ['72,5 kg', 'not-a-number'],
      ['72 5', 'not-a-number'],
      ['-3', 'not-a-number'],
      ['7e1', 'not-a-number'],
      ['72,', 'not-a-number'],
      ['1,234,5', 'not-a-number'],
      ['٧٢', 'not-a-number'],
      ['1'.repeat(400), 'not-a-number'],
      ['72,5001', 'decimals'],
      ['1000', 'range'],
      ['0', 'range'],
    ] as const) {
      expect([typed, weigh(typed)]).toEqual([typed, { ok: false, refusals: { weight: why } }]);
    }
    expect(checkTyped('oxygen-saturation', { spo2: '100,5' })).toMatchObject({
      refusals: { spo2: 'range' },
    });
    expect(checkTyped('oxygen-saturation', { spo2: '100' }).ok).toBe(true);
    // 98.6 °F, and 108 mg/dL.
    expect(checkTyped('body-temperature', { temperature: '98.6' }).ok).toBe(false);
    expect(checkTyped('glucose', { glucose: '108' }).ok).toBe(false);
  });

  test('an upper pressure that is not above the lower is none', () => {
    const pressure = (systolic: string, diastolic: string) =>
      checkTyped('blood-pressure', { systolic, diastolic });
    expect(pressure('84', '138')).toEqual({ ok: false, refusals: { systolic: 'order' } });
    expect(pressure('84', '84')).toMatchObject({ ok: false });
    expect(pressure('300', '4').ok).toBe(true);
    expect(pressure('', '4')).toEqual({ ok: false, refusals: { systolic: 'empty' } });
  });

  test('what a device need not show may be left out; what is not asked for is not taken', () => {
    const typed = { systolic: '138', diastolic: '84', 'pulse-rate': '', mean: '100' };
    expect(checkTyped('blood-pressure', typed)).toEqual({
      ok: true,
      quantities: { systolic: '138', diastolic: '84' },
    });
    expect(checkTyped('body-weight', Object.create({ weight: '72' })).ok).toBe(false);
    expect(isTypedKind('constructor')).toBe(false);
  });
});

describe('the journal’s bytes', () => {
  test('say what was typed, with its unit and who typed it', () => {
    expect(decodeTyped(encodeTyped(entry))).toEqual({
      ok: true,
      measurement: {
        kind: 'body-weight',
        quantities: { weight: { value: '72.50', unit: 'kg' } },
        attributes: { typedBy: 'person' },
      },
      at: '2026-03-02T08:00:00+01:00',
    });
  });

  test('the same entry gives the same bytes, in whatever order it was filled in', () => {
    const pressure = { ...entry, kind: 'blood-pressure' } as const;
    const one = encodeTyped({ ...pressure, quantities: { systolic: '138', diastolic: '84' } });
    const other = encodeTyped({ ...pressure, quantities: { diastolic: '84', systolic: '138' } });
    expect(Buffer.compare(one, other)).toBe(0);
  });

  test('of another form are refused', () => {
    for (const over of [
      { kind: 'contact' },
      { kind: '__proto__' },
      { at: '2026-03-02T08:00:00' },
      { at: '2026-13-40T08:00:00+01:00' },
      { by: 'helper' },
      { quantities: null },
      { quantities: ['72'] },
    ]) {
      expect(decodeTyped(bytesOf(over))).toEqual({ ok: false, reason: 'unsupported' });
    }
    expect(decodeTyped(bytesOf({ quantities: { weight: '7200' } }))).toEqual({
      ok: false,
      reason: 'reserved-value',
    });
    expect(decodeTyped(new Uint8Array())).toEqual({ ok: false, reason: 'unsupported' });
    expect(decodeTyped(bytesOf({ more: 'x'.repeat(2_000) })).ok).toBe(false);
  });

  test('whatever is typed and accepted is stored digit for digit', () => {
    const numbers = fc.tuple(fc.nat(1_200), fc.option(fc.stringMatching(/^\d{1,3}$/)));
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.array(numbers, { minLength: 3 }), (kind, all) => {
        const texts = fieldsOf(kind).map(({ name }, index) => {
          const [whole, fraction] = all[index] ?? [0, null];
          return [name, fraction === null ? `${whole}` : `${whole},${fraction}`] as const;
        });
        const checked = checkTyped(kind, Object.fromEntries(texts));
        if (!checked.ok) return;
        const decoded = decodeTyped(encodeTyped({ ...entry, ...checked, kind }));
        if (!decoded.ok) throw new Error(decoded.reason);
        const values = Object.entries(decoded.measurement.quantities).map(([name, quantity]) => [
          name,
          'value' in quantity && quantity.value.replace('.', ','),
        ]);
        expect(values).toEqual(texts);
      }),
    );
  });

  test('any bytes are decoded or refused, never thrown at', () => {
    const changed = fc.tuple(fc.nat(200), fc.nat(255)).map(([at, to]) => {
      const bytes = Buffer.from(encodeTyped(entry));
      bytes[at % bytes.length] = to;
      return bytes;
    });
    const json = fc.json().map((text) => Buffer.from(text));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), changed, json), (bytes) => {
        const decoded = decodeTyped(bytes);
        expect(typeof decoded.ok).toBe('boolean');
      }),
      { numRuns: 2_000 },
    );
  });
});
