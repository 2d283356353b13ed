import type { Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

/** Blood Pressure Feature (0x2A49): what the cuff can detect. */
export function bloodPressureFeature(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const features = frame.u16();
  if (frame.short()) return refused('too-short');
  return fieldsOf({
    features,
    bodyMovementDetection: bit(features, 0),
    cuffFitDetection: bit(features, 1),
    irregularPulseDetection: bit(features, 2),
    pulseRateRangeDetection: bit(features, 3),
    measurementPositionDetection: bit(features, 4),
    multipleBonds: bit(features, 5),
    e2eCrc: bit(features, 6),
    userDataService: bit(features, 7),
    userFacingTime: bit(features, 8),
  });
}
