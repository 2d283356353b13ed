import type { DataAbsentReason, Quantity, Ucum } from '../../measurement.ts';

/**
 * A number as IEEE 11073-20601 sends it. The exponent carries the precision that the device
 * claims (`0xE0C8` is 2.00), so mantissa and exponent stay apart until they become text.
 */
export type Ieee11073 =
  | { readonly mantissa: number; readonly exponent: number }
  | { readonly special: Special };

/** What a device sends instead of a number. `NRes`: not at this resolution. */
type Special = 'NaN' | 'NRes' | '+INF' | '-INF' | 'reserved';

const SFLOAT_SPECIALS: Readonly<Record<number, Special>> = {
  2047: 'NaN',
  2048: 'NRes',
  2046: '+INF',
  2050: '-INF',
  2049: 'reserved',
};

const FLOAT_SPECIALS: Readonly<Record<number, Special>> = {
  8388607: 'NaN',
  8388608: 'NRes',
  8388606: '+INF',
  8388610: '-INF',
  8388609: 'reserved',
};

const ABSENT: Readonly<Record<Special, DataAbsentReason>> = {
  NaN: 'not-a-number',
  NRes: 'error',
  '+INF': 'positive-infinity',
  '-INF': 'negative-infinity',
  reserved: 'error',
};

/** Reads a 16-bit SFLOAT: 4-bit exponent and 12-bit mantissa, both two's complement. */
export function sfloat(bits: number): Ieee11073 {
  const special = SFLOAT_SPECIALS[bits];
  if (special) return { special };
  const exponent = bits >> 12;
  const mantissa = bits & 0x0fff;
  return {
    mantissa: mantissa >= 0x0800 ? mantissa - 0x1000 : mantissa,
    exponent: exponent >= 0x8 ? exponent - 0x10 : exponent,
  };
}

/** 16 bits of a device that sends whole numbers in the place of SFLOATs; special values stay. */
export function wholeNumber(bits: number): Ieee11073 {
  const special = SFLOAT_SPECIALS[bits];
  return special ? { special } : { mantissa: bits, exponent: 0 };
}

/** Reads a 32-bit FLOAT: 8-bit exponent and 24-bit mantissa, both two's complement. */
export function float(bits: number): Ieee11073 {
  const special = FLOAT_SPECIALS[bits >>> 0];
  if (special) return { special };
  const exponent = bits >>> 24;
  const mantissa = bits & 0xffffff;
  return {
    mantissa: mantissa >= 0x800000 ? mantissa - 0x1000000 : mantissa,
    exponent: exponent >= 0x80 ? exponent - 0x100 : exponent,
  };
}

/**
 * Exact decimal text of mantissa × 10^exponent with the decimals that the exponent states:
 * (200, -2) is "2.00". Never passes through a binary fraction.
 */
export function decimalText(mantissa: number, exponent: number): string {
  const sign = mantissa < 0 ? '-' : '';
  const digits = Math.abs(mantissa).toString();
  if (exponent >= 0) return mantissa === 0 ? '0' : `${sign}${digits}${'0'.repeat(exponent)}`;
  const padded = digits.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** Text of a value, or the name of the special value. */
export function ieee11073Text(number: Ieee11073): string {
  return 'special' in number ? number.special : decimalText(number.mantissa, number.exponent);
}

/**
 * A value with its unit; specials become data-absent reasons. `shift` changes the unit by a power
 * of ten through the exponent, so that the precision stays: 59e-4 mol/L is 5.9 mmol/L.
 */
export function ieee11073Quantity(number: Ieee11073, unit: Ucum, shift = 0): Quantity {
  return 'special' in number
    ? { absent: ABSENT[number.special], unit }
    : { value: decimalText(number.mantissa, number.exponent + shift), unit };
}

/** A whole number of fixed steps, e.g. 14360 × 5 × 10^-3 kg is 71.800 kg. */
export function steps(raw: number, step: number, exponent: number, unit: Ucum): Quantity {
  return { value: decimalText(raw * step, exponent), unit };
}
