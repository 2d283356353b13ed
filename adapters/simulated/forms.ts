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
  /** It has no clock: results without a time. */
  readonly noClock?: boolean;
  /** Reserved flag bits are set, which a receiver must ignore. */
  readonly reservedBits?: boolean;
  /** The device's own number of the result. */
  readonly sequence?: number;
  /** What was changed by setting the clock, minutes: beside a base time that stays (GLS 1.0). */
  readonly offsetMin?: number;
}

/** One measurement: the number texts a person could read off the device, and its bytes on air. */
interface Measured {
  readonly values: Readonly<Record<string, string>>;
  readonly unit: Readonly<Record<string, Ucum>>;
  readonly bytes: Buffer;
  /** A frame of its own that belongs to it: the context of a glucose result. */
  readonly context?: Buffer;
}

type Form = (context: MeasuringContext) => Measured;

const TIME_FLAG = 0x02;
const timeOf = ({ noClock, localTime }: MeasuringContext) => (noClock ? [] : [dateTime(localTime)]);
const flagsOf = (context: MeasuringContext, flags: number, time: number, reserved: number) =>
  flags | (context.noClock ? 0 : time) | (context.reservedBits ? reserved : 0);

/** Blood Pressure Measurement, 0x2A35: mmHg, time stamp, pulse, and user id if it has slots. */
function bloodPressure(context: MeasuringContext): Measured {
  const { random, userId, nanMean } = context;
  const systolic = whole(random, 112, 158);
  const diastolic = systolic - whole(random, 38, 62);
  const mean = nanMean ? undefined : diastolic + Math.round((systolic - diastolic) / 3);
  const pulse = whole(random, 54, 92);
  const flags = 0x04 | (userId === undefined ? 0 : 0x08);
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
      u8(flagsOf(context, flags, TIME_FLAG, 0xe0)),
      sfloat(systolic),
      sfloat(diastolic),
      sfloat(mean),
      ...timeOf(context),
      sfloat(pulse),
      ...(userId === undefined ? [] : [u8(userId)]),
    ]),
  };
}

/**
 * 0x2A35 as a Beurer BM85 sends it: reserved bit 6, no mean, a user index that no flag announces,
 * then pulse and status with the high byte first.
 */
function bloodPressureBigEndian({ random, localTime }: MeasuringContext): Measured {
  const systolic = whole(random, 112, 158);
  const diastolic = systolic - whole(random, 38, 62);
  const pulse = whole(random, 54, 92);
  return {
    values: {
      systolic: String(systolic),
      diastolic: String(diastolic),
      mean: '0',
      'pulse-rate': String(pulse),
    },
    unit: { systolic: 'mm[Hg]', diastolic: 'mm[Hg]', mean: 'mm[Hg]', 'pulse-rate': '/min' },
    bytes: Buffer.concat([
      u8(0x56),
      sfloat(systolic),
      sfloat(diastolic),
      sfloat(0),
      dateTime(localTime),
      Buffer.of(0, pulse),
      u8(1),
      Buffer.of(0, 0),
    ]),
  };
}

/** Weight Measurement, 0x2A9D: steps of 0.005 kg, shown by the scale in 0.05 kg, time stamp. */
function weight(context: MeasuringContext): Measured {
  const { random } = context;
  const steps = whole(random, 1570, 1650) * 10;
  return {
    values: { weight: decimalText(steps * 5, 3) },
    unit: { weight: 'kg' },
    bytes: Buffer.concat([
      u8(flagsOf(context, 0, TIME_FLAG, 0xf0)),
      u16(steps),
      ...timeOf(context),
    ]),
  };
}

/** Body Composition Measurement, 0x2A9C: fat, time stamp, water mass and weight in one packet. */
function bodyComposition(context: MeasuringContext): Measured {
  const { random } = context;
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
      u16(flagsOf(context, (1 << 8) | (1 << 10), TIME_FLAG, 0xe000)),
      u16(fat),
      ...timeOf(context),
      u16(water),
      u16(mass),
    ]),
  };
}

/** Temperature Measurement, 0x2A1C: tenths of a degree Celsius, time stamp, type 3 (ear). */
function temperature(context: MeasuringContext): Measured {
  const { random } = context;
  const tenths = whole(random, 361, 379);
  return {
    values: { temperature: decimalText(tenths, 1) },
    unit: { temperature: 'Cel' },
    bytes: Buffer.concat([
      u8(flagsOf(context, 0x04, TIME_FLAG, 0xf8)),
      float(tenths, 1),
      ...timeOf(context),
      u8(3),
    ]),
  };
}

/** PLX Spot-Check Measurement, 0x2A5E, with time stamp; flag bit 4: its clock is not set. */
function oxygenSaturation(context: MeasuringContext): Measured {
  const { random, clockNotSet } = context;
  const spo2 = whole(random, 93, 99);
  const pulse = whole(random, 55, 95);
  return {
    values: { spo2: String(spo2), 'pulse-rate': String(pulse) },
    unit: { spo2: '%', 'pulse-rate': '/min' },
    bytes: Buffer.concat([
      u8(flagsOf(context, clockNotSet ? 0x10 : 0, 0x01, 0xe0)),
      sfloat(spo2),
      sfloat(pulse),
      ...timeOf(context),
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

/** Part of the glucose results that carry what the person noted beside them. */
const CONTEXT_SHARE = 0.5;

/**
 * Glucose Measurement, 0x2A18: mmol/L in steps of 0.1, sequence number, base time and offset,
 * capillary whole blood from a finger; and its context, 0x2A34, when the person noted a meal.
 */
function glucose({ random, localTime, sequence = 1, offsetMin = 0 }: MeasuringContext): Measured {
  const tenths = whole(random, 46, 96);
  const meal = whole(random, 1, 5);
  const noted = random() < CONTEXT_SHARE;
  const flags = 0x01 | 0x02 | 0x04 | (noted ? 0x10 : 0);
  const minutes = Buffer.alloc(2);
  minutes.writeInt16LE(offsetMin);
  return {
    values: { glucose: decimalText(tenths, 1) },
    unit: { glucose: 'mmol/L' },
    bytes: Buffer.concat([
      u8(flags),
      u16(sequence),
      dateTime(localTime - offsetMin * 60_000),
      minutes,
      // mol/L: tenths of mmol/L are 10^-4
      sfloat(tenths, 4),
      u8(0x11),
    ]),
    ...(noted ? { context: Buffer.concat([u8(0x02), u16(sequence), u8(meal)]) } : {}),
  };
}

/** How each virtual model measures and what it then sends. */
export const FORMS = {
  'blood-pressure': bloodPressure,
  'blood-pressure-big-endian': bloodPressureBigEndian,
  'body-weight': weight,
  'body-composition': bodyComposition,
  'body-temperature': temperature,
  'oxygen-saturation': oxygenSaturation,
  'heart-rate': heartRate,
  glucose,
} as const satisfies Record<string, Form>;

export type FormName = keyof typeof FORMS;
