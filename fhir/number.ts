/** Numbers as decimal text, from the device's own digits to JSON: never through floating point. */

declare global {
  interface JSON {
    /** ES2026; Node has it since 21, TypeScript's library not yet. */
    rawJSON(text: string): unknown;
  }
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Digits that a device could have sent, with room; more is no measurement. */
const EXPONENT_MAX = 128;

/**
 * The text as a JSON number, digit for digit: `6.0` is written 6.0. Typed as the number that FHIR's
 * types want; it may only be handed to `JSON.stringify`. Throws a RangeError when it is no number.
 */
export function exactNumber(text: string): number {
  if (!JSON_NUMBER.test(text)) throw new RangeError('not a decimal number');
  return JSON.rawJSON(text) as unknown as number;
}

/** digits × 10^-scale: the scale is the precision that the source showed. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

function parse(text: string): Decimal {
  const [, sign, whole, fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (whole === undefined || Math.abs(Number(exponent)) > EXPONENT_MAX) {
    throw new RangeError('not a decimal number');
  }
  return {
    digits: BigInt(`${sign}${whole}${fraction}`),
    scale: fraction.length - Number(exponent),
  };
}

function write({ digits, scale }: Decimal): string {
  const sign = digits < 0n ? '-' : '';
  const plain = (digits < 0n ? -digits : digits).toString();
  if (scale <= 0) return digits === 0n ? '0' : `${sign}${plain}${'0'.repeat(-scale)}`;
  const padded = plain.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** Times 10^places by moving the point: `0.0060` by 3 is `6.0`, `1.750` by 2 is `175.0`. */
export function movePoint(text: string, places: number): string {
  const { digits, scale } = parse(text);
  return write({ digits, scale: scale - places });
}

/** 1 kPa in mm[Hg], × 10^6 (standards 3.5). */
const MMHG_PER_KPA = { digits: 7_500_617n, scale: 6 };

/** kPa to mm[Hg], rounded half away from zero to the decimals that the source showed. */
export function kPaToMmHg(text: string): string {
  const { digits, scale } = parse(text);
  const unit = 10n ** BigInt(MMHG_PER_KPA.scale);
  const product = digits * MMHG_PER_KPA.digits;
  const half = product < 0n ? -unit / 2n : unit / 2n;
  return write({ digits: (product + half) / unit, scale });
}
