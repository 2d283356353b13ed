import type { Decoded } from '../../measurement.ts';
import { fieldsOf, measured, refused } from './decoded.ts';
import { decimalText, steps } from './ieee-11073-float.ts';

export const VITAFIT_HEADER = 0x5a;
const PRODUCT = 0x26;
const TRAILER = 0xaa;
/** Header, length, product, type, checksum and trailer around no data. */
const FRAME_BYTES_MIN = 6;
/** The length counts what follows it. */
const UNCOUNTED_BYTES = 2;

const WEIGHT = 0x10;
const WEIGHT_BYTES = 12;
const STABLE = 2;
const IMPEDANCE = 0x11;
const IMPEDANCE_BYTES = 13;

/**
 * Frame of a Vitafit VT701: weight in 0.01 kg, a result once it is stable, or impedance in Ohm.
 */
export function vitafitScale(bytes: Uint8Array): Decoded {
  if (!isWhole(bytes)) return refused('bad-checksum');
  const pair = (at: number) => (bytes[at] ?? 0) * 0x100 + (bytes[at + 1] ?? 0);
  if (bytes[3] === WEIGHT && bytes.length >= WEIGHT_BYTES) {
    const raw = pair(8);
    if (bytes[4] !== STABLE) return fieldsOf({ stable: false, weightKg: decimalText(raw, -2) });
    return measured([
      {
        kind: 'body-weight',
        quantities: { weight: steps(raw, 1, -2, 'kg') },
        attributes: { stable: true },
      },
    ]);
  }
  if (bytes[3] === IMPEDANCE && bytes.length >= IMPEDANCE_BYTES) {
    const impedance = steps(pair(9), 1, 0, 'Ohm');
    return measured([{ kind: 'body-composition', quantities: { impedance }, attributes: {} }]);
  }
  return refused('unsupported');
}

function isWhole(bytes: Uint8Array): boolean {
  if (bytes.length < FRAME_BYTES_MIN || bytes.length !== (bytes[1] ?? 0) + UNCOUNTED_BYTES) {
    return false;
  }
  if (bytes[0] !== VITAFIT_HEADER || bytes[2] !== PRODUCT) return false;
  if (bytes[bytes.length - 1] !== TRAILER) return false;
  // The check byte is the exclusive or of everything from the length to the last data byte.
  return bytes.subarray(1, -1).reduce((sum, byte) => sum ^ byte, 0) === 0;
}
