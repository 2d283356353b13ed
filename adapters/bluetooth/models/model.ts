import type { Kind } from '../../measurement.ts';
import type { Protocol } from '../gatt/protocols.ts';

/** One text for people in the languages of the pages. */
export interface Words {
  /** Norwegian bokmål. */
  readonly nb: string;
  /** Norwegian nynorsk. */
  readonly nn: string;
  readonly en: string;
}

/** What is known of a device that is to be recognised. Absent: it did not say, or nobody asked yet. */
export interface Said {
  /** Local name of its advertisements. */
  readonly name?: string | undefined;
  /** Services that it advertises or offers; 16-bit ones short (`1810`), lower case. */
  readonly services?: readonly string[] | undefined;
  /** Manufacturer Name String (0x2A29). */
  readonly manufacturer?: string | undefined;
  /** Model Number String (0x2A24). */
  readonly model?: string | undefined;
  /** Product number in the frames that it broadcasts (MiBeacon). */
  readonly product?: number | undefined;
}

/**
 * How a model is recognised: by its model number, its product number or its advertised name. A manufacturer that is
 * named here must be told before a model number counts, since short numbers are not unique.
 */
export interface Identity {
  readonly manufacturer?: RegExp;
  readonly model?: RegExp;
  readonly name?: RegExp;
  /** Its maker's number for the product, in what it broadcasts. */
  readonly product?: number;
  /** Services by which its results come, advertised or offered: a device with none of them is another. */
  readonly services: readonly string[];
}

/** What makes a model differ from its specification, or needs a person's care. Closed list. */
export const QUIRKS = {
  'advertises-briefly': 'can be reached for about 30 to 60 seconds after a measurement only',
  'clock-not-set': 'sends a time although its clock was never set, and says so',
  'clock-unreliable': 'its time is often wrong: compare with reception',
  'clock-write-ignored': 'may accept a written time and keep its own: read it back',
  'clock-write-needed': 'puts no time into measurements until its clock was written',
  'contact-not-detected': 'may report no skin contact although its rate is right',
  'key-from-maker': 'encrypts its broadcasts; the key has to be fetched from the maker',
  'maker-app-first': 'some needed the maker’s app for their first pairing',
  'maker-protocol': 'speaks a protocol of its maker instead of a standard health service',
  'memory-never-written': 'its memory holds calibration: it is read, never written',
  'new-key-each-session':
    'forgets its key after each connection: an old bond does not mean a fault',
  'passkey-on-newer': 'newer hardware shows a six-digit code when it is paired',
  'pulse-big-endian': 'pulse and status with swapped bytes; a user id that no flag announces',
  'raw-mantissa': 'values are whole numbers where the specification has decimal floats',
  'repeats-broadcast': 'broadcasts one measurement many times',
  'user-code': 'hands over nothing before a user and that user’s code were given',
  'weight-in-clear': 'broadcasts the weight of anyone who steps on it, readable by all',
} as const;

export type Quirk = keyof typeof QUIRKS;

/** Where a device keeps its clock, and what can be done with it. */
export type ModelClock =
  | { readonly access: 'none' | 'unknown' }
  | {
      readonly access: 'read' | 'write';
      /** Characteristics, in the order of trial: Current Time `2a2b`, Date Time `2a08`. */
      readonly where: readonly ('2a2b' | '2a08')[];
    };

/** What a block of data rests on. */
export interface Evidence {
  /** Bytes published as those of such a device; a standard that it is said to follow; what people report of it. */
  readonly kind: 'capture' | 'specification' | 'issue';
  /**
   * Of a capture the id of its vector in `test/fixtures/vectors.json`; of a specification its
   * name; of an issue the repository with number, path or test.
   */
  readonly reference: string;
}

/** A product, as data. Nothing in it is guessed: what nobody reported is `unknown` or absent. */
export interface DeviceModel {
  /** Stable, kebab-case, unique: stored with the household's device. */
  readonly key: string;
  readonly vendor: string;
  /** The product's name as its maker writes it, without the vendor. */
  readonly name: string;
  readonly measures: readonly Kind[];
  readonly identity: Identity;
  /** What such a device says of itself; numbers after the product's own are invented. */
  readonly example: Said;
  /** What it asks for before it hands over results; `just-works` also where the kind is not known. */
  readonly bond: 'none' | 'just-works' | 'passkey';
  /** True where it is reported to keep one pairing only; false says no more than that none reported it. */
  readonly oneHostOnly: boolean;
  readonly clock: ModelClock;
  readonly storage:
    | 'deletes-after-transfer'
    | 'resends-all'
    | 'record-access'
    /** Nothing is kept: who does not listen misses it. */
    | 'live'
    | 'unknown';
  readonly quirks: readonly Quirk[];
  /** Its maker's own protocol, which says how its bytes are read; absent where it follows a standard. */
  readonly protocol?: Protocol;
  /** Whether its maker states that it is a regulated medical device. */
  readonly regulated: 'yes' | 'no' | 'unknown';
  /** Whether its users press a button, or the device guesses who it was (promise 3). */
  readonly slots: 'chosen' | 'guessed' | 'none' | 'unknown';
  /** From the manual, in the quantity's UCUM unit; absent without a source. */
  readonly measuringRange?: Readonly<
    Record<string, { low: string; high: string; unit: string; source: string }>
  >;
  /** What a person does to pair it and to measure with it. */
  readonly instructions: { readonly pair: Words; readonly measure: Words };
  readonly evidence: readonly [Evidence, ...Evidence[]];
}
