import type { Decoded } from '../../measurement.ts';
import { createCursor } from './cursor.ts';
import { fieldsOf, flagNames, refused } from './decoded.ts';
import { readE2eCrc } from './e2e-crc.ts';

/** Status, calibration and temperature, warning: one octet each. */
const STATUS: Readonly<Record<number, string>> = {
  0: 'session-stopped',
  1: 'battery-low',
  2: 'sensor-type-incorrect',
  3: 'sensor-malfunction',
  4: 'device-specific-alert',
  5: 'general-fault',
  8: 'time-sync-required',
  9: 'calibration-not-allowed',
  10: 'calibration-recommended',
  11: 'calibration-required',
  12: 'temp-too-high',
  13: 'temp-too-low',
  16: 'below-patient-low',
  17: 'above-patient-high',
  18: 'below-hypo',
  19: 'above-hyper',
  20: 'rate-decrease-exceeded',
  21: 'rate-increase-exceeded',
  22: 'below-device-range',
  23: 'above-device-range',
};

/** CGM Status (0x2AA9). `crcOk` false says that the frame is damaged. */
export function cgmStatus(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const timeOffsetMin = frame.u16();
  const status24 = frame.u24();
  const check = readE2eCrc(frame, bytes);
  if (frame.short()) return refused('too-short');
  return fieldsOf({ timeOffsetMin, status24, ...check, status: flagNames(status24, STATUS) });
}
