import type { Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { fieldsOf, present, refused } from './decoded.ts';
import { e2eCrc, hex16 } from './e2e-crc.ts';
import { glucoseSample } from './glucose-sample.ts';

const E2E_CRC_SUPPORTED = 12;
/** What stands in the place of the check where it is not supported. */
const NO_CRC = 0xffff;

/** CGM Feature (0x2AA8): features and the sample that the sensor measures. */
export function cgmFeature(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const feature24 = frame.u24();
  const sample = glucoseSample(frame.u8());
  const covered = bytes.subarray(0, bytes.length - frame.left());
  const sent = frame.u16();
  if (frame.short()) return refused('too-short');
  const wanted = bit(feature24, E2E_CRC_SUPPORTED) ? e2eCrc(covered) : NO_CRC;
  return fieldsOf(
    present<unknown>({ feature24, ...sample, e2eCrc: hex16(sent), crcOk: sent === wanted }),
  );
}
