import { expect, test } from 'vitest';
import { LANGUAGE_TAGS } from '../../../agent/pages/language.ts';
import { numberText } from '../../../agent/pages/number.ts';
import { fc } from '../../support/property.ts';

test.each([
  ['72.50', '72,50', '72,50', '72.50'],
  ['6.0', '6,0', '6,0', '6.0'],
  ['1.20e2', '120', '120', '120'],
  ['-0.50', '−0,50', '−0,50', '−0.50'],
  ['-5e-2', '−0,05', '−0,05', '−0.05'],
  ['101325', '101325', '101325', '101325'],
  ['0.1000000000000000055', '0,1000000000000000055', '0,1000000000000000055', undefined],
])('%s in each language, no digit more or less', (value, nb, nn, en) => {
  const said = LANGUAGE_TAGS.map((language) => numberText(value, language));
  expect(said).toEqual([nb, nn, en ?? value]);
});

test('whatever it is asked to write, it writes something', () => {
  expect(numberText('1e999', 'en')).toBe('1e999');
  expect(numberText('', 'nb')).toBe('');
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...LANGUAGE_TAGS), (value, language) => {
      expect(typeof numberText(value, language)).toBe('string');
    }),
  );
});
