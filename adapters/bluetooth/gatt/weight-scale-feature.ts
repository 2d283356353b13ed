import type { Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

/** Weight Scale Feature (0x2A9E). The resolutions are information: they do not scale 0x2A9D. */
export function weightScaleFeature(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const features = frame.u32();
  if (frame.short()) return refused('too-short');
  return fieldsOf({
    features,
    timestampSupported: bit(features, 0),
    multipleUsers: bit(features, 1),
    bmiSupported: bit(features, 2),
    weightResolution: (features >> 3) & 0b1111,
    heightResolution: (features >> 7) & 0b111,
  });
}
