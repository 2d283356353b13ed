import type { Attribute, Decoded, Quantity } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { measured, present, refused } from './decoded.ts';
import { steps } from './ieee-11073-float.ts';
import { height, mass, UNSUCCESSFUL } from './mass-units.ts';

/**
 * Body Composition Measurement (0x2A9C). With `multiplePacket` the rest of the weighing is in the
 * next indication.
 */
export function bodyCompositionMeasurement(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const flags = frame.u16();
  const imperial = bit(flags, 0);
  const fat = frame.u16();
  const deviceTime = bit(flags, 1) ? frame.dateTime() : undefined;
  const userIndex = bit(flags, 2) ? frame.u8() : undefined;
  const massAt = (flag: number): Quantity | undefined =>
    bit(flags, flag) ? mass(frame.u16(), imperial) : undefined;
  // Properties are evaluated in this order, which is the order on air.
  const quantities = present<Quantity>({
    'body-fat': fat === UNSUCCESSFUL ? { absent: 'error', unit: '%' } : steps(fat, 1, -1, '%'),
    'basal-metabolism': bit(flags, 3) ? steps(frame.u16(), 1, 0, 'kJ') : undefined,
    'muscle-percentage': bit(flags, 4) ? steps(frame.u16(), 1, -1, '%') : undefined,
    'muscle-mass': massAt(5),
    'fat-free-mass': massAt(6),
    'soft-lean-mass': massAt(7),
    'body-water-mass': massAt(8),
    impedance: bit(flags, 9) ? steps(frame.u16(), 1, -1, 'Ohm') : undefined,
    weight: massAt(10),
    height: bit(flags, 11) ? height(frame.u16(), imperial) : undefined,
  });
  if (frame.short()) return refused('too-short');
  return measured(
    [
      {
        kind: 'body-composition',
        quantities,
        attributes: present<Attribute>({
          flags,
          massUnit: imperial ? 'lb' : 'kg',
          multiplePacket: bit(flags, 12),
          trailingBytes: frame.left(),
        }),
      },
    ],
    { deviceTime, userIndex, status: fat === UNSUCCESSFUL ? ['measurement-unsuccessful'] : [] },
  );
}
