import type { LocalDateTime } from '../../measurement.ts';
import { float, type Ieee11073, sfloat } from './ieee-11073-float.ts';

/**
 * Reads a little-endian frame field by field. Reading past the end gives zero and sets `short`, so
 * that a decoder states the wire order once and asks a single time, at the end, if it was all there.
 */
export interface Cursor {
  u8(): number;
  s8(): number;
  u16(): number;
  s16(): number;
  u24(): number;
  u32(): number;
  s32(): number;
  u48(): number;
  sfloat(): Ieee11073;
  float(): Ieee11073;
  /** Date Time (0x2A08): seven bytes; a part of zero is unknown and stays zero. */
  dateTime(): LocalDateTime;
  take(count: number): Uint8Array;
  skip(count: number): void;
  left(): number;
  /** True once a field lay beyond the end. */
  short(): boolean;
}

/** A cursor at the start of the frame. */
export function createCursor(bytes: Uint8Array): Cursor {
  let at = 0;
  let short = false;

  function unsigned(size: number): number {
    let value = 0;
    for (let index = size - 1; index >= 0; index -= 1) {
      const byte = bytes[at + index];
      if (byte === undefined) short = true;
      value = value * 0x100 + (byte ?? 0);
    }
    at += size;
    return value;
  }

  function signed(size: number): number {
    const value = unsigned(size);
    const range = 2 ** (8 * size);
    return value >= range / 2 ? value - range : value;
  }

  return {
    u8: () => unsigned(1),
    s8: () => signed(1),
    u16: () => unsigned(2),
    s16: () => signed(2),
    u24: () => unsigned(3),
    u32: () => unsigned(4),
    s32: () => signed(4),
    u48: () => unsigned(6),
    sfloat: () => sfloat(unsigned(2)),
    float: () => float(unsigned(4)),
    dateTime: () =>
      localDateTime(unsigned(2), unsigned(1), unsigned(1), unsigned(1), unsigned(1), unsigned(1)),
    take(count) {
      if (at + count > bytes.length) short = true;
      const part = bytes.subarray(at, at + count);
      at += count;
      return part;
    },
    skip(count) {
      if (at + count > bytes.length) short = true;
      at += count;
    },
    left: () => Math.max(0, bytes.length - at),
    short: () => short,
  };
}

/** Wall-clock text exactly as sent, unknown parts as zeros; nothing is checked or mended. */
export function localDateTime(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): LocalDateTime {
  const two = (part: number) => part.toString().padStart(2, '0');
  const date = `${year.toString().padStart(4, '0')}-${two(month)}-${two(day)}`;
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}`;
}

/** True when bit `index` of `bits` is set; arithmetic, so that it holds beyond 32 bits. */
export function bit(bits: number, index: number): boolean {
  return Math.floor(bits / 2 ** index) % 2 === 1;
}

/** Lower-case hexadecimal text of bytes. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
