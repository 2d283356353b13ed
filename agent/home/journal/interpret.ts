import { decodeAdvertisement } from '../../../adapters/bluetooth/advertisements/index.ts';
import { decodeGatt } from '../../../adapters/bluetooth/gatt/index.ts';
import {
  type Attribute,
  type Capture,
  CLOCK_WRITTEN,
  type Decode,
  type DecodeRefusal,
  type LocalDateTime,
  type Measurement,
  type StatusFlag,
} from '../../../adapters/measurement.ts';
import { decodeTyped } from '../../../adapters/typed/entry.ts';
import type { DeviceFacts } from '../../../fhir/reading.ts';
import type { ReadingContent } from './readings.ts';

/** What a capture means for the journal. */
export type Meaning =
  | {
      readonly is: 'result';
      readonly measurements: readonly Measurement[];
      readonly status: readonly StatusFlag[];
      readonly deviceTime?: LocalDateTime;
      readonly userIndex?: number;
      readonly sequence?: number;
      /** Level that came in the same frame, percent: a fact of the device. */
      readonly battery?: string;
      /** The rest of the record is still to come, in a frame of its own. */
      readonly partial?: boolean;
      /** When it was by the word of the person who typed it in: an instant with its offset. */
      readonly stated?: string;
    }
  /** Several records in one frame, each with its own time and number. */
  | { readonly is: 'results'; readonly each: readonly Extract<Meaning, { is: 'result' }>[] }
  /** The second half of a record: it is read with the first, which is that capture. */
  | { readonly is: 'part'; readonly of: number }
  /** Another frame, that capture, told the same of the same measurement. */
  | { readonly is: 'told-before'; readonly by: number }
  /** What belongs to a measurement that came in a frame of its own. */
  | { readonly is: 'context'; readonly attributes: Readonly<Record<string, Attribute>> }
  | { readonly is: 'battery'; readonly percent: string }
  | { readonly is: 'clock'; readonly deviceNow: LocalDateTime }
  /** The gateway wrote the device's clock: a new timeline begins, at this time of the device. */
  | { readonly is: 'clock-set'; readonly starts: LocalDateTime }
  | { readonly is: 'fact'; readonly fact: Partial<DeviceFacts> }
  | { readonly is: 'not-a-result' }
  | { readonly is: 'unreadable'; readonly because: string };

type GattSource = Extract<Capture['source'], { characteristic: string }>;

/** Characteristics whose value is the device's clock. */
const CLOCKS: ReadonlySet<string> = new Set(['2a2b', '2a08']);

/** Device Information: which fact each characteristic tells. */
const FACTS: Readonly<Record<string, keyof DeviceFacts>> = {
  '2a24': 'model',
  '2a25': 'serial',
  '2a26': 'firmware',
  '2a27': 'hardware',
  '2a28': 'software',
  '2a29': 'manufacturer',
};

/** Flags that say that nobody was measured: the frame is not a result (standards 3.4). */
const NOT_A_RESULT: readonly StatusFlag[] = ['demonstration', 'testing'];

/** Reads a capture's bytes. Pure and total; the bytes stay as they are in the journal. */
export function interpret(
  { source, bytes }: Pick<Capture, 'source' | 'bytes'>,
  /** Address and key of a device that broadcasts; the protocol of one that speaks its maker's own. */
  context?: Parameters<Decode>[1],
): Meaning {
  if ('typed' in source) return meaningOfTyped(bytes);
  const decoded =
    'characteristic' in source
      ? decodeGatt(source.characteristic, bytes, context)
      : decodeAdvertisement(source, bytes, context);
  if (!decoded.ok) return meaningOfRefusal(decoded.reason, source);
  if ('fields' in decoded) {
    return 'characteristic' in source
      ? meaningOfFields(source, decoded.fields)
      : { is: 'not-a-result' };
  }
  const { status, deviceTime, userIndex, sequence } = decoded;
  if (status.some((flag) => NOT_A_RESULT.includes(flag))) return { is: 'not-a-result' };
  const measurements = decoded.measurements.filter(({ kind }) => kind !== 'battery');
  const battery = batteryOf(decoded.measurements);
  if (measurements.length === 0) {
    return battery === undefined ? { is: 'not-a-result' } : { is: 'battery', percent: battery };
  }
  return {
    is: 'result',
    measurements,
    status,
    ...(deviceTime === undefined ? {} : { deviceTime }),
    ...(userIndex === undefined ? {} : { userIndex }),
    ...(sequence === undefined ? {} : { sequence }),
    ...(battery === undefined ? {} : { battery }),
  };
}

function meaningOfTyped(bytes: Uint8Array): Meaning {
  const decoded = decodeTyped(bytes);
  if (!decoded.ok) return { is: 'unreadable', because: decoded.reason };
  const { measurement, at } = decoded;
  return { is: 'result', measurements: [measurement], status: [], stated: at };
}

/** A battery's level is a fact of the device, also where it comes beside a measurement. */
function batteryOf(measurements: readonly Measurement[]): string | undefined {
  const level = measurements.find(({ kind }) => kind === 'battery')?.quantities.level;
  return level && 'value' in level ? level.value : undefined;
}

function meaningOfRefusal(because: DecodeRefusal, source: Capture['source']): Meaning {
  if (because === 'not-a-result') return { is: 'not-a-result' };
  // A measuring device also broadcasts other makers' formats: nothing was measured there.
  const isOther =
    !('characteristic' in source) &&
    (because === 'unsupported' || (because === 'too-short' && isShared(source)));
  return isOther ? { is: 'not-a-result' } : { is: 'unreadable', because };
}

/** A scale that hands over by connection broadcasts a byte there, where another maker's puts the weight. */
const isShared = (source: Capture['source']): boolean =>
  'serviceData' in source && ['181b', '181d'].includes(source.serviceData);

/** Frame counters of broadcasts, under the names that their decoders give them. */
const COUNTERS = ['counter', 'packetId', 'frameCounter', 'sequence'] as const;

/** The sender's own number of a broadcast: repeats bear the same. Undefined where it has none. */
export function counterOf(measurement: Measurement | undefined): string | undefined {
  const name = COUNTERS.find((one) => measurement?.attributes[one] !== undefined);
  return name && `${name} ${measurement?.attributes[name]}`;
}

/** What of a frame's meaning one of its measurements keeps as a reading. */
export function contentOf(
  measurement: Measurement,
  meaning: Extract<Meaning, { is: 'result' }>,
): ReadingContent {
  const { status, sequence, deviceTime } = meaning;
  return {
    measurements: [measurement],
    status,
    ...(sequence === undefined ? {} : { sequence }),
    ...(deviceTime === undefined ? {} : { deviceTime }),
  };
}

/** A glucose measurement with what came in its context: one reading. */
export function joined(meaning: Meaning, context: Meaning): Meaning {
  if (meaning.is !== 'result' || context.is !== 'context') return meaning;
  const measurements = meaning.measurements.map((measurement) => ({
    ...measurement,
    attributes: { ...context.attributes, ...measurement.attributes },
  }));
  return { ...meaning, measurements };
}

/** Parts of a context that frame it and say nothing of the person's day. */
const CONTEXT_FRAME = new Set(['flags', 'sequenceNumber', 'extendedFlags', 'trailingBytes']);

function contextOf(fields: Readonly<Record<string, unknown>>): Meaning {
  const told = Object.entries(fields).filter(
    (entry): entry is [string, string | number] =>
      !CONTEXT_FRAME.has(entry[0]) && ['string', 'number'].includes(typeof entry[1]),
  );
  return { is: 'context', attributes: Object.fromEntries(told) };
}

function meaningOfFields(
  { service, characteristic: uuid }: GattSource,
  fields: Readonly<Record<string, unknown>>,
): Meaning {
  if (service === CLOCK_WRITTEN && typeof fields.timestamp === 'string') {
    return { is: 'clock-set', starts: fields.timestamp };
  }
  if (CLOCKS.has(uuid) && typeof fields.timestamp === 'string') {
    return { is: 'clock', deviceNow: fields.timestamp };
  }
  // A maker's own way to tell its clock.
  if (typeof fields.deviceNow === 'string') return { is: 'clock', deviceNow: fields.deviceNow };
  if (uuid === '2a34') return contextOf(fields);
  if (uuid === '2a23' && typeof fields.systemId === 'string') {
    return { is: 'fact', fact: { systemId: fields.systemId } };
  }
  const name = FACTS[uuid];
  if (name && typeof fields.text === 'string' && fields.text.trim() !== '') {
    return { is: 'fact', fact: { [name]: fields.text.trim() } };
  }
  return { is: 'not-a-result' };
}
