import type { Attribute, Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { measured, present, refused } from './decoded.ts';

/** Bits 1-2: below 2 the sensor cannot tell. */
const CONTACT = ['unsupported', 'unsupported', 'not-detected', 'detected'] as const;

/**
 * Heart Rate Measurement (0x2A37), /min. "Contact not detected" travels as a status: some straps
 * say so beside a valid rate. `rrRaw1024` are beat-to-beat intervals in 1/1024 s.
 */
export function heartRateMeasurement(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const flags = frame.u8();
  const rate = bit(flags, 0) ? frame.u16() : frame.u8();
  const sensorContact = CONTACT[(flags >> 1) & 0b11] ?? 'unsupported';
  const energyExpendedKJ = bit(flags, 3) ? frame.u16() : undefined;
  const intervals: number[] = [];
  if (bit(flags, 4)) {
    do intervals.push(frame.u16());
    while (frame.left() >= 2);
  }
  if (frame.short()) return refused('too-short');
  return measured(
    [
      {
        kind: 'heart-rate',
        quantities: { 'heart-rate': { value: rate.toString(), unit: '/min' } },
        attributes: present<Attribute>({
          flags,
          sensorContact,
          energyExpendedKJ,
          rrRaw1024: intervals.length > 0 ? intervals : undefined,
          trailingBytes: frame.left(),
        }),
      },
    ],
    { status: sensorContact === 'not-detected' ? ['contact-not-detected'] : [] },
  );
}
