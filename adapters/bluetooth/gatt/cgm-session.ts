import type { Decoded } from '../../measurement.ts';
import { createCursor } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';
import { readE2eCrc } from './e2e-crc.ts';

/** CGM Session Start Time (0x2AAA); zone and daylight saving in steps of 15 minutes. */
export function cgmSessionStartTime(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const sessionStartTime = frame.dateTime();
  const timeZone15min = frame.s8();
  const dstOffset15min = frame.u8();
  const check = readE2eCrc(frame, bytes);
  if (frame.short()) return refused('too-short');
  return fieldsOf({ sessionStartTime, timeZone15min, dstOffset15min, ...check });
}

/** CGM Session Run Time (0x2AAB), hours. */
export function cgmSessionRunTime(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const sessionRunTimeH = frame.u16();
  const check = readE2eCrc(frame, bytes);
  if (frame.short()) return refused('too-short');
  return fieldsOf({ sessionRunTimeH, ...check });
}
