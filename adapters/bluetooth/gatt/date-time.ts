import type { Decoded } from '../../measurement.ts';
import { createCursor } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

/** Date Time (0x2A08), the device's wall clock; unknown parts are zero. */
export function dateTime(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const timestamp = frame.dateTime();
  if (frame.short()) return refused('too-short');
  return fieldsOf({ timestamp });
}
