import { describe, expect, test } from 'vitest';
import { exactNumber, kPaToMmHg, movePoint } from '../../fhir/number.ts';
import { fc } from '../support/property.ts';

test('a number is written digit for digit', () => {
  for (const text of ['6.0', '71.800', '0.0060', '-0.5', '0', '12345678901234567890.10', '1e3']) {
    expect(JSON.stringify([exactNumber(text)])).toBe(`[${text}]`);
  }
});

test('what is no JSON number is refused, whatever it would smuggle in', () => {
  for (const text of [
    '',
    ' 6',
    '6,0',
    '06',
    '.5',
    '5.',
    '+5',
    'NaN',
    'Infinity',
    '1}',
    '"a"',
    '1 ',
  ]) {
    expect(() => exactNumber(text)).toThrow(RangeError);
  }
});

describe('kPa to mm[Hg], rounded to the decimals of the source', () => {
  for (const [kPa, mmHg] of [
    ['16.0', '120.0'],
    ['10.7', '80.3'],
    ['18.4', '138.0'],
    ['11.2', '84.0'],
    ['13', '98'],
    ['13.33', '99.98'],
    ['0.0', '0.0'],
    ['-1.0', '-7.5'],
  ] as const) {
    test(`${kPa} kPa`, () => expect(kPaToMmHg(kPa)).toBe(mmHg));
  }

  test('is as near as its decimals allow', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9999, max: 99_999 }), fc.nat(3), (digits, decimals) => {
        const text = (digits / 10 ** decimals).toFixed(decimals);
        const result = kPaToMmHg(text);
        expect(result.split('.')[1]?.length ?? 0).toBe(decimals);
        expect(Math.abs(Number(result) - Number(text) * 7.500617)).toBeLessThanOrEqual(
          0.5 * 10 ** -decimals + 1e-9,
        );
      }),
    );
  });
});

test('moving the point moves precision and nothing else', () => {
  expect(movePoint('0.0060', 3)).toBe('6.0');
  expect(movePoint('0.0012', 5)).toBe('120');
  expect(movePoint('1.750', 2)).toBe('175.0');
  expect(movePoint('1.8', 2)).toBe('180');
  expect(movePoint('-0.050', 1)).toBe('-0.50');
  expect(movePoint('1.2e-2', 2)).toBe('1.2');
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), (digits, places) => {
      expect(movePoint(movePoint(`${digits}.0`, -places), places)).toBe(`${digits}.0`);
    }),
  );
});
