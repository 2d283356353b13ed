import type { Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { fieldsOf, present, refused } from './decoded.ts';

/** PLX Features (0x2A60), with the status bits that the device supports. */
export function plxFeatures(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const features = frame.u16();
  const measurementStatusSupport = bit(features, 0) ? frame.u16() : undefined;
  const deviceSensorStatusSupport = bit(features, 1) ? frame.u24() : undefined;
  if (frame.short()) return refused('too-short');
  return fieldsOf(
    present<unknown>({
      features,
      measurementStatusSupported: bit(features, 0),
      deviceSensorStatusSupported: bit(features, 1),
      storage: bit(features, 2),
      timestampSupported: bit(features, 3),
      fastSupported: bit(features, 4),
      slowSupported: bit(features, 5),
      pulseAmplitudeIndexSupported: bit(features, 6),
      multipleBonds: bit(features, 7),
      measurementStatusSupport,
      deviceSensorStatusSupport,
    }),
  );
}
