import type { Decoded } from '../../measurement.ts';
import { bit } from '../gatt/cursor.ts';
import { measured, refused } from '../gatt/decoded.ts';

/** State, a code, and one rate; newer straps add the slower average, which their displays show. */
const FRAME_BYTES = [3, 4] as const;
/** Of the first byte: the rest is another kind of data, and no rate. */
const OTHER_DATA_BIT = 6;

/** Polar straps, manufacturer data 0x006B: heart rate, /min, in the last byte. */
export function polar(bytes: Uint8Array): Decoded {
  const [state = 0] = bytes;
  const rate = bytes[bytes.length - 1];
  if (rate === undefined || bytes.length < FRAME_BYTES[0]) return refused('too-short');
  if (bit(state, OTHER_DATA_BIT) || bytes.length > FRAME_BYTES[1]) return refused('unsupported');
  // It is not worn, or has found no beat yet.
  if (rate === 0) return refused('not-a-result');
  return measured([
    {
      kind: 'heart-rate',
      quantities: { 'heart-rate': { value: rate.toString(), unit: '/min' } },
      attributes: { companyId: '0x006B' },
    },
  ]);
}
