import { expect, test } from 'vitest';
import { decodeGatt } from '../../../../adapters/bluetooth/gatt/index.ts';

/** Blood Pressure Measurement, as a Beurer BM85 sends it: vector bp-beurer-bm85-2. */
const SWAPPED = Buffer.from('56710049000000ea07080b1438000041010000', 'hex');
const pulseOf = (bytes: Uint8Array, quirks?: readonly string[]) => {
  const decoded = decodeGatt('2a35', bytes, quirks && { quirks });
  return decoded.ok && 'measurements' in decoded
    ? decoded.measurements[0]?.quantities['pulse-rate']
    : decoded;
};

test('swapped bytes are read of the model that is known to send them, and of bytes without a device', () => {
  const pulse = { value: '65', unit: '/min' };
  expect(pulseOf(SWAPPED, ['pulse-big-endian'])).toEqual(pulse);
  expect(pulseOf(SWAPPED)).toEqual(pulse);
  const refusal = { ok: false, reason: 'reserved-value' };
  expect(pulseOf(SWAPPED, [])).toEqual(refusal);
  expect(pulseOf(SWAPPED, ['raw-mantissa'])).toEqual(refusal);
});

test('a model with that quirk is read by its flags when it sends the standard form', () => {
  const standard = Buffer.from('167c0056006100e807060f11111b33000000', 'hex');
  expect(pulseOf(standard, ['pulse-big-endian'])).toEqual({ value: '51', unit: '/min' });
});

test('whole numbers of 16 bit only of the models that send them; special values stay', () => {
  const bytes = Buffer.from('0401115000ff074b00', 'hex');
  const systolic = (quirks: readonly string[]) => {
    const decoded = decodeGatt('2a35', bytes, { quirks });
    return decoded.ok && 'measurements' in decoded ? decoded.measurements[0]?.quantities : decoded;
  };
  expect(systolic(['raw-mantissa'])).toMatchObject({
    systolic: { value: '4353', unit: 'mm[Hg]' },
    mean: { absent: 'not-a-number' },
  });
  expect(systolic([])).toMatchObject({ systolic: { value: '2570' } });
});
