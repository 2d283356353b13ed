import type { StatusFlag } from '../../measurement.ts';
import { flagNames } from './decoded.ts';

const BITS: Readonly<Record<number, StatusFlag>> = {
  0: 'body-movement',
  1: 'cuff-too-loose',
  2: 'irregular-pulse',
  5: 'improper-position',
};

/** Bits 3-4 of the status: a number, not two flags. */
const PULSE_RANGES = ['in-range', 'above-upper', 'below-lower', 'reserved'] as const;

/** What the Measurement Status (16 bit) of a cuff says; reserved bits are ignored. */
export function bloodPressureStatus(bits: number): {
  readonly status: readonly StatusFlag[];
  readonly named: readonly string[];
  readonly pulseRange: string;
} {
  const named = flagNames(bits, BITS);
  const pulseRange = PULSE_RANGES[(bits >> 3) & 0b11] ?? 'reserved';
  const pulse: StatusFlag[] =
    pulseRange === 'above-upper'
      ? ['pulse-rate-above-upper-limit']
      : pulseRange === 'below-lower'
        ? ['pulse-rate-below-lower-limit']
        : [];
  return { status: [...named, ...pulse], named, pulseRange };
}
