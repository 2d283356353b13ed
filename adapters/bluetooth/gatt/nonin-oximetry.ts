import type { Decoded, Quantity } from '../../measurement.ts';
import { createCursor } from './cursor.ts';
import { measured, refused } from './decoded.ts';

const FRAME_BYTES = 10;
/** What stands in the place of a number while there is none: no finger, or no pulse yet. */
const NO_SATURATION: ReadonlySet<number> = new Set([0, 127, 255]);
const NO_PULSE: ReadonlySet<number> = new Set([0, 511]);

/**
 * Once a second from the maker's own Oximetry Service: length, status, three bytes that nobody has
 * named, a counter, saturation and pulse, high byte first. Without both numbers nothing was measured.
 */
export function noninOximetry(bytes: Uint8Array): Decoded {
  if (bytes.length < FRAME_BYTES) return refused('too-short');
  if (bytes[0] !== FRAME_BYTES || bytes.length !== FRAME_BYTES) return refused('bad-checksum');
  const frame = createCursor(bytes.subarray(1));
  const statusBits = frame.u8();
  frame.skip(3);
  const high = frame.u8();
  const counter = high * 0x100 + frame.u8();
  const saturation = frame.u8();
  const pulse = frame.u8() * 0x100 + frame.u8();
  const spo2 = withoutCodes(saturation, NO_SATURATION, '%');
  const rate = withoutCodes(pulse, NO_PULSE, '/min');
  if (!('value' in spo2) && !('value' in rate)) return refused('not-a-result');
  return measured([
    {
      kind: 'oxygen-saturation',
      quantities: { spo2, 'pulse-rate': rate },
      attributes: { modality: 'continuous', counter, statusBits },
    },
  ]);
}

const withoutCodes = (number: number, codes: ReadonlySet<number>, unit: string): Quantity =>
  codes.has(number) ? { absent: 'not-performed', unit } : { value: number.toString(), unit };
