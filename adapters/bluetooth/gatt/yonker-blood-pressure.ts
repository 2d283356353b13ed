import type { Attribute, Decoded } from '../../measurement.ts';
import { localDateTime } from './cursor.ts';
import { measured, refused } from './decoded.ts';

const FRAME_BYTES = 15;
const HEADER = 0x81;
const MINUTE_TEXT = 'YYYY-MM-DDThh:mm'.length;

/**
 * Result frame of a Yonker YK-IBPA1 cuff: marker, systolic, diastolic and pulse, two unknown bytes,
 * then day, month, year after 2000, hour and minute. Its clock has no seconds.
 */
export function yonkerBloodPressure(bytes: Uint8Array): Decoded {
  if (bytes.length !== FRAME_BYTES || bytes[0] !== HEADER) return refused('bad-checksum');
  const [, systolic = 0, diastolic = 0, pulse = 0, , , ...rest] = bytes;
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0] = rest;
  if (systolic <= diastolic) return refused('reserved-value');
  const deviceTime = localDateTime(2000 + year, month, day, hour, minute, 0);
  const attributes: Record<string, Attribute> = { timestamp: deviceTime.slice(0, MINUTE_TEXT) };
  return measured(
    [
      {
        kind: 'blood-pressure',
        quantities: {
          systolic: { value: systolic.toString(), unit: 'mm[Hg]' },
          diastolic: { value: diastolic.toString(), unit: 'mm[Hg]' },
          'pulse-rate': { value: pulse.toString(), unit: '/min' },
        },
        attributes,
      },
    ],
    { deviceTime },
  );
}

/** Running cuff pressure while it measures comes on the same characteristic, under other markers. */
export const yonkerNotification = (bytes: Uint8Array): Decoded =>
  isYonkerResult(bytes) ? yonkerBloodPressure(bytes) : refused('not-a-result');

export const isYonkerResult = (bytes: Uint8Array): boolean => bytes[0] === HEADER;
