import type { Decoded } from '../../measurement.ts';
import { createCursor } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

/**
 * Current Time (0x2A2B). `dayOfWeek` 1 is Monday, 0 unknown; `adjustReason` bits: 0 manual,
 * 1 external reference, 2 time zone, 3 daylight saving.
 */
export function currentTime(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const timestamp = frame.dateTime();
  const dayOfWeek = frame.u8();
  const fractions256 = frame.u8();
  const adjustReason = frame.u8();
  if (frame.short()) return refused('too-short');
  return fieldsOf({
    timestamp,
    dayOfWeek,
    fractions256,
    adjustReason,
    trailingBytes: frame.left(),
  });
}
