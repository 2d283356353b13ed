import type { Decoded } from '../../measurement.ts';
import { measured, refused } from './decoded.ts';

const PERCENT_MAX = 100;

/**
 * Battery Level (0x2A19), %. Exactly one byte: a longer value is another format, and 101 to 255
 * are reserved.
 */
export function batteryLevel(bytes: Uint8Array): Decoded {
  const level = bytes[0];
  if (level === undefined || bytes.length !== 1) return refused('too-short');
  if (level > PERCENT_MAX) return refused('reserved-value');
  return measured([
    {
      kind: 'battery',
      quantities: { level: { value: level.toString(), unit: '%' } },
      attributes: {},
    },
  ]);
}
