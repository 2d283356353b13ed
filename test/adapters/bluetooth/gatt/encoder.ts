import { fc } from '../../../support/property.ts';

/** A frame builder that shares nothing with the decoders: little-endian bytes in a plain list. */
export function little(value: number, size: number): number[] {
  const bits = BigInt.asUintN(size * 8, BigInt(value));
  return Array.from({ length: size }, (_, index) => Number((bits >> BigInt(8 * index)) & 0xffn));
}

/** A number with the decimals it was sent with. */
export interface Decimal {
  readonly mantissa: number;
  readonly exponent: number;
}

const SFLOAT_RESERVED = new Set([0x07fe, 0x07ff, 0x0800, 0x0801, 0x0802]);

export function sfloatBytes({ mantissa, exponent }: Decimal): number[] {
  return little((exponent << 12) | (mantissa & 0xfff), 2);
}

export function floatBytes({ mantissa, exponent }: Decimal): number[] {
  return [...little(mantissa, 3), ...little(exponent, 1)];
}

export const sfloats: fc.Arbitrary<Decimal> = fc
  .record({
    mantissa: fc.integer({ min: -2048, max: 2047 }),
    exponent: fc.integer({ min: -8, max: 7 }),
  })
  .filter((decimal) => {
    const [low = 0, high = 0] = sfloatBytes(decimal);
    return !SFLOAT_RESERVED.has(low + high * 0x100);
  });

export const floats: fc.Arbitrary<Decimal> = fc.record({
  mantissa: fc.integer({ min: -0x7ffffd, max: 0x7ffffd }),
  exponent: fc.integer({ min: -10, max: 10 }),
});

/** Decimal text by JavaScript's own rounding, exact for numbers this short. */
export function textOf({ mantissa, exponent }: Decimal): string {
  return Number(`${mantissa}e${exponent}`).toFixed(Math.max(0, -exponent));
}

export interface Time {
  readonly year: number;
  readonly rest: readonly [number, number, number, number, number];
}

export const times: fc.Arbitrary<Time> = fc.record({
  year: fc.integer({ min: 1582, max: 9999 }),
  rest: fc.tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
    fc.integer({ min: 0, max: 23 }),
    fc.integer({ min: 0, max: 59 }),
    fc.integer({ min: 0, max: 59 }),
  ),
});

export function timeBytes({ year, rest }: Time): number[] {
  return [...little(year, 2), ...rest];
}

export function timeText({ year, rest }: Time): string {
  const [month, day, hour, minute, second] = rest;
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second)).toISOString().slice(0, 19);
}

/** A field that a flag switches on. */
export interface Field {
  readonly flag: number;
  readonly bytes: readonly number[];
}

/** Flags with the bit of each field that is present, and the fields' bytes in the given order. */
export function flagged(fields: readonly (Field | undefined)[]): {
  readonly flags: number;
  readonly bytes: number[];
} {
  const there = fields.filter((field) => field !== undefined);
  return {
    flags: there.reduce((flags, { flag }) => flags | (1 << flag), 0),
    bytes: there.flatMap(({ bytes }) => bytes),
  };
}

/** A field of this flag, when there is something to send. */
export function field<Value>(
  flag: number,
  value: Value | undefined,
  encode: (value: Value) => number[],
): Field | undefined {
  return value === undefined ? undefined : { flag, bytes: encode(value) };
}

export const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.option(arbitrary, { nil: undefined });

/** Bytes that newer devices append. */
export const trailing = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 4 });

export const u8 = fc.integer({ min: 0, max: 0xff });
export const u16 = fc.integer({ min: 0, max: 0xffff });
export const u24 = fc.integer({ min: 0, max: 0xffffff });
