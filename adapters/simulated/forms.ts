import type { Ucum } from '../measurement.ts';
import { dateTime, decimalText, float, sfloat, u8, u16 } from './encode.ts';
import { type Random, whole } from './random.ts';

/** What a virtual device knows when it measures. */
interface MeasuringContext {
  readonly random: Random;
  /** The device's own wall clock, as milliseconds that read so in UTC. */
  readonly localTime: number;
  /** User id byte; 0xFF when nobody chose a slot; absent when the device has no slots. */
  readonly userId?: number;
  /** The cuff sends its mean pressure as NaN. */
  readonly nanMean: boolean;
  /** The oximeter says that its clock is not set. */
  readonly clockNotSet: boolean;
}

/** One measurement: the number texts a person could read off the device, and its bytes on air. */
interface Measured {
  readonly values: Readonly<Record<string, string>>;
  readonly unit: Readonly<Record<string, Ucum>>;
  readonly bytes: Buffer;
}

type Form = (context: MeasuringContext) => Measured;

/** Blood Pressure Measurement, 0x2A35: mmHg, time stamp, pulse, and user id if it has slots. */
function bloodPressure({ random, localTime, userId, nanMean }: MeasuringContext): Measured {
  const systolic = whole(random, 112, 158);
  const diastolic = systolic - whole(random, 38, 62);
  const mean = nanMean ? undefined : diastolic + Math.round((systolic - diastolic) / 3);
  const pulse = whole(random, 54, 92);
  const flags = 0x02 | 0x04 | (userId === undefined ? 0 : 0x08);
  return {
    values: {
      systolic: String(systolic),
      diastolic: String(diastolic),
      ...(mean === undefined ? {} : { mean: String(mean) }),
      'pulse-rate': String(pulse),
    },
    unit: {
      systolic: 'mm[Hg]',
      diastolic: 'mm[Hg]',
      ...(mean === undefined ? {} : { mean: 'mm[Hg]' }),
      'pulse-rate': '/min',
    },
    bytes: Buffer.concat([
      u8(flags),
      sfloat(systolic),
      sfloat(diastolic),
      sfloat(mean),
      dateTime(localTime),
      sfloat(pulse),
      ...(userId === undefined ? [] : [u8(userId)]),
    ]),
  };
}

/** Weight Measurement, 0x2A9D: steps of 0.005 kg, shown by the scale in 0.05 kg, time stamp. */
function weight({ random, localTime }: MeasuringContext): Measured {
  const steps = whole(random, 1570, 1650) * 10;
  return {
    values: { weight: decimalText(steps * 5, 3) },
    unit: { weight: 'kg' },
    bytes: Buffer.concat([u8(0x02), u16(steps), dateTime(localTime)]),
  };
}

/** Body Composition Measurement, 0x2A9C: fat, time stamp, water mass and weight in one packet. */
function bodyComposition({ random, localTime }: MeasuringContext): Measured {
  const fat = whole(random, 221, 287);
  const mass = whole(random, 1260, 1320) * 10;
  const water = Math.round((mass * whole(random, 48, 54)) / 100);
  return {
    values: {
      'body-fat': decimalText(fat, 1),
      'body-water-mass': decimalText(water * 5, 3),
      weight: decimalText(mass * 5, 3),
    },
    unit: { 'body-fat': '%', 'body-water-mass': 'kg', weight: 'kg' },
    bytes: Buffer.concat([
      u16((1 << 1) | (1 << 8) | (1 << 10)),
      u16(fat),
      dateTime(localTime),
      u16(water),
      u16(mass),
    ]),
  };
}

/** Temperature Measurement, 0x2A1C: tenths of a degree Celsius, time stamp, type 3 (ear). */
function temperature({ random, localTime }: MeasuringContext): Measured {
  const tenths = whole(random, 361, 379);
  return {
    values: { temperature: decimalText(tenths, 1) },
    unit: { temperature: 'Cel' },
    bytes: Buffer.concat([u8(0x02 | 0x04), float(tenths, 1), dateTime(localTime), u8(3)]),
  };
}

/** PLX Spot-Check Measurement, 0x2A5E, with time stamp; flag bit 4: its clock is not set. */
function oxygenSaturation({ random, localTime, clockNotSet }: MeasuringContext): Measured {
  const spo2 = whole(random, 93, 99);
  const pulse = whole(random, 55, 95);
  return {
    values: { spo2: String(spo2), 'pulse-rate': String(pulse) },
    unit: { spo2: '%', 'pulse-rate': '/min' },
    bytes: Buffer.concat([
      u8(0x01 | (clockNotSet ? 0x10 : 0)),
      sfloat(spo2),
      sfloat(pulse),
      dateTime(localTime),
    ]),
  };
}

/** Heart Rate Measurement, 0x2A37: 8-bit rate, contact detected, one RR interval in 1/1024 s. */
function heartRate({ random }: MeasuringContext): Measured {
  const rate = whole(random, 64, 128);
  const interval = Math.round((60 * 1024) / rate) + whole(random, -12, 12);
  return {
    values: { 'heart-rate': String(rate) },
    unit: { 'heart-rate': '/min' },
    bytes: Buffer.concat([u8(0x06 | 0x10), u8(rate), u16(interval)]),
  };
}

/** How each virtual model measures and what it then sends. */
export const FORMS = {
  'blood-pressure': bloodPressure,
  'body-weight': weight,
  'body-composition': bodyComposition,
  'body-temperature': temperature,
  'oxygen-saturation': oxygenSaturation,
  'heart-rate': heartRate,
} as const satisfies Record<string, Form>;

export type FormName = keyof typeof FORMS;
