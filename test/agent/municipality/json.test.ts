import { expect, test } from 'vitest';
import { isObject, numberText, objects, parseJson } from '../../../agent/municipality/json.ts';
import { fc } from '../../support/property.ts';

/** Any number that JSON can spell, in any spelling of it. */
const spelling = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.constantFrom('0', '6', '71', '120', '12345678901234567890'),
    fc.stringMatching(/^(\.[0-9]{1,6})?$/),
    fc.stringMatching(/^([eE][+-]?[0-9]{1,2})?$/),
  )
  .map((parts) => parts.join(''));

test('any number, read and written again, is the same text', () => {
  fc.assert(
    fc.property(spelling, (text) => {
      const body = `{"value":${text},"list":[${text},"${text}"]}`;
      const parsed = parseJson(body) as { value: unknown };
      expect(JSON.stringify(parsed)).toBe(body);
      expect(numberText(parsed.value)).toBe(text);
    }),
  );
});

test('whatever else JSON holds is as JSON.parse has it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(JSON.stringify(parseJson(text)))).toEqual(JSON.parse(text));
    }),
  );
});

test('a number kept as text is no object', () => {
  const value = parseJson('6.0');
  expect([isObject(value), numberText(value), numberText('6.0')]).toEqual([
    false,
    '6.0',
    undefined,
  ]);
  expect(objects([value, {}, [], null, 1])).toEqual([{}]);
});
