import type { Decoded } from '../../measurement.ts';
import { measured, refused } from '../gatt/decoded.ts';

/** Three bytes of state, then the rate. */
const FRAME_BYTES = 4;

/** Polar straps, manufacturer data 0x006B: heart rate, /min, in the last byte. */
export function polar(bytes: Uint8Array): Decoded {
  const rate = bytes[bytes.length - 1];
  if (rate === undefined || bytes.length < FRAME_BYTES) return refused('too-short');
  return measured([
    {
      kind: 'heart-rate',
      quantities: { 'heart-rate': { value: rate.toString(), unit: '/min' } },
      attributes: { companyId: '0x006B' },
    },
  ]);
}
