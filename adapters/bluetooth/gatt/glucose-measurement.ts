import {
  type Attribute,
  type Decoded,
  isCompleteLocalDateTime,
  type LocalDateTime,
  type Quantity,
  type StatusFlag,
} from '../../measurement.ts';
import { bit, createCursor } from './cursor.ts';
import { fieldsOf, flagNames, measured, present, refused } from './decoded.ts';
import { glucoseSample } from './glucose-sample.ts';
import { type Ieee11073, ieee11073Quantity, ieee11073Text } from './ieee-11073-float.ts';

const STATUS: Readonly<Record<number, StatusFlag>> = {
  0: 'device-battery-low',
  1: 'glucose-sensor-malfunction',
  2: 'sample-size-insufficient',
  3: 'strip-insertion-error',
  4: 'strip-type-incorrect',
  5: 'result-too-high',
  6: 'result-too-low',
  7: 'temperature-too-high',
  8: 'temperature-too-low',
  9: 'read-interrupted',
  10: 'general-device-fault',
  11: 'time-fault',
};

/** Time offsets that are not minutes: overrun and underrun. */
const OFFSET_OUT_OF_RANGE: ReadonlySet<number> = new Set([0x7fff, -0x8000]);

const MINUTE_MS = 60_000;

/**
 * Glucose Measurement (0x2A18): mg/dL where the device sent kg/L, mmol/L where it sent mol/L.
 * `deviceTime` is the user-facing time, base time plus offset, which is what the device's clock
 * shows. A control solution is nobody's blood: it prints its fields and is not a result.
 */
export function glucoseMeasurement(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const flags = frame.u8();
  const sequenceNumber = frame.u16();
  const baseTime = frame.dateTime();
  const timeOffsetMin = bit(flags, 0) ? frame.s16() : undefined;
  const raw = bit(flags, 1) ? frame.sfloat() : undefined;
  const sample = bit(flags, 1) ? glucoseSample(frame.u8()) : undefined;
  const sensorStatus = bit(flags, 3) ? frame.u16() : undefined;
  if (frame.short()) return refused('too-short');
  const moles = bit(flags, 2);
  const glucose = concentration(raw, moles);
  const facts = present<Attribute>({
    flags,
    sequenceNumber,
    baseTime,
    timeOffsetMin,
    concentrationRaw: raw && ieee11073Text(raw),
    rawUnit: raw && (moles ? 'mol/L' : 'kg/L'),
    ...sample,
    sensorStatus,
    contextFollows: bit(flags, 4),
    trailingBytes: frame.left(),
  });
  if (sample?.type === 'control-solution' || sample?.sampleLocation === 'control-solution') {
    const value = 'value' in glucose ? glucose.value : undefined;
    return fieldsOf({ ...facts, ...present({ [moles ? 'mmolPerL' : 'mgPerDl']: value }) });
  }
  const outOfRange = OFFSET_OUT_OF_RANGE.has(timeOffsetMin ?? 0);
  const clock: StatusFlag[] = outOfRange ? ['device-clock-not-set'] : [];
  return measured([{ kind: 'glucose', quantities: { glucose }, attributes: facts }], {
    deviceTime: outOfRange ? undefined : userFacingTime(baseTime, timeOffsetMin ?? 0),
    sequence: sequenceNumber,
    status: [...flagNames(sensorStatus ?? 0, STATUS), ...clock],
  });
}

/** 1 kg/L is 10^5 mg/dL and 1 mol/L is 10^3 mmol/L: both are moves of the exponent. */
function concentration(raw: Ieee11073 | undefined, moles: boolean): Quantity {
  if (!raw) return { absent: 'unknown' };
  return moles ? ieee11073Quantity(raw, 'mmol/L', 3) : ieee11073Quantity(raw, 'mg/dL', 5);
}

/** Wall-clock arithmetic without a zone. An incomplete base time stays as it was sent. */
function userFacingTime(base: LocalDateTime, offsetMin: number): LocalDateTime {
  if (offsetMin === 0 || !isCompleteLocalDateTime(base)) return base;
  const shifted = Date.parse(`${base}Z`) + offsetMin * MINUTE_MS;
  return new Date(shifted).toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length);
}
