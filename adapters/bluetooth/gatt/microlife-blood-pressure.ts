import type { Decoded, Measurement } from '../../measurement.ts';
import { hex, localDateTime } from './cursor.ts';
import { fieldsOf, measured, refused } from './decoded.ts';

/** `4D 3A`, then the length of payload and checksum, high byte first. */
const HEADER = [0x4d, 0x3a] as const;
const HEADER_BYTES = 4;
const CHECKSUM_BYTES = 1;

const RECORDS_AT = 38;
export const MICROLIFE_RECORD_BYTES = 10;
const RECORD_BYTES = MICROLIFE_RECORD_BYTES;
const MINUTE_TEXT = 'YYYY-MM-DDThh:mm'.length;

/**
 * Memory of a Microlife BP3GY1-2N, framed or already taken out of its frame. Each record carries
 * its own time in `timestamp`; a memory of several has no one device time, and says so.
 */
export function microlifeBloodPressure(bytes: Uint8Array): Decoded {
  const framed = bytes[0] === HEADER[0];
  const payload = framed ? unframe(bytes) : bytes;
  if (!payload) return refused('bad-checksum');
  if (payload.length < RECORDS_AT) {
    return framed ? fieldsOf({ payloadHex: hex(payload) }) : refused('too-short');
  }
  const measurements: Measurement[] = [];
  for (let at = RECORDS_AT; at < payload.length; at += RECORD_BYTES) {
    if (at + RECORD_BYTES > payload.length) return refused('too-short');
    const record = readRecord(payload.subarray(at, at + RECORD_BYTES));
    if (record) measurements.push(record);
  }
  const [first] = measurements;
  if (!first) return measured([]);
  const deviceTime =
    measurements.length === 1
      ? `${first.attributes.timestamp}:00`
      : localDateTime(0, 0, 0, 0, 0, 0);
  return measured(measurements, { deviceTime });
}

/** The records of a whole memory frame, each as it came; undefined for a frame that is not whole. */
export function microlifeRecords(frame: Uint8Array): readonly Uint8Array[] | undefined {
  const payload = unframe(frame);
  const bytes = payload?.subarray(RECORDS_AT);
  if (!bytes || bytes.length % RECORD_BYTES !== 0) return undefined;
  const count = bytes.length / RECORD_BYTES;
  return Array.from({ length: count }, (_, index) =>
    bytes.slice(index * RECORD_BYTES, (index + 1) * RECORD_BYTES),
  );
}

/** One record of the memory, cut from its frame. Its clock has no seconds. */
export function microlifeRecord(bytes: Uint8Array): Decoded {
  if (bytes.length !== RECORD_BYTES) return refused('too-short');
  if (bytes.every((byte) => byte === 0)) return refused('not-a-result');
  const record = readRecord(bytes);
  return record
    ? measured([record], { deviceTime: `${record.attributes.timestamp}:00` })
    : refused('reserved-value');
}

function unframe(bytes: Uint8Array): Uint8Array | undefined {
  const [, second, high = 0, low = 0] = bytes;
  const length = high * 0x100 + low;
  if (second !== HEADER[1] || length < CHECKSUM_BYTES) return undefined;
  if (bytes.length !== HEADER_BYTES + length) return undefined;
  const covered = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
  const sum = covered.reduce((total, byte) => (total + byte) & 0xff, 0);
  return sum === bytes[bytes.length - 1] ? covered.subarray(HEADER_BYTES) : undefined;
}

/** Undefined for an empty slot, a date that cannot be, or a pressure that no cuff measures. */
function readRecord(record: Uint8Array): Measurement | undefined {
  const [systolic = 0, diastolic = 0, pulse = 0, year = 0, month = 0, day = 0] = record;
  const [hour = 0, minute = 0] = record.subarray(6);
  const dated = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60;
  if (!dated || systolic <= diastolic) return undefined;
  return {
    kind: 'blood-pressure',
    quantities: {
      systolic: { value: systolic.toString(), unit: 'mm[Hg]' },
      diastolic: { value: diastolic.toString(), unit: 'mm[Hg]' },
      'pulse-rate': { value: pulse.toString(), unit: '/min' },
    },
    attributes: {
      timestamp: localDateTime(2000 + year, month, day, hour, minute, 0).slice(0, MINUTE_TEXT),
    },
  };
}
