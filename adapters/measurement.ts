/**
 * The nouns of a measurement and their closed lists. Everything in `adapters/` ends in a
 * {@link Measurement}; everything in `fhir/` begins with one. It knows nobody.
 */

/** A UCUM unit code, e.g. `mm[Hg]`, `kg`, `/min`, `%`, `Cel`. */
export type Ucum = string;

/** Codes of http://terminology.hl7.org/CodeSystem/data-absent-reason that a device can cause. */
export type DataAbsentReason =
  | 'not-a-number'
  | 'positive-infinity'
  | 'negative-infinity'
  | 'error'
  | 'unknown'
  | 'not-performed';

/** A number exactly as the device sent it: decimal text, so that `6.0` stays `6.0`, with its unit. */
export type Quantity =
  | { readonly value: string; readonly unit: Ucum }
  | { readonly absent: DataAbsentReason; readonly unit?: Ucum };

/**
 * Wall-clock time without a zone, `YYYY-MM-DDThh:mm:ss`, as devices tell it.
 * Unknown parts are `0000` and `00`: see {@link isCompleteLocalDateTime}.
 */
export type LocalDateTime = string;

/** What can be measured. `stream` kinds are thinned to one reading per interval, unaltered. */
export const KINDS = {
  'blood-pressure': { cadence: 'spot' },
  'heart-rate': { cadence: 'stream' },
  'oxygen-saturation': { cadence: 'spot' },
  'body-temperature': { cadence: 'spot' },
  'body-weight': { cadence: 'spot' },
  'body-composition': { cadence: 'spot' },
  glucose: { cadence: 'spot' },
  /** Of a continuous monitor; not thinned, since it hands over what it stored all at once. */
  'glucose-interstitial': { cadence: 'spot' },
  environment: { cadence: 'stream' },
  contact: { cadence: 'spot' },
  motion: { cadence: 'spot' },
  presence: { cadence: 'spot' },
  button: { cadence: 'spot' },
  smoke: { cadence: 'spot' },
  'water-leak': { cadence: 'spot' },
  battery: { cadence: 'spot' },
} as const satisfies Record<string, { cadence: 'spot' | 'stream' }>;

export type Kind = keyof typeof KINDS;

/**
 * What a device says about its own measurement, in the Bluetooth SIG's words. Closed list:
 * `fhir/codes.ts` has the MDC bit of each. They travel and are shown, and never decide anything
 * except where the device says that there is no value.
 */
export const STATUS_FLAGS = [
  // Blood Pressure Measurement Status (0x2A35), bits 0-2, the 2-bit pulse range, bit 5
  'body-movement',
  'cuff-too-loose',
  'irregular-pulse',
  'pulse-rate-above-upper-limit',
  'pulse-rate-below-lower-limit',
  'improper-position',
  // Pulse oximeter Measurement Status (0x2A5E/0x2A5F), bits 5-15
  'measurement-ongoing',
  'early-estimate',
  'validated',
  'fully-qualified',
  'from-storage',
  'demonstration',
  'testing',
  'calibration-ongoing',
  'measurement-unavailable',
  'questionable',
  'invalid',
  // Pulse oximeter Device and Sensor Status, bits 0-15
  'extended-display-update',
  'equipment-malfunction',
  'signal-irregularity',
  'inadequate-signal',
  'poor-signal',
  'low-perfusion',
  'erratic-signal',
  'nonpulsatile-signal',
  'questionable-pulse',
  'signal-analysis-ongoing',
  'sensor-interference',
  'sensor-unconnected-to-user',
  'unknown-sensor',
  'sensor-displaced',
  'sensor-malfunction',
  'sensor-disconnected',
  'device-clock-not-set',
  // Glucose Sensor Status Annunciation (0x2A18)
  'device-battery-low',
  'glucose-sensor-malfunction',
  'sample-size-insufficient',
  'strip-insertion-error',
  'strip-type-incorrect',
  'result-too-high',
  'result-too-low',
  'temperature-too-high',
  'temperature-too-low',
  'read-interrupted',
  'general-device-fault',
  'time-fault',
  // Heart Rate Measurement (0x2A37) sensor contact
  'contact-not-detected',
  // Weight and body composition: 0xFFFF
  'measurement-unsuccessful',
] as const;

export type StatusFlag = (typeof STATUS_FLAGS)[number];

/** What the bytes said, and nothing else: no person, no corrected time, no code system. */
export interface Measurement {
  readonly kind: Kind;
  /** By name: systolic, diastolic, mean, pulse-rate, heart-rate, spo2, temperature, weight, … */
  readonly quantities: Readonly<Record<string, Quantity>>;
  /** What is not a quantity: site of a thermometer, modality of an oximeter, state of a contact. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export type Attribute = string | number | boolean | readonly string[] | readonly number[];

/** Who typed a reading in: whom it is about, who acts for them, or who looks after the box. */
export const TYPED_BY = ['person', 'representative', 'operator'] as const;
export type TypedBy = (typeof TYPED_BY)[number];

/** Undefined for what a device measured and told. */
export function typedByOf(measurements: readonly Measurement[]): TypedBy | undefined {
  const { typedBy } = measurements[0]?.attributes ?? {};
  return TYPED_BY.find((one) => one === typedBy);
}

/** Why bytes were refused. */
export type DecodeRefusal =
  | 'too-short'
  | 'reserved-value'
  | 'unsupported'
  | 'not-a-result'
  | 'bad-checksum'
  | 'encrypted';

export type Decoded =
  | {
      readonly ok: true;
      readonly measurements: readonly Measurement[];
      /** The device's own time of the measurement, uncorrected. */
      readonly deviceTime?: LocalDateTime;
      /** Memory slot of the device; a slot is not a person. Absent when the device said unknown. */
      readonly userIndex?: number;
      readonly sequence?: number;
      readonly status: readonly StatusFlag[];
    }
  /** Characteristics that are not results: features, control points, times, device information. */
  | { readonly ok: true; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: DecodeRefusal };

/** What is known of the sender of bytes besides the bytes. */
export interface DecodeContext {
  readonly address?: string;
  readonly key?: Uint8Array;
  readonly serviceData?: string;
  /** Of the device's model, where it speaks its maker's own: the same characteristic means another thing elsewhere. */
  readonly protocol?: string;
  /**
   * What the device's model does otherwise than its specification, by the names of the model blocks;
   * empty for a model that is not known. Absent: nothing is known of the device, not even that.
   */
  readonly quirks?: readonly string[];
  /** What the device's model can measure, by the names of quantities and as its maker states it. */
  readonly ranges?: Readonly<Record<string, { low: string; high: string; unit: Ucum }>>;
}

/** Total and pure: never throws, logs or reads a clock. */
export type Decode = (bytes: Uint8Array, context?: DecodeContext) => Decoded;

/** Raw bytes as they came, from whom, and when by the gateway's clock. The journal's truth. */
export interface Capture {
  /** Address of the peripheral, lower case without colons; a bonded device's identity address. */
  readonly peripheral: string;
  /** Gateway clock at reception, milliseconds since 1970 UTC. */
  readonly at: number;
  /** One connection, or one run of broadcasts: joins a clock reading with what it dates. */
  readonly session: string;
  readonly source:
    | { readonly service: string; readonly characteristic: string }
    | { readonly serviceData: string }
    | { readonly manufacturer: number }
    /** Typed in by hand; the form of the bytes. */
    | { readonly typed: string };
  readonly bytes: Uint8Array;
}

/**
 * Stands for the service in the source of a capture that is no answer of the device: the bytes that
 * the gateway writes to its clock, kept before they are written.
 */
export const CLOCK_WRITTEN = 'clock-written';

/** True when no part of the date and time is unknown: only then it may become an instant. */
export function isCompleteLocalDateTime(text: LocalDateTime | undefined): text is LocalDateTime {
  return (
    text !== undefined &&
    /^\d{4}-\d{2}-\d{2}T/.test(text) &&
    !/^0000|-00-|-00T/.test(text) &&
    !Number.isNaN(Date.parse(`${text}Z`))
  );
}
