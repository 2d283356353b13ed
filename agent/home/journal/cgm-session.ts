import { decodeGatt } from '../../../adapters/bluetooth/gatt/index.ts';
import {
  isCompleteLocalDateTime,
  type LocalDateTime,
  type Measurement,
  type StatusFlag,
} from '../../../adapters/measurement.ts';
import type { Captures, StoredCapture } from './captures.ts';
import type { Meaning } from './interpret.ts';
import type { Frame } from './record-frames.ts';

const CGM = '181f';
const MINUTE_MS = 60_000;

type Result = Extract<Meaning, { is: 'result' }>;

/** Status and warning octet: what has a meaning for a single glucose value as well. */
const STATUS: readonly (readonly [octet: string, bit: number, flag: StatusFlag])[] = [
  ['statusOctet', 1, 'device-battery-low'],
  ['statusOctet', 3, 'glucose-sensor-malfunction'],
  ['statusOctet', 5, 'general-device-fault'],
  ['warningOctet', 6, 'result-too-low'],
  ['warningOctet', 7, 'result-too-high'],
];

/**
 * A continuous glucose monitor times its records from the start of its session and names its sample
 * once: both are read at each visit, before the records. Without the start a record has no time, and
 * two sensors' records could not be told apart.
 */
export function createCgmSessions(captures: Pick<Captures, 'before'>) {
  function fieldsOf(frame: Frame, characteristic: string): Readonly<Record<string, unknown>> {
    const [last] = captures.before(frame, CGM, characteristic, 1);
    const decoded = last && decodeGatt(characteristic, last.bytes);
    const fields = decoded?.ok && 'fields' in decoded ? decoded.fields : {};
    return fields.crcOk === false ? {} : fields;
  }

  function timeAt(frame: Frame, minutes: unknown): LocalDateTime | undefined {
    const start = fieldsOf(frame, '2aaa').sessionStartTime;
    if (typeof start !== 'string' || !isCompleteLocalDateTime(start)) return undefined;
    if (typeof minutes !== 'number') return undefined;
    const at = Date.parse(`${start}Z`) + minutes * MINUTE_MS;
    return new Date(at).toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length);
  }

  return {
    /** Each record with its own time, under the number that its minute is. */
    records(capture: StoredCapture, meaning: Result): Meaning {
      const { type, sampleLocation } = fieldsOf(capture, '2aa8');
      if (type === 'control-solution' || sampleLocation === 'control-solution') {
        return { is: 'not-a-result' };
      }
      const baseTime = timeAt(capture, 0);
      if (baseTime === undefined) return { is: 'unreadable', because: 'session-start-unknown' };
      const sample = {
        ...(typeof type === 'string' ? { type } : {}),
        ...(typeof sampleLocation === 'string' ? { sampleLocation } : {}),
      };
      const each = meaning.measurements.map((measurement): Result => {
        const minute = Number(measurement.attributes.timeOffsetMin);
        const deviceTime = timeAt(capture, minute);
        return {
          is: 'result',
          measurements: [
            { ...measurement, attributes: { ...measurement.attributes, ...sample, baseTime } },
          ],
          status: statusOf(measurement),
          sequence: minute,
          ...(deviceTime === undefined ? {} : { deviceTime }),
        };
      });
      return { is: 'results', each };
    },
    /** The minute of the session that it is now, as the monitor's clock. */
    clock(capture: StoredCapture): Meaning {
      const decoded = decodeGatt('2aa9', capture.bytes);
      const fields = decoded.ok && 'fields' in decoded ? decoded.fields : {};
      const deviceNow = fields.crcOk === false ? undefined : timeAt(capture, fields.timeOffsetMin);
      return deviceNow === undefined ? { is: 'not-a-result' } : { is: 'clock', deviceNow };
    },
  };
}

function statusOf({ attributes }: Measurement): StatusFlag[] {
  return STATUS.filter(([octet, bit]) => ((Number(attributes[octet] ?? 0) >> bit) & 1) === 1).map(
    ([, , flag]) => flag,
  );
}
