import { currentTime, dateTime, float, sfloat, u16 } from '../../adapters/simulated/encode.ts';
import { localMs } from '../../fhir/time.ts';

export const ZONE = 'Europe/Oslo';

/** Invented; whose each device is. */
export const PEOPLE = ['Prøve Alfa', 'Prøve Beta', 'Prøve Gamma'] as const;

export type FedKind = 'blood-pressure' | 'body-temperature' | 'body-weight';
export const FED_KINDS: readonly FedKind[] = ['blood-pressure', 'body-temperature', 'body-weight'];

export interface FedDevice {
  readonly address: string;
  readonly name: string;
  /** Index in PEOPLE. */
  readonly owner: number;
  readonly kind: FedKind;
  readonly source: string;
  /** The frame of the reading with this number: each number has values of its own. */
  frame(n: number, local: number): Buffer;
}

/** Steps above each kind's first value; a number is told by its values alone. */
const SYSTOLIC = { first: 1_000, steps: 1_000 };
const DIASTOLIC = { first: 300, steps: 690 };
const TEMPERATURE_FIRST = 360_000;
const WEIGHT_FIRST = 10_000;

function pressure(n: number, local: number): Buffer {
  const systolic = sfloat(SYSTOLIC.first + (n % SYSTOLIC.steps), 1);
  const diastolic = sfloat(DIASTOLIC.first + (Math.floor(n / SYSTOLIC.steps) % DIASTOLIC.steps), 1);
  // Flags: time and pulse (Blood Pressure Service, 3.1).
  return Buffer.concat([
    Buffer.of(0x06),
    systolic,
    diastolic,
    diastolic,
    dateTime(local),
    sfloat(600, 1),
  ]);
}

const temperature = (n: number, local: number) =>
  Buffer.concat([Buffer.of(0x02), float(TEMPERATURE_FIRST + n, 4), dateTime(local)]);

/** In steps of 0.005 kg (Weight Scale Service, 3.2). */
const weight = (n: number, local: number) =>
  Buffer.concat([Buffer.of(0x02), u16(WEIGHT_FIRST + n), dateTime(local)]);

const cuff = { kind: 'blood-pressure', source: '1810/2a35', frame: pressure } as const;
const thermometer = { kind: 'body-temperature', source: '1809/2a1c', frame: temperature } as const;
const scale = { kind: 'body-weight', source: '181d/2a9d', frame: weight } as const;

export const DEVICES: readonly FedDevice[] = [
  { address: '00005e005301', name: 'Cuff', owner: 0, ...cuff },
  { address: '00005e005302', name: 'Thermometer', owner: 0, ...thermometer },
  { address: '00005e005303', name: 'Other cuff', owner: 1, ...cuff },
  { address: '00005e005304', name: 'Scale', owner: 2, ...scale },
];

/** The device's clock, as it is read at the beginning of a visit. */
export const clockFrame = (at: number) => currentTime(localMs(at, ZONE));
export const CLOCK_SOURCE = '1805/2a2b';

interface Quantity {
  readonly value?: number;
}
export interface Observed {
  readonly resourceType: string;
  readonly status: string;
  readonly code?: { readonly coding?: readonly { readonly code?: string }[] };
  readonly effectiveDateTime?: string;
  readonly component?: readonly {
    readonly code?: { readonly coding?: readonly { readonly code?: string }[] };
    readonly valueQuantity?: Quantity;
  }[];
  readonly valueQuantity?: Quantity;
}

/** Which reading an Observation tells of: its kind and number; undefined for what only accompanies one. */
export function readingOf(observed: Observed): { kind: FedKind; n: number } | undefined {
  const is = (code: string, of = observed.code) => of?.coding?.some((one) => one.code === code);
  const value = observed.valueQuantity?.value ?? Number.NaN;
  if (is('8310-5')) {
    return { kind: 'body-temperature', n: Math.round(value * 10_000) - TEMPERATURE_FIRST };
  }
  if (is('29463-7')) return { kind: 'body-weight', n: Math.round(value / 0.005) - WEIGHT_FIRST };
  if (!is('85354-9')) return undefined;
  const part = (code: string) =>
    Math.round(
      (observed.component?.find((one) => is(code, one.code))?.valueQuantity?.value ?? Number.NaN) *
        10,
    );
  const n = part('8480-6') - SYSTOLIC.first + (part('8462-4') - DIASTOLIC.first) * SYSTOLIC.steps;
  return { kind: 'blood-pressure', n };
}
