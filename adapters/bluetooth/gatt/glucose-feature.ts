import type { Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

/** Glucose Feature (0x2A51): what the meter can detect. */
export function glucoseFeature(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const features = frame.u16();
  if (frame.short()) return refused('too-short');
  return fieldsOf({
    features,
    lowBatteryDetection: bit(features, 0),
    sensorMalfunctionDetection: bit(features, 1),
    sampleSizeDetection: bit(features, 2),
    stripInsertionDetection: bit(features, 3),
    stripTypeDetection: bit(features, 4),
    resultRangeDetection: bit(features, 5),
    temperatureRangeDetection: bit(features, 6),
    readInterruptDetection: bit(features, 7),
    generalFaultDetection: bit(features, 8),
    timeFaultDetection: bit(features, 9),
    multipleBonds: bit(features, 10),
  });
}
