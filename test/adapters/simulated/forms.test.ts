import { expect, test } from 'vitest';
import { decodeGatt } from '../../../adapters/bluetooth/gatt/index.ts';
import {
  currentTime,
  dateTime,
  decimalText,
  float,
  sfloat,
  systemId,
} from '../../../adapters/simulated/encode.ts';
import { FORMS, type FormName } from '../../../adapters/simulated/forms.ts';
import { SIMULATED_MODELS, type SimulatedModel } from '../../../adapters/simulated/models.ts';
import { createRandom } from '../../../adapters/simulated/random.ts';
import { fc } from '../../support/property.ts';

const AT = Date.UTC(2026, 10, 20, 7, 31, 12, 500);
/** 20 November 2026, 07:31:12 by the layout of 0x2A08, written by hand. */
const AT_HEX = 'ea070b14071f0c';
const lowest = {
  random: () => 0,
  localTime: AT,
  nanMean: false,
  clockNotSet: false,
};

const hex = (bytes: Buffer) => bytes.toString('hex');

test('number and time formats are as the standards lay them out', () => {
  expect(hex(sfloat(138))).toBe('8a00');
  expect(hex(sfloat(368, 1))).toBe('70f1');
  expect(hex(sfloat(-5, 1))).toBe('fbff');
  expect(hex(sfloat(undefined))).toBe('ff07');
  expect(() => sfloat(2046)).toThrow(RangeError);
  expect(hex(float(361, 1))).toBe('690100ff');
  expect(hex(float(-1, 0))).toBe('ffffff00');
  expect(hex(dateTime(AT))).toBe(AT_HEX);
  expect(hex(currentTime(AT))).toBe(`${AT_HEX}058000`);
  expect(hex(currentTime(Date.UTC(2026, 10, 22)))).toBe('ea070b16000000070000');
  expect(hex(systemId('00-00-5E-FF-FE-00-53-01'))).toBe('015300feff5e0000');
  expect(decimalText(71850, 3)).toBe('71.850');
  expect(decimalText(5, 3)).toBe('0.005');
  expect(decimalText(-5, 1)).toBe('-0.5');
  expect(decimalText(97, 0)).toBe('97');
});

test.each([
  ['blood-pressure', {}, `0670004a005700${AT_HEX}3600`],
  ['blood-pressure', { userId: 0xff, nanMean: true }, `0e70004a00ff07${AT_HEX}3600ff`],
  ['blood-pressure', { userId: 2 }, `0e70004a005700${AT_HEX}360002`],
  ['body-weight', {}, `02543d${AT_HEX}`],
  ['body-composition', {}, `0205dd00${AT_HEX}a0173831`],
  ['body-temperature', {}, `06690100ff${AT_HEX}03`],
  ['oxygen-saturation', { clockNotSet: true }, `115d003700${AT_HEX}`],
  ['oxygen-saturation', {}, `015d003700${AT_HEX}`],
  ['heart-rate', {}, '1640b403'],
] as const)('%s with %j is the bytes written by hand', (form, more, bytes) => {
  expect(hex(FORMS[form]({ ...lowest, ...more }).bytes)).toBe(bytes);
});

const products = new Map<FormName, SimulatedModel>(
  Object.values(SIMULATED_MODELS).map((model) => [model.form, model]),
);

test('what the ground truth says is what the decoders find in the bytes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...products.keys()),
      fc.integer(),
      fc.boolean(),
      fc.option(fc.constantFrom(1, 2, 255), { nil: undefined }),
      (form, seed, flag, userId) => {
        const measured = FORMS[form]({
          random: createRandom(seed),
          localTime: AT,
          nanMean: flag,
          clockNotSet: flag,
          ...(userId === undefined ? {} : { userId }),
        });
        const decoded = decodeGatt(products.get(form)?.characteristic ?? '', measured.bytes);
        if (!decoded.ok || !('measurements' in decoded)) throw new Error('not a measurement');
        const [measurement] = decoded.measurements;
        expect(measurement?.kind).toBe(products.get(form)?.kind);
        const given = Object.entries(measurement?.quantities ?? {}).flatMap(([name, quantity]) =>
          'value' in quantity ? [[name, quantity] as const] : [],
        );
        const truth = Object.entries(measured.values).map(
          ([name, value]) => [name, { value, unit: measured.unit[name] }] as const,
        );
        expect(Object.fromEntries(given)).toEqual(Object.fromEntries(truth));
        expect(Object.keys(measured.unit)).toEqual(Object.keys(measured.values));
        if (form === 'blood-pressure') {
          expect(decoded.userIndex).toBe(userId === 255 ? undefined : userId);
        }
      },
    ),
  );
});
