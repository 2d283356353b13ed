import type { Attribute, Decoded } from '../../measurement.ts';
import { bit, createCursor, localDateTime } from './cursor.ts';
import { measured, refused } from './decoded.ts';

const RECORD_BYTES = 14;
/** The seconds have six bits, and these cuffs do fill them above 59. */
const SECOND_MAX = 59;
/** A systolic byte above this (225 + 25 mm[Hg]) marks a slot that was never written. */
const EMPTY_ABOVE = 0xe1;
const SYSTOLIC_BASE = 25;

interface OmronRecord {
  readonly systolic: number;
  readonly diastolic: number;
  readonly pulse: number;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** How a model lays its records out: words low byte first, or one field of bits high byte first. */
export type OmronOrder = 'little' | 'big';

/**
 * The bytes do not name their layout. For those of an unknown model the third byte tells: a pulse in
 * one, years after 2000 in the other, and these cuffs measure no pulse below 40 /min. Good until 2040.
 */
const PULSE_MIN = 40;

/** One memory record of an Omron cuff whose model is not known. */
export function omronRecord(bytes: Uint8Array): Decoded {
  const order = (bytes[2] ?? 0) < PULSE_MIN ? 'big' : 'little';
  const decoded = omronRecordOf(order, bytes);
  const pulse = decoded.ok && 'measurements' in decoded && decoded.measurements[0]?.quantities;
  const value = pulse ? pulse['pulse-rate'] : undefined;
  return value && 'value' in value && Number(value.value) < PULSE_MIN
    ? refused('reserved-value')
    : decoded;
}

/** One memory record, 14 bytes and whatever the model adds, laid out as its model does. */
export function omronRecordOf(
  order: OmronOrder,
  bytes: Uint8Array,
  userIndex?: number | undefined,
): Decoded {
  if (bytes.length < RECORD_BYTES) return refused('too-short');
  const slot = bytes.subarray(0, RECORD_BYTES);
  if ((slot[0] ?? 0) > EMPTY_ABOVE || slot.subarray(1, 8).every((byte) => byte === 0)) {
    return refused('not-a-result');
  }
  const record = order === 'big' ? bigEndian(slot) : littleEndian(slot);
  if (!isPossible(record)) return refused('reserved-value');
  return measured(
    [
      {
        kind: 'blood-pressure',
        quantities: {
          systolic: { value: record.systolic.toString(), unit: 'mm[Hg]' },
          diastolic: { value: record.diastolic.toString(), unit: 'mm[Hg]' },
          'pulse-rate': { value: record.pulse.toString(), unit: '/min' },
        },
        attributes: record.attributes,
      },
    ],
    {
      userIndex,
      deviceTime: localDateTime(
        record.year,
        record.month,
        record.day,
        record.hour,
        record.minute,
        Math.min(record.second, SECOND_MAX),
      ),
      status: [
        ...(record.attributes.movement ? (['body-movement'] as const) : []),
        ...(record.attributes.irregularPulse ? (['irregular-pulse'] as const) : []),
      ],
    },
  );
}

/** HEM-7142T2: little-endian words. */
function littleEndian(slot: Uint8Array): OmronRecord {
  const record = createCursor(slot);
  const systolic = record.u8() + SYSTOLIC_BASE;
  const diastolic = record.u8();
  const pulse = record.u8();
  const year = 2000 + (record.u8() & 0x3f);
  const date = record.u16();
  const time = record.u16();
  record.skip(4);
  return {
    systolic,
    diastolic,
    pulse,
    year,
    month: (date >> 10) & 0x0f,
    day: (date >> 5) & 0x1f,
    hour: date & 0x1f,
    minute: (time >> 6) & 0x3f,
    second: time & 0x3f,
    attributes: {
      irregularPulse: bit(date, 14),
      movement: bit(date, 15),
      recordId: record.u16(),
    },
  };
}

/** HEM-7322T and 7600T: one field of bits, high byte first. */
function bigEndian(slot: Uint8Array): OmronRecord {
  const [diastolic = 0, systolic = 0, year = 0, pulse = 0] = slot;
  const [b4 = 0, b5 = 0, b6 = 0, b7 = 0] = slot.subarray(4);
  const date = b4 * 0x100 + b5;
  const time = b6 * 0x100 + b7;
  return {
    systolic: systolic + SYSTOLIC_BASE,
    diastolic,
    pulse,
    year: 2000 + year,
    month: (date >> 10) & 0x0f,
    day: (date >> 5) & 0x1f,
    hour: date & 0x1f,
    minute: (time >> 6) & 0x3f,
    second: time & 0x3f,
    attributes: { irregularPulse: bit(date, 14), movement: bit(date, 15) },
  };
}

function isPossible(record: OmronRecord): boolean {
  return (
    record.systolic > record.diastolic &&
    record.month >= 1 &&
    record.month <= 12 &&
    record.day >= 1 &&
    record.day <= 31 &&
    record.hour < 24 &&
    record.minute < 60
  );
}
