import type { Decoded } from '../../measurement.ts';
import { measured, refused } from './decoded.ts';

export const BCI_FRAME_BYTES = 5;
const SYNC = 0x80;
/** Bit 6 of the third byte is the pulse's eighth. */
const PULSE_HIGH = 0x40;
const NO_SATURATION: ReadonlySet<number> = new Set([0, 127]);
const NO_PULSE: ReadonlySet<number> = new Set([0, 255]);

/**
 * One frame of the BCI protocol that many finger oximeters speak: bit 7 marks its first byte and no
 * other. Two bytes of curve come with each; nothing was measured while there is no finger in it.
 */
export function bciOximeter(bytes: Uint8Array): Decoded {
  if (bytes.length < BCI_FRAME_BYTES) return refused('too-short');
  if (!isBciFrame(bytes)) return refused('bad-checksum');
  const [, , third = 0, fourth = 0, saturation = 0] = bytes;
  const pulse = fourth | ((third & PULSE_HIGH) << 1);
  if (NO_SATURATION.has(saturation) || NO_PULSE.has(pulse)) return refused('not-a-result');
  return measured([
    {
      kind: 'oxygen-saturation',
      quantities: {
        spo2: { value: saturation.toString(), unit: '%' },
        'pulse-rate': { value: pulse.toString(), unit: '/min' },
      },
      attributes: { modality: 'continuous' },
    },
  ]);
}

export const isBciFrame = (bytes: Uint8Array): boolean =>
  bytes.length === BCI_FRAME_BYTES &&
  bytes.every((byte, index) => (byte & SYNC) === (index === 0 ? SYNC : 0));
