import type { Kind } from '../measurement.ts';
import type { FormName } from './forms.ts';
import type { Quirk } from './quirks.ts';

/** A virtual product. */
export interface SimulatedModel {
  /** Model Number String (0x2A24). */
  readonly model: string;
  readonly kind: Kind;
  readonly form: FormName;
  /** Manufacturer Name String (0x2A29). */
  readonly maker: string;
  /** The health service, and the characteristic that carries its results. */
  readonly service: string;
  readonly characteristic: string;
  readonly transfer: 'indicate' | 'notify';
  /** Further characteristics of the service that can be read, with their bytes in hex. */
  readonly readable: Readonly<Record<string, string>>;
  /** Where its clock can be read: 0x2A2B in service 0x1805, or 0x2A08 inside the health service. */
  readonly clock: 'current-time' | 'date-time' | 'none';
  /** Its clock can be set through the same characteristic. */
  readonly clockWritable?: true;
  /** `live`: nothing is kept; it sends while somebody listens. `record-access`: it sends when asked. */
  readonly memory: 'stores' | 'live' | 'record-access';
  /** What it asks for before it sends results; a passkey is shown by the device. */
  readonly bond: 'just-works' | 'passkey' | 'none';
  /** User slots, and whether a person presses a button or the device guesses. */
  readonly slots?: 'chosen';
  /** What it advertises as its name; else its unit's. */
  readonly advertisedName?: string;
}

const MAKER = 'Example Medical';

const CUFF = {
  model: 'EX-BP1',
  kind: 'blood-pressure',
  form: 'blood-pressure',
  maker: MAKER,
  service: '1810',
  characteristic: '2a35',
  transfer: 'indicate',
  readable: { '2a49': '0000' },
  clock: 'current-time',
  memory: 'stores',
  bond: 'just-works',
} as const satisfies SimulatedModel;

const CUFF_TWO_USERS = { ...CUFF, model: 'EX-BP2', slots: 'chosen' } as const;

const SCALE = {
  ...CUFF,
  model: 'EX-WS1',
  kind: 'body-weight',
  form: 'body-weight',
  service: '181d',
  characteristic: '2a9d',
  // Weight Scale Feature: time stamp (bit 0), resolution 4 of bits 3-6 (0.05 kg)
  readable: { '2a9e': '21000000' },
  clock: 'date-time',
} as const;

const BODY_SCALE = {
  ...CUFF,
  model: 'EX-BC1',
  kind: 'body-composition',
  form: 'body-composition',
  service: '181b',
  characteristic: '2a9c',
  // Body Composition Feature: time stamp (bit 0), body water mass (7), weight (9)
  readable: { '2a9b': '81020000' },
} as const;

const THERMOMETER = {
  ...CUFF,
  model: 'EX-HT1',
  kind: 'body-temperature',
  form: 'body-temperature',
  service: '1809',
  characteristic: '2a1c',
  // no 0x2A1D: the measurement carries its type
  readable: {},
} as const;

const METER = {
  ...CUFF,
  model: 'EX-GL1',
  kind: 'glucose',
  form: 'glucose',
  service: '1808',
  characteristic: '2a18',
  transfer: 'notify',
  // Glucose Feature: time fault (bit 9)
  readable: { '2a51': '0002' },
  memory: 'record-access',
  bond: 'passkey',
} as const;

/** Models by key. The clock of `settable` ones can be written. */
export const SIMULATED_MODELS = {
  'example-cuff': CUFF,
  'example-cuff-settable': { ...CUFF, model: 'EX-BP1S', clockWritable: true },
  'example-cuff-two-users': CUFF_TWO_USERS,
  'example-cuff-two-users-settable': { ...CUFF_TWO_USERS, model: 'EX-BP2S', clockWritable: true },
  // Known by name and model number to adapters/bluetooth/models: pulse and status byte-swapped.
  'beurer-cuff': {
    ...CUFF,
    model: 'BM85',
    form: 'blood-pressure-big-endian',
    maker: 'Beurer GmbH',
    advertisedName: 'Beurer BM85',
  },
  'example-cuff-passkey': {
    ...CUFF,
    model: 'EX-BP3',
    bond: 'passkey',
    advertisedName: 'Example EX-BP3',
  },
  'example-scale': SCALE,
  'example-scale-settable': { ...SCALE, model: 'EX-WS1S', clockWritable: true },
  'example-body-scale': BODY_SCALE,
  'example-body-scale-settable': { ...BODY_SCALE, model: 'EX-BC1S', clockWritable: true },
  'example-thermometer': THERMOMETER,
  'example-oximeter': {
    ...CUFF,
    model: 'EX-PO1',
    kind: 'oxygen-saturation',
    form: 'oxygen-saturation',
    service: '1822',
    characteristic: '2a5e',
    // PLX Features: time stamp (bit 3)
    readable: { '2a60': '0800' },
    clock: 'none',
    bond: 'none',
  },
  'example-strap': {
    ...CUFF,
    model: 'EX-HR1',
    kind: 'heart-rate',
    form: 'heart-rate',
    service: '180d',
    characteristic: '2a37',
    transfer: 'notify',
    // Body Sensor Location: chest
    readable: { '2a38': '01' },
    clock: 'none',
    memory: 'live',
    bond: 'none',
  },
  'example-meter': METER,
  'example-meter-settable': { ...METER, model: 'EX-GL1S', clockWritable: true },
} as const satisfies Record<string, SimulatedModel>;

export type SimulatedModelKey = keyof typeof SIMULATED_MODELS;

/** Invented people of an invented home. */
export interface SimulatedPerson {
  readonly key: string;
  readonly name: string;
}

/** Whose a device is: one person's alone, or several people's by the slot they choose on it. */
export type Ownership =
  | { readonly mode: 'mine'; readonly person: string }
  | { readonly mode: 'shared'; readonly slots: Readonly<Record<number, string>> };

/** One unit in the home. */
export interface SimulatedUnit {
  readonly name: string;
  readonly modelKey: SimulatedModelKey;
  /** Last byte of its address in the documentation range 00-00-5E-00-53 (RFC 9542). */
  readonly number: number;
  readonly serial: string;
  readonly firmware: string;
  readonly batteryPercent: number;
  readonly owner: Ownership;
  readonly quirks: readonly Quirk[];
  /** Six digits that it shows when it is paired. */
  readonly passkey?: string;
  /** Bought just now: it lies beside the gateway in pairing mode, and nobody has used it. */
  readonly isNew?: true;
}
