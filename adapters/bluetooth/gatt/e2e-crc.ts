import type { Cursor } from './cursor.ts';

const POLYNOMIAL = 0x8408;
const INITIAL = 0xffff;

/** CRC-16/MCRF4XX, the end-to-end check of the Bluetooth SIG's health services. */
export function e2eCrc(bytes: Uint8Array): number {
  let crc = INITIAL;
  for (const byte of bytes) {
    crc ^= byte;
    for (let index = 0; index < 8; index += 1) {
      crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
    }
  }
  return crc;
}

/** Sixteen bits as text: `0x3F8E`. */
export function hex16(bits: number): string {
  return `0x${bits.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * The check right after the fields read so far. Devices without the E2E-CRC feature leave it out,
 * so absence is no error; one byte of it is a short frame.
 */
export function readE2eCrc(
  frame: Cursor,
  bytes: Uint8Array,
): { readonly e2eCrc?: string; readonly crcOk?: boolean } {
  if (frame.left() === 0) return {};
  const covered = bytes.subarray(0, bytes.length - frame.left());
  const sent = frame.u16();
  return { e2eCrc: hex16(sent), crcOk: sent === e2eCrc(covered) };
}
