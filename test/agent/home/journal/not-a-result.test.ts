import { expect, test } from 'vitest';
import { interpret } from '../../../../agent/home/journal/interpret.ts';

const gatt = (characteristic: string, hex: string) =>
  interpret({ source: { service: '1800', characteristic }, bytes: Buffer.from(hex, 'hex') });

/** Glucose Measurement with concentration: type and location in the last byte. */
const glucose = (typeAndLocation: string) => `06 0700 ea070302 0a0000 3dc0 ${typeAndLocation}`;
/** PLX spot-check and continuous with a measurement status. */
const spot = (status: string) => `02 6100 6000 ${status}`;
const continuous = (status: string) => `04 6100 6000 ${status}`;

test.each([
  ['glucose of control solution, by its type', '2a18', glucose('1a')],
  ['glucose of control solution, by its location', '2a18', glucose('41')],
  ['a spot-check of demonstration data', '2a5e', spot('0004')],
  ['a spot-check of test data', '2a5e', spot('0008')],
  ['a continuous measurement of demonstration data', '2a5f', continuous('0004')],
  ['a continuous measurement of test data', '2a5f', continuous('0008')],
  ['the running pressure of a cuff', '2a36', '00 7800 ff07 ff07'],
])('%s is nobody’s measurement', (_name, characteristic, hex) => {
  expect(gatt(characteristic, hex.replaceAll(' ', ''))).toEqual({ is: 'not-a-result' });
});

test.each([
  ['glucose of blood', '2a18', glucose('11')],
  ['a spot-check that is validated', '2a5e', spot('8000')],
  ['a continuous measurement without such a status', '2a5f', continuous('2000')],
])('%s is one', (_name, characteristic, hex) => {
  expect(gatt(characteristic, hex.replaceAll(' ', ''))).toMatchObject({ is: 'result' });
});

test.each([
  ['an object', '62'],
  ['a weight that is not stable', '02'],
  ['a weight after the person has left', 'a2'],
])('a scale that weighs %s broadcasts no weight of anybody', (_name, control) => {
  const bytes = Buffer.from(`${control}e02ee707030a0a0000`, 'hex');
  expect(interpret({ source: { serviceData: '181d' }, bytes })).toEqual({ is: 'not-a-result' });
});
