import type { Quantity } from '../../measurement.ts';
import { type Cursor, createCursor, hex } from '../gatt/cursor.ts';
import { steps } from '../gatt/ieee-11073-float.ts';
import { contact, type Part } from './parts.ts';

/** What an object says: parts of measurements, or fields that are not a result. */
export interface ObjectFacts {
  readonly parts?: readonly Part[];
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Number of the sender's own that no other measurement of it bears. */
  readonly sequence?: number;
}

type Read = (data: Cursor, length: number) => ObjectFacts | undefined;

const room = (name: string, quantity: Quantity): ObjectFacts => ({
  parts: [{ kind: 'environment', name, quantity }],
});

const battery: Read = (data) => ({
  parts: [{ kind: 'battery', name: 'level', quantity: steps(data.u8(), 1, 0, '%') }],
});

const idle = (seconds: number): ObjectFacts => ({
  parts: [{ kind: 'motion', name: 'idleTimeS', attribute: seconds }],
});

const presence = (name: string, attribute: number | boolean): ObjectFacts => ({
  parts: [{ kind: 'presence', name, attribute }],
});

/** Objects by id. What is not here is counted as known to nobody and left out. */
const OBJECTS: Readonly<Record<number, Read>> = {
  7: (data) => door(data.u8()),
  15: (data) => ({
    parts: [
      { kind: 'motion', name: 'motion', attribute: true },
      { kind: 'environment', name: 'illuminance', quantity: steps(data.u24(), 1, 0, 'lx') },
    ],
  }),
  4100: (data) => room('temperature', steps(data.s16(), 1, -1, 'Cel')),
  4102: (data) => room('humidity', steps(data.u16(), 1, -1, '%')),
  4103: (data) => room('illuminance', steps(data.u24(), 1, 0, 'lx')),
  4106: battery,
  4109: (data) => ({
    parts: [
      { kind: 'environment', name: 'temperature', quantity: steps(data.s16(), 1, -1, 'Cel') },
      { kind: 'environment', name: 'humidity', quantity: steps(data.u16(), 1, -1, '%') },
    ],
  }),
  4116: (data) => leak(data),
  4117: (data) => ({
    parts: [{ kind: 'smoke', name: 'smoke', attribute: data.u8() !== 0 }],
  }),
  4119: (data) => idle(data.u32()),
  4121: (data) => door(data.u8()),
  8192: patchThermometer,
  18435: battery,
  18436: (data) => {
    const state = data.u8();
    return state === 1 || state === 2 ? { parts: contact('opening', state === 1) } : undefined;
  },
  18438: (data) => leak(data),
  18456: (data) => idle(data.u16()),
  18492: (data) => presence('occupied', data.u8() !== 0),
  18493: (data) => presence('occupiedDurationS', data.u32()),
  18494: (data) => presence('unoccupiedDurationS', data.u32()),
  19457: (data) => room('temperature', binary32(data, 'Cel')),
  19464: (data) => room('humidity', binary32(data, '%')),
  19990: scaleS200,
  28182: scaleS400,
};

/** The facts of one object; undefined for one that is unknown or has a reserved value. */
export function mibeaconObject(
  id: number,
  bytes: Uint8Array,
): ObjectFacts | 'too-short' | undefined {
  const data = createCursor(bytes);
  const facts = OBJECTS[id]?.(data, bytes.length);
  return facts && data.short() ? 'too-short' : facts;
}

/** 0 open, 1 closed, 2 left open. */
function door(state: number): ObjectFacts | undefined {
  if (state > 2) return undefined;
  const parts = contact('opening', state !== 1);
  return {
    parts: state === 2 ? [...parts, { kind: 'contact', name: 'leftOpen', attribute: true }] : parts,
  };
}

function leak(data: Cursor): ObjectFacts {
  return { parts: [{ kind: 'water-leak', name: 'moisture', attribute: data.u8() !== 0 }] };
}

const PATCH_BYTES = 5;

/**
 * Miaomiaoce T201: two skin temperatures. The body temperature is a fitted curve that users found,
 * so it is printed and is not a result.
 */
function patchThermometer(data: Cursor, length: number): ObjectFacts | undefined {
  if (length !== PATCH_BYTES) return undefined;
  const rawSkin1 = data.u16();
  const rawSkin2 = data.u16();
  const batteryPct = data.u8();
  const estimate =
    3.71934e-11 * Math.exp(6.9314e-3 * rawSkin1) -
    1.02801e-8 * Math.exp(5.3871e-3 * rawSkin2) +
    36.413;
  const bodyTemperatureC = Math.round(estimate * 1000) / 1000;
  return { fields: { bodyTemperatureC, batteryPct, rawSkin1, rawSkin2 } };
}

const SCALE_BYTES = 9;

/** Xiaomi S200: profile, weight in 0.01 kg, time. */
function scaleS200(data: Cursor, length: number): ObjectFacts | undefined {
  if (length !== SCALE_BYTES) return undefined;
  const profileId = data.u8();
  const raw = data.u32();
  if (raw === 0) return { fields: { profileId } };
  return {
    parts: [
      { kind: 'body-weight', name: 'weight', quantity: steps(raw, 1, -2, 'kg') },
      { kind: 'body-weight', name: 'profileId', attribute: profileId },
    ],
  };
}

const S400_HEART_RATE_BASE = 50;
const S400_NO_HEART_RATE = 127;

/**
 * Xiaomi S400: profile, then weight, heart rate and impedance in one word, and the second of the
 * weighing. A weighing is two packets of different frequency, and sources disagree which is which:
 * the impedance stays a raw number without a label.
 */
function scaleS400(data: Cursor, length: number): ObjectFacts | undefined {
  if (length !== SCALE_BYTES) return undefined;
  const profileId = data.u8();
  const word = data.u32();
  const mass = word & 0x7ff;
  const rate = (word >>> 11) & 0x7f;
  const impedanceRaw = (word >>> 18) / 10;
  const sequence = data.u32();
  if (mass === 0) return { fields: { profileId, ...(impedanceRaw > 0 ? { impedanceRaw } : {}) } };
  const parts: Part[] = [
    { kind: 'body-weight', name: 'weight', quantity: steps(mass, 1, -1, 'kg') },
    { kind: 'body-weight', name: 'profileId', attribute: profileId },
  ];
  if (impedanceRaw > 0) {
    parts.push({ kind: 'body-weight', name: 'impedanceRaw', attribute: impedanceRaw });
  }
  if (rate > 0 && rate < S400_NO_HEART_RATE) {
    const quantity = steps(rate + S400_HEART_RATE_BASE, 1, 0, '/min');
    parts.push({ kind: 'heart-rate', name: 'heart-rate', quantity });
  }
  return { parts, sequence };
}

/** A 32-bit float with its shortest decimal text that reads back the same; never an exponent. */
function binary32(data: Cursor, unit: string): Quantity {
  const bits = data.take(4);
  if (bits.length < 4) return { absent: 'error', unit };
  const value = new DataView(bits.buffer, bits.byteOffset, 4).getFloat32(0, true);
  if (Number.isNaN(value)) return { absent: 'not-a-number', unit };
  if (!Number.isFinite(value)) {
    return { absent: value > 0 ? 'positive-infinity' : 'negative-infinity', unit };
  }
  for (let digits = 1; digits <= 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return { value: plainText(short), unit };
  }
  return { value: plainText(value), unit };
}

const DIGITS_MAX = 20;

/** Beyond 21 digits, and below a millionth, JavaScript writes numbers with an exponent. */
function plainText(value: number): string {
  const text = value.toString();
  if (!text.includes('e')) return text;
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: DIGITS_MAX });
}

/** Object id as the vectors and makers write it: `0x1004`. */
export function objectIdText(id: number): string {
  return `0x${hex(Uint8Array.of(id >> 8, id & 0xff)).toUpperCase()}`;
}
