import type { Attribute, Decoded, StatusFlag } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { measured, present, refused } from './decoded.ts';
import { ieee11073Quantity } from './ieee-11073-float.ts';
import { oxygenSaturation } from './oxygen-saturation.ts';
import { pulseOximeterStatus } from './pulse-oximeter-status.ts';

/**
 * PLX Spot-Check Measurement (0x2A5E). With status `device-clock-not-set` the device time is what
 * was sent and means nothing.
 */
export function plxSpotCheckMeasurement(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const flags = frame.u8();
  const spo2 = frame.sfloat();
  const pulse = frame.sfloat();
  const deviceTime = bit(flags, 0) ? frame.dateTime() : undefined;
  const measurementStatus = bit(flags, 1) ? frame.u16() : undefined;
  const deviceSensorStatus = bit(flags, 2) ? frame.u24() : undefined;
  const amplitude = bit(flags, 3) ? frame.sfloat() : undefined;
  if (frame.short()) return refused('too-short');
  const deviceClockNotSet = bit(flags, 4);
  const clock: StatusFlag[] = deviceClockNotSet ? ['device-clock-not-set'] : [];
  return measured(
    [
      {
        kind: 'oxygen-saturation',
        quantities: present({
          spo2: oxygenSaturation(spo2),
          'pulse-rate': ieee11073Quantity(pulse, '/min'),
          'pulse-amplitude-index': amplitude && ieee11073Quantity(amplitude, '%'),
        }),
        attributes: present<Attribute>({
          modality: 'spot',
          flags,
          measurementStatus,
          deviceSensorStatus,
          deviceClockNotSet,
          trailingBytes: frame.left(),
        }),
      },
    ],
    {
      deviceTime,
      status: [...pulseOximeterStatus(measurementStatus, deviceSensorStatus), ...clock],
    },
  );
}
