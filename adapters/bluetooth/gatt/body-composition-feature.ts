import type { Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

/** Body Composition Feature (0x2A9B). The resolutions are information: they do not scale 0x2A9C. */
export function bodyCompositionFeature(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const features = frame.u32();
  if (frame.short()) return refused('too-short');
  return fieldsOf({
    features,
    timestampSupported: bit(features, 0),
    multipleUsers: bit(features, 1),
    basalMetabolismSupported: bit(features, 2),
    musclePercentageSupported: bit(features, 3),
    muscleMassSupported: bit(features, 4),
    fatFreeMassSupported: bit(features, 5),
    softLeanMassSupported: bit(features, 6),
    bodyWaterMassSupported: bit(features, 7),
    impedanceSupported: bit(features, 8),
    weightSupported: bit(features, 9),
    heightSupported: bit(features, 10),
    massResolution: (features >> 11) & 0b1111,
    heightResolution: (features >> 15) & 0b111,
  });
}
