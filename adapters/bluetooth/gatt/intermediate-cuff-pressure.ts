import type { Decoded } from '../../measurement.ts';
import { bloodPressureStatus } from './blood-pressure-status.ts';
import { bit, createCursor } from './cursor.ts';
import { fieldsOf, present, refused } from './decoded.ts';
import { ieee11073Text } from './ieee-11073-float.ts';

/** Intermediate Cuff Pressure (0x2A36): the pressure while it inflates, never a result. */
export function intermediateCuffPressure(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const flags = frame.u8();
  const cuffPressure = ieee11073Text(frame.sfloat());
  frame.skip(4); // diastolic and mean: unused
  const timestamp = bit(flags, 1) ? frame.dateTime() : undefined;
  const pulseRate = bit(flags, 2) ? ieee11073Text(frame.sfloat()) : undefined;
  const userId = bit(flags, 3) ? frame.u8() : undefined;
  const measurementStatus = bit(flags, 4) ? frame.u16() : undefined;
  if (frame.short()) return refused('too-short');
  const said = measurementStatus === undefined ? undefined : bloodPressureStatus(measurementStatus);
  return fieldsOf(
    present<unknown>({
      flags,
      cuffPressure,
      unit: bit(flags, 0) ? 'kPa' : 'mmHg',
      timestamp,
      pulseRate,
      userId,
      measurementStatus,
      status: said?.named,
      pulseRange: said?.pulseRange,
      trailingBytes: frame.left(),
    }),
  );
}
