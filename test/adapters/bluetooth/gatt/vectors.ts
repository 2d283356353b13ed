import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { decodeAdvertisement } from '../../../../adapters/bluetooth/advertisements/index.ts';
import { decodeGatt } from '../../../../adapters/bluetooth/gatt/index.ts';
import type { Decoded, Measurement, Quantity } from '../../../../adapters/measurement.ts';

/** Bytes from a public source with the facts they hold; each names repository, commit and licence. */
export interface Vector {
  readonly id: string;
  readonly kind: string;
  readonly transport: string;
  readonly service?: string;
  readonly characteristic?: string;
  readonly mac?: string;
  readonly bindkeyHex?: string;
  readonly payloadHex: string;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly exactDecimalText?: Readonly<Record<string, string>>;
}

export const vectors: readonly Vector[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../fixtures/vectors.json'), 'utf8'),
);

/** The Vitafit captures do not name their characteristic; the scale notifies on this one. */
const UNNAMED_CHARACTERISTIC = 'fff1';

export function bytesOf(vector: Vector): Uint8Array {
  return Uint8Array.from(Buffer.from(vector.payloadHex, 'hex'));
}

/** Decodes bytes in the way that the vector's own bytes came. */
export function decodeLike(vector: Vector, bytes: Uint8Array): Decoded {
  if (!vector.transport.startsWith('adv')) {
    return decodeGatt(vector.characteristic ?? vector.service ?? UNNAMED_CHARACTERISTIC, bytes);
  }
  const company = /^company (0x[0-9A-F]{4})$/.exec(vector.service ?? '')?.[1];
  return decodeAdvertisement(
    company ? { manufacturer: Number(company) } : { serviceData: vector.service ?? '' },
    bytes,
    {
      ...(vector.mac ? { address: vector.mac } : {}),
      ...(vector.bindkeyHex ? { key: Buffer.from(vector.bindkeyHex, 'hex') } : {}),
    },
  );
}

const REFUSALS: Readonly<Record<string, string>> = {
  truncated: 'too-short',
  length: 'too-short',
  invalid: 'too-short',
  frame: 'bad-checksum',
  'authentication failed': 'encrypted',
  'empty slot': 'not-a-result',
};

const UNITS: Readonly<Record<string, string>> = {
  mmHg: 'mm[Hg]',
  degF: '[degF]',
  lb: '[lb_av]',
};

const SPECIALS: Readonly<Record<string, string>> = {
  NaN: 'not-a-number',
  NRes: 'error',
  '+INF': 'positive-infinity',
  '-INF': 'negative-infinity',
};

/** Names of quantities by the vectors' key; keys that are not here are attributes. */
const QUANTITIES: Readonly<Record<string, string>> = {
  systolic: 'systolic',
  diastolic: 'diastolic',
  map: 'mean',
  pulseRate: 'pulse-rate',
  heartRate: 'heart-rate',
  spo2: 'spo2',
  pulseAmplitudeIndex: 'pulse-amplitude-index',
  temperature: 'temperature',
  temperatureC: 'temperature',
  humidity: 'humidity',
  humidityPct: 'humidity',
  pressure: 'pressure',
  pressurePa: 'pressure',
  illuminance: 'illuminance',
  rotation: 'rotation',
  weight: 'weight',
  weightKg: 'weight',
  massKg: 'weight',
  height: 'height',
  bmi: 'bmi',
  bodyFatPct: 'body-fat',
  basalMetabolismKJ: 'basal-metabolism',
  musclePct: 'muscle-percentage',
  softLeanMass: 'soft-lean-mass',
  bodyWaterMass: 'body-water-mass',
  impedanceOhm: 'impedance',
  battery: 'level',
  batteryPct: 'level',
  mgPerDl: 'glucose',
  mmolPerL: 'glucose',
  glucoseMgDl: 'glucose',
  trendMgDlMin: 'trend',
  qualityPct: 'quality',
};

/** Inner parts of a sealed frame, and lists that a test of their own compares. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['frame', 'records']);

/** Asserts that a decoded vector says exactly what the vector expects. */
export function expectFacts(vector: Vector, decoded: Decoded): void {
  const { error } = vector.expected;
  if (typeof error === 'string') {
    expect(decoded).toEqual({ ok: false, reason: REFUSALS[error] });
    return;
  }
  // Promise 5: a measurement whose checksum is wrong has no value.
  if (vector.expected.crcOk === false && vector.kind === 'cgm') {
    expect(decoded).toEqual({ ok: false, reason: 'bad-checksum' });
    return;
  }
  if (!decoded.ok) throw new Error(`refused as ${decoded.reason}`);
  for (const [key, expected] of Object.entries(vector.expected)) {
    if (NOT_COMPARED.has(key)) continue;
    const exact = vector.exactDecimalText?.[key];
    if ('fields' in decoded) expectSame(decoded.fields[key], expected, exact);
    else expectInMeasurements(decoded, key, expected, exact);
  }
}

type Measured = Extract<Decoded, { measurements: readonly Measurement[] }>;

function expectInMeasurements(
  decoded: Measured,
  key: string,
  expected: unknown,
  exact: string | undefined,
): void {
  const first = <T>(find: (measurement: Measurement) => T | undefined) =>
    decoded.measurements.map(find).find((found) => found !== undefined);
  const attribute = first((measurement) => measurement.attributes[key]);
  const quantity = first(({ quantities }) => quantities[QUANTITIES[key] ?? key]);
  if (quantity) expectQuantity(quantity, expected, exact);
  else if (key === 'timestamp' && attribute === undefined) {
    expect(decoded.deviceTime).toBe(expected);
  } else if (key === 'userId') expect(decoded.userIndex).toBe(expected);
  else if (key === 'status') {
    // The pulse range is two bits of the status, and a key of its own in the vectors.
    expect(decoded.status.filter((flag) => !flag.startsWith('pulse-rate-'))).toEqual(expected);
  } else if (key === 'unit') {
    const unit = UNITS[String(expected)] ?? expected;
    const units = first(({ quantities }) => Object.values(quantities)[0]?.unit);
    expect(units).toBe(unit);
  } else expectSame(attribute, expected, exact);
}

function expectQuantity(quantity: Quantity, expected: unknown, exact: string | undefined): void {
  if (typeof expected === 'string') {
    expect(quantity).toMatchObject({ absent: SPECIALS[expected] });
    return;
  }
  const text = 'value' in quantity ? quantity.value : undefined;
  expectSame(text, expected, exact);
}

function expectSame(actual: unknown, expected: unknown, exact: string | undefined): void {
  if (exact !== undefined) expect(actual).toBe(exact);
  else if (typeof expected === 'number') expect(Number(actual)).toBe(expected);
  else expect(actual).toEqual(expected);
}
