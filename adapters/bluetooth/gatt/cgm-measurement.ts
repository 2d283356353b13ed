import type { Attribute, Decoded, Measurement } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { measured, present, refused } from './decoded.ts';
import { readE2eCrc } from './e2e-crc.ts';
import { ieee11073Quantity } from './ieee-11073-float.ts';

/** Size, flags, glucose and time offset. */
const RECORD_BYTES_MIN = 6;

/**
 * CGM Measurement (0x2AA7): one or more records, mg/dL, timed from the start of the session.
 * Which sample it is stands in the CGM feature, not here.
 */
export function cgmMeasurement(bytes: Uint8Array): Decoded {
  const measurements: Measurement[] = [];
  let at = 0;
  do {
    const size = bytes[at] ?? 0;
    if (size < RECORD_BYTES_MIN || at + size > bytes.length) return refused('too-short');
    const record = readRecord(bytes.subarray(at, at + size));
    if (!record) return refused('too-short');
    if (record.attributes.crcOk === false) return refused('bad-checksum');
    measurements.push(record);
    at += size;
  } while (at < bytes.length);
  return measured(measurements);
}

function readRecord(bytes: Uint8Array): Measurement | undefined {
  const frame = createCursor(bytes);
  const size = frame.u8();
  const flags = frame.u8();
  const glucose = frame.sfloat();
  const timeOffsetMin = frame.u16();
  const statusOctet = bit(flags, 7) ? frame.u8() : undefined;
  const calTempOctet = bit(flags, 6) ? frame.u8() : undefined;
  const warningOctet = bit(flags, 5) ? frame.u8() : undefined;
  const trend = bit(flags, 0) ? frame.sfloat() : undefined;
  const quality = bit(flags, 1) ? frame.sfloat() : undefined;
  const check = readE2eCrc(frame, bytes);
  if (frame.short()) return undefined;
  return {
    kind: 'glucose',
    quantities: present({
      glucose: ieee11073Quantity(glucose, 'mg/dL'),
      trend: trend && ieee11073Quantity(trend, 'mg/dL/min'),
      quality: quality && ieee11073Quantity(quality, '%'),
    }),
    attributes: present<Attribute>({
      modality: 'continuous',
      size,
      flags,
      timeOffsetMin,
      statusOctet,
      calTempOctet,
      warningOctet,
      ...check,
    }),
  };
}
