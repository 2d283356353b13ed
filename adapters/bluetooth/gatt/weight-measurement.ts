import type { Attribute, Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { measured, present, refused } from './decoded.ts';
import { steps } from './ieee-11073-float.ts';
import { height, mass, UNSUCCESSFUL } from './mass-units.ts';

/** Weight Measurement (0x2A9D), in kg and m or [lb_av] and [in_i] as sent. */
export function weightMeasurement(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const flags = frame.u8();
  const imperial = bit(flags, 0);
  const weight = frame.u16();
  const deviceTime = bit(flags, 1) ? frame.dateTime() : undefined;
  const userIndex = bit(flags, 2) ? frame.u8() : undefined;
  const bmi = bit(flags, 3) ? steps(frame.u16(), 1, -1, 'kg/m2') : undefined;
  const tall = bit(flags, 3) ? height(frame.u16(), imperial) : undefined;
  if (frame.short()) return refused('too-short');
  return measured(
    [
      {
        kind: 'body-weight',
        quantities: present({ weight: mass(weight, imperial), bmi, height: tall }),
        attributes: present<Attribute>({ flags, trailingBytes: frame.left() }),
      },
    ],
    { deviceTime, userIndex, status: weight === UNSUCCESSFUL ? ['measurement-unsuccessful'] : [] },
  );
}
