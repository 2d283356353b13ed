import type { Decoded } from '../../measurement.ts';
import { createCursor } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

/** Local Time Information (0x2A0F), both in steps of 15 minutes; zone -128 and DST 255 are unknown. */
export function localTimeInformation(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const timeZone15min = frame.s8();
  const dstOffset15min = frame.u8();
  if (frame.short()) return refused('too-short');
  return fieldsOf({ timeZone15min, dstOffset15min });
}
