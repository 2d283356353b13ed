import type { Decoded } from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { fieldsOf, present, refused } from './decoded.ts';
import { ieee11073Text } from './ieee-11073-float.ts';

const CARBOHYDRATES = [
  undefined,
  'breakfast',
  'lunch',
  'dinner',
  'snack',
  'drink',
  'supper',
  'brunch',
];
const MEALS = [undefined, 'preprandial', 'postprandial', 'fasting', 'casual', 'bedtime'];
const MEDICATIONS = [undefined, 'rapid', 'short', 'intermediate', 'long', 'pre-mixed'];
const TESTERS: Readonly<Record<number, string>> = {
  1: 'self',
  2: 'professional',
  3: 'lab',
  15: 'not-available',
};
const HEALTH: Readonly<Record<number, string>> = {
  1: 'minor-issues',
  2: 'major-issues',
  3: 'during-menses',
  4: 'under-stress',
  5: 'no-issues',
  15: 'not-available',
};

/**
 * Glucose Measurement Context (0x2A34): belongs to the measurement with the same sequence number.
 * Amounts are the numbers as sent; `medicationUnit` is the unit that the device names.
 */
export function glucoseMeasurementContext(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const flags = frame.u8();
  const sequenceNumber = frame.u16();
  const extendedFlags = bit(flags, 7) ? frame.u8() : undefined;
  const carbohydrate = bit(flags, 0) ? CARBOHYDRATES[frame.u8()] : undefined;
  const carbohydrateAmount = bit(flags, 0) ? ieee11073Text(frame.sfloat()) : undefined;
  const meal = bit(flags, 1) ? MEALS[frame.u8()] : undefined;
  const who = bit(flags, 2) ? frame.u8() : undefined;
  const exerciseDurationS = bit(flags, 3) ? frame.u16() : undefined;
  const exerciseIntensityPct = bit(flags, 3) ? frame.u8() : undefined;
  const medication = bit(flags, 4) ? MEDICATIONS[frame.u8()] : undefined;
  const medicationAmount = bit(flags, 4) ? ieee11073Text(frame.sfloat()) : undefined;
  const hbA1cPct = bit(flags, 6) ? ieee11073Text(frame.sfloat()) : undefined;
  if (frame.short()) return refused('too-short');
  return fieldsOf(
    present<unknown>({
      flags,
      sequenceNumber,
      extendedFlags,
      carbohydrate,
      carbohydrateAmount,
      meal,
      tester: who === undefined ? undefined : TESTERS[who & 0x0f],
      health: who === undefined ? undefined : HEALTH[who >> 4],
      exerciseDurationS,
      exerciseIntensityPct,
      medication,
      medicationAmount,
      medicationUnit: medicationAmount && (bit(flags, 5) ? 'L' : 'kg'),
      hbA1cPct,
      trailingBytes: frame.left(),
    }),
  );
}
