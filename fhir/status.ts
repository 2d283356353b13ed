import type { DataAbsentReason, Kind, StatusFlag } from '../adapters/measurement.ts';
import { type Code, mdc, SYSTEM } from './codes.ts';
import type { Reading } from './reading.ts';

/** What a device says of its own measurement: it travels, and decides only whether there is a value. */

/** Status words of a device as bits of one MDC enumeration (standards 3.10). */
export interface StatusBits {
  readonly code: Code;
  readonly bits: Readonly<Partial<Record<StatusFlag, readonly [bit: number, display: string]>>>;
}

/** Bluetooth's bit n of the sensor status is bit 15 − n here. */
const PULSE_OXIMETER: StatusBits = {
  code: mdc(150604, 'PULS_OXIM_DEV_STATUS'),
  bits: {
    'sensor-disconnected': [0, 'sensor-disconnected'],
    'sensor-malfunction': [1, 'sensor-malfunction'],
    'sensor-displaced': [2, 'sensor-displaced'],
    'unknown-sensor': [3, 'sensor-unsupported'],
    'sensor-unconnected-to-user': [4, 'sensor-off'],
    'sensor-interference': [5, 'sensor-interference'],
    'signal-analysis-ongoing': [6, 'signal-searching'],
    'questionable-pulse': [7, 'signal-pulse-questionable'],
    'nonpulsatile-signal': [8, 'signal-non-pulsatile'],
    'erratic-signal': [9, 'signal-erratic'],
    'low-perfusion': [10, 'signal-low-perfusion'],
    'poor-signal': [11, 'signal-poor'],
    'inadequate-signal': [12, 'signal-inadequate'],
    'signal-irregularity': [13, 'signal-processing-irregularity'],
    'equipment-malfunction': [14, 'device-equipment-malfunction'],
    'extended-display-update': [15, 'device-extended-update'],
  },
};

export const STATUS_BITS: Readonly<Partial<Record<Kind, StatusBits>>> = {
  'blood-pressure': {
    code: mdc(8410608, 'BLOOD_PRESSURE_MEASUREMENT_STATUS'),
    bits: {
      'body-movement': [0, 'body-movement'],
      'cuff-too-loose': [1, 'cuff-too-loose'],
      'irregular-pulse': [2, 'irregular-pulse'],
      'pulse-rate-above-upper-limit': [3, 'pulse-over-range-limit'],
      'pulse-rate-below-lower-limit': [4, 'pulse-under-range-limit'],
      'improper-position': [5, 'improper-body-position'],
    },
  },
  'oxygen-saturation': PULSE_OXIMETER,
  /** Bluetooth's bit 11, time fault, has no bit here: .11 is temperature. */
  glucose: {
    code: mdc(8417752, 'GLU_METER_DEV_STATUS'),
    bits: {
      'device-battery-low': [0, 'device-battery-low'],
      'glucose-sensor-malfunction': [1, 'sensor-malfunction'],
      'sample-size-insufficient': [2, 'sensor-sample-size-insufficient'],
      'strip-insertion-error': [3, 'sensor-strip-insertion'],
      'strip-type-incorrect': [4, 'sensor-strip-type-incorrect'],
      'result-too-high': [5, 'sensor-result-too-high'],
      'result-too-low': [6, 'sensor-result-too-low'],
      'temperature-too-high': [7, 'sensor-temp-too-high'],
      'temperature-too-low': [8, 'sensor-temp-too-low'],
      'read-interrupted': [9, 'sensor-read-interrupt'],
      'general-device-fault': [10, 'device-gen-fault'],
    },
  },
};

/** Bits that are set, in the order of the enumeration. */
export function setBits(reading: Reading): readonly Code[] {
  const table = STATUS_BITS[reading.kind];
  if (!table || reading.status.length === 0) return [];
  return reading.status
    .flatMap((flag) => {
      const row = table.bits[flag];
      return row ? [row] : [];
    })
    .sort(([a], [b]) => a - b)
    .map(([bit, display]) => ({
      system: SYSTEM.bits,
      code: `${table.code.code}.${bit}`,
      display,
    }));
}

/** Words that become interpretation codes of the measurement-status system. */
export const INTERPRETATIONS: Readonly<Partial<Record<StatusFlag, string>>> = {
  questionable: 'questionable',
  'calibration-ongoing': 'calibration-ongoing',
  'early-estimate': 'early-indication',
  validated: 'validated-data',
};

/** Words that are said elsewhere: by an absent value, HTEST or the coincident timestamp. */
const SAID_ELSEWHERE: ReadonlySet<StatusFlag> = new Set([
  'invalid',
  'measurement-unavailable',
  'measurement-unsuccessful',
  'demonstration',
  'testing',
  'device-clock-not-set',
]);

/** What the status words of one reading come to in FHIR (standards 3.4). */
export interface StatusMeaning {
  readonly status: 'final' | 'preliminary' | 'entered-in-error';
  readonly interpretations: readonly Code[];
  /** The device says that there is no value: stands instead of whatever number it sent. */
  readonly absent?: DataAbsentReason;
  /** No care data. */
  readonly test: boolean;
  /** Glucose beyond what the meter can show: the number is a limit, not the value. */
  readonly comparator?: '>' | '<';
  /** Words without a code, as the device's own report. */
  readonly notes: readonly string[];
}

const GLUCOSE: ReadonlySet<Kind> = new Set(['glucose', 'glucose-interstitial']);

const PLAIN: StatusMeaning = { status: 'final', interpretations: [], test: false, notes: [] };
const PLAIN_TEST: StatusMeaning = { ...PLAIN, test: true };

/** Total; flags of another kind than the reading's are told as notes, never dropped. */
export function statusMeaning(
  reading: Pick<Reading, 'kind' | 'status' | 'simulated'>,
): StatusMeaning {
  const flags = reading.status;
  if (flags.length === 0) return reading.simulated ? PLAIN_TEST : PLAIN;
  const has = (flag: StatusFlag): boolean => flags.includes(flag);
  const bits = STATUS_BITS[reading.kind]?.bits ?? {};
  const absent = has('invalid')
    ? 'error'
    : has('measurement-unavailable')
      ? 'not-performed'
      : undefined;
  const comparator = has('result-too-high') ? '>' : has('result-too-low') ? '<' : undefined;
  return {
    status: has('invalid')
      ? 'entered-in-error'
      : has('early-estimate') || has('measurement-ongoing')
        ? 'preliminary'
        : 'final',
    interpretations: flags.flatMap((flag) => {
      const code = INTERPRETATIONS[flag];
      return code === undefined ? [] : [{ system: SYSTEM.measurementStatus, code }];
    }),
    ...(absent && { absent }),
    test: reading.simulated || has('demonstration') || has('testing'),
    ...(comparator && GLUCOSE.has(reading.kind) && { comparator }),
    notes: flags
      .filter((flag) => !(flag in bits) && !(flag in INTERPRETATIONS) && !SAID_ELSEWHERE.has(flag))
      .map((flag) => `The device reported: ${flag.replaceAll('-', ' ')}.`),
  };
}
