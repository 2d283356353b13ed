import type { FormName } from './forms.ts';

/** What real devices do that a gateway must live with; each is data of one unit. */
export type Quirk =
  /** Its clock is set wrong by this much; negative is slow. */
  | { readonly name: 'clock-offset'; readonly seconds: number }
  /** Nobody set its clock: it counts from 2017-01-01 and says so in the measurement. */
  | { readonly name: 'clock-not-set' }
  /** It never forgets what it handed over and sends its last records again at each connection. */
  | { readonly name: 'resends-everything'; readonly recordsMax: number }
  /** A cuff that measures no mean pressure and sends NaN. */
  | { readonly name: 'nan-mean' };

/** A virtual product. Its form is also its kind of measurement. */
export interface SimulatedModel {
  /** Model Number String (0x2A24). */
  readonly model: string;
  readonly form: FormName;
  /** The health service, and the characteristic that carries its results. */
  readonly service: string;
  readonly characteristic: string;
  readonly transfer: 'indicate' | 'notify';
  /** Further characteristics of the service that can be read, with their bytes in hex. */
  readonly readable: Readonly<Record<string, string>>;
  /** Where its clock can be read: 0x2A2B in service 0x1805, or 0x2A08 inside the health service. */
  readonly clock: 'current-time' | 'date-time' | 'none';
  /** `live`: nothing is kept; it sends while somebody listens. */
  readonly memory: 'stores' | 'live';
  /** What it asks for before it sends results. */
  readonly bond: 'just-works' | 'none';
  /** User slots, and whether a person presses a button or the device guesses. */
  readonly slots?: 'chosen';
}

const FIRMWARE = '1.0.4';

/** Models by key. */
export const SIMULATED_MODELS = {
  'example-cuff': {
    model: 'EX-BP1',
    form: 'blood-pressure',
    service: '1810',
    characteristic: '2a35',
    transfer: 'indicate',
    readable: { '2a49': '0000' },
    clock: 'current-time',
    memory: 'stores',
    bond: 'just-works',
  },
  'example-cuff-two-users': {
    model: 'EX-BP2',
    form: 'blood-pressure',
    service: '1810',
    characteristic: '2a35',
    transfer: 'indicate',
    readable: { '2a49': '0000' },
    clock: 'current-time',
    memory: 'stores',
    bond: 'just-works',
    slots: 'chosen',
  },
  'example-scale': {
    model: 'EX-WS1',
    form: 'body-weight',
    service: '181d',
    characteristic: '2a9d',
    transfer: 'indicate',
    // Weight Scale Feature: time stamp (bit 0), resolution 4 of bits 3-6 (0.05 kg)
    readable: { '2a9e': '21000000' },
    clock: 'date-time',
    memory: 'stores',
    bond: 'just-works',
  },
  'example-body-scale': {
    model: 'EX-BC1',
    form: 'body-composition',
    service: '181b',
    characteristic: '2a9c',
    transfer: 'indicate',
    // Body Composition Feature: time stamp (bit 0), body water mass (7), weight (9)
    readable: { '2a9b': '81020000' },
    clock: 'current-time',
    memory: 'stores',
    bond: 'just-works',
  },
  'example-thermometer': {
    model: 'EX-HT1',
    form: 'body-temperature',
    service: '1809',
    characteristic: '2a1c',
    transfer: 'indicate',
    // no 0x2A1D: the measurement carries its type
    readable: {},
    clock: 'current-time',
    memory: 'stores',
    bond: 'just-works',
  },
  'example-oximeter': {
    model: 'EX-PO1',
    form: 'oxygen-saturation',
    service: '1822',
    characteristic: '2a5e',
    transfer: 'indicate',
    // PLX Features: time stamp (bit 3)
    readable: { '2a60': '0800' },
    clock: 'none',
    memory: 'stores',
    bond: 'none',
  },
  'example-strap': {
    model: 'EX-HR1',
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
}

export const MANUFACTURER = 'Example Medical';

export const PEOPLE: readonly SimulatedPerson[] = [
  { key: 'kari', name: 'Kari Eksempel' },
  { key: 'ola', name: 'Ola Eksempel' },
];

/** The home of the demo: seven devices as people have them, two of them with wrong clocks. */
export const UNITS: readonly SimulatedUnit[] = [
  {
    name: 'Kari cuff',
    modelKey: 'example-cuff',
    number: 1,
    serial: 'EX-0001',
    firmware: FIRMWARE,
    batteryPercent: 81,
    owner: { mode: 'mine', person: 'kari' },
    quirks: [{ name: 'clock-offset', seconds: -7 * 60 - 12 }],
  },
  {
    name: 'Shared cuff',
    modelKey: 'example-cuff-two-users',
    number: 2,
    serial: 'EX-0002',
    firmware: FIRMWARE,
    batteryPercent: 64,
    owner: { mode: 'shared', slots: { 1: 'kari', 2: 'ola' } },
    quirks: [{ name: 'resends-everything', recordsMax: 30 }, { name: 'nan-mean' }],
  },
  {
    name: 'Ola scale',
    modelKey: 'example-scale',
    number: 3,
    serial: 'EX-0003',
    firmware: FIRMWARE,
    batteryPercent: 92,
    owner: { mode: 'mine', person: 'ola' },
    quirks: [{ name: 'clock-offset', seconds: 4 }],
  },
  {
    name: 'Kari body scale',
    modelKey: 'example-body-scale',
    number: 4,
    serial: 'EX-0004',
    firmware: FIRMWARE,
    batteryPercent: 77,
    owner: { mode: 'mine', person: 'kari' },
    quirks: [],
  },
  {
    name: 'Kari thermometer',
    modelKey: 'example-thermometer',
    number: 5,
    serial: 'EX-0005',
    firmware: FIRMWARE,
    batteryPercent: 58,
    owner: { mode: 'mine', person: 'kari' },
    quirks: [],
  },
  {
    name: 'Kari oximeter',
    modelKey: 'example-oximeter',
    number: 6,
    serial: 'EX-0006',
    firmware: FIRMWARE,
    batteryPercent: 43,
    owner: { mode: 'mine', person: 'kari' },
    quirks: [{ name: 'clock-not-set' }],
  },
  {
    name: 'Ola strap',
    modelKey: 'example-strap',
    number: 7,
    serial: 'EX-0007',
    firmware: FIRMWARE,
    batteryPercent: 88,
    owner: { mode: 'mine', person: 'ola' },
    quirks: [],
  },
];
