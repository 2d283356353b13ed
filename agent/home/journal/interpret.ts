import { decodeGatt } from '../../../adapters/bluetooth/gatt/index.ts';
import type {
  Capture,
  LocalDateTime,
  Measurement,
  StatusFlag,
} from '../../../adapters/measurement.ts';
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
    }
  | { readonly is: 'battery'; readonly percent: string }
  | { readonly is: 'clock'; readonly deviceNow: LocalDateTime }
  | { readonly is: 'fact'; readonly fact: Partial<DeviceFacts> }
  | { readonly is: 'not-a-result' }
  | { readonly is: 'unreadable'; readonly because: string };

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
export function interpret(capture: Pick<Capture, 'source' | 'bytes'>): Meaning {
  if (!('characteristic' in capture.source)) return { is: 'unreadable', because: 'unsupported' };
  const uuid = capture.source.characteristic;
  const decoded = decodeGatt(uuid, capture.bytes);
  if (!decoded.ok) {
    return decoded.reason === 'not-a-result'
      ? { is: 'not-a-result' }
      : { is: 'unreadable', because: decoded.reason };
  }
  if ('fields' in decoded) return meaningOfFields(uuid, decoded.fields);
  const [first] = decoded.measurements;
  if (!first || decoded.status.some((flag) => NOT_A_RESULT.includes(flag))) {
    return { is: 'not-a-result' };
  }
  if (first.kind === 'battery') {
    const level = first.quantities.level;
    return level && 'value' in level
      ? { is: 'battery', percent: level.value }
      : { is: 'unreadable', because: 'reserved-value' };
  }
  const { measurements, status, deviceTime, userIndex, sequence } = decoded;
  return {
    is: 'result',
    measurements,
    status,
    ...(deviceTime === undefined ? {} : { deviceTime }),
    ...(userIndex === undefined ? {} : { userIndex }),
    ...(sequence === undefined ? {} : { sequence }),
  };
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

function meaningOfFields(uuid: string, fields: Readonly<Record<string, unknown>>): Meaning {
  if (CLOCKS.has(uuid) && typeof fields.timestamp === 'string') {
    return { is: 'clock', deviceNow: fields.timestamp };
  }
  if (uuid === '2a23' && typeof fields.systemId === 'string') {
    return { is: 'fact', fact: { systemId: fields.systemId } };
  }
  const name = FACTS[uuid];
  if (name && typeof fields.text === 'string' && fields.text.trim() !== '') {
    return { is: 'fact', fact: { [name]: fields.text.trim() } };
  }
  return { is: 'not-a-result' };
}
