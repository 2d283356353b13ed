import { isCompleteLocalDateTime, type Kind } from '../../../adapters/measurement.ts';
import { mintReadingId, readingId, typedReadingId } from '../../../fhir/identifiers.ts';
import type { DeviceRow } from '../people/devices.ts';
import type { Captures, StoredCapture } from './captures.ts';
import type { ClockReadings } from './clock-readings.ts';
import { counterOf, type Meaning } from './interpret.ts';
import type { Readings, StoredReading } from './readings.ts';

type Result = Extract<Meaning, { is: 'result' }>;

/** The same record again within this, in time without a device's own, was indicated again after a lost connection. */
const REPEAT_MS = 120_000;
/** A broadcast is repeated for some seconds so that one is heard; later the same bytes are news. */
const REBROADCAST_MS = 30_000;
/** Counters of one byte begin again: the same number after this is another frame. */
const COUNTER_MS = 600_000;

/** A clock that stands shows where it began, a whole hour; any other time is one it ran to. */
const MAY_STAND = /:00:00$/;

/** A reading's id, and what is stored under it. */
interface Identified {
  readonly id: string;
  readonly known: StoredReading | undefined;
}

/**
 * Which reading a measurement is (promise 2). `clockNotSet`: the device's time is nobody's, as the
 * frame says or as its model is known for.
 */
export function createIdentity(parts: {
  readonly captures: Captures;
  readonly clocks: ClockReadings;
  readonly readings: Readings;
  readonly clockNotSet: (device: DeviceRow, status: Result['status']) => boolean;
}) {
  const { captures, clocks, readings } = parts;

  /** Without a time or number of its own: the same frame again, not another measurement. */
  function isRepeat(capture: StoredCapture, device: DeviceRow, kind: Kind, meaning: Result) {
    const { at, bytes } = capture;
    if ('characteristic' in capture.source) {
      // A clock that is not set, but runs, tells records apart: sent again after a crash, whenever.
      const { deviceTime } = meaning;
      const runs =
        isCompleteLocalDateTime(deviceTime) &&
        (!MAY_STAND.test(deviceTime) || readings.hasOtherTime(device.id, kind, deviceTime));
      // Reported anew in every visit, what is stored without a time has only its bytes.
      const again = runs || meaning.status.includes('from-storage');
      const within = again ? Number.MAX_SAFE_INTEGER - at : REPEAT_MS;
      return readings.withSameBytes(device.id, kind, bytes, at - within, at + within);
    }
    // Of broadcasts only the last counts: open, closed, open are three.
    const last = readings.last(device.id, kind);
    const before = last?.capture === undefined ? undefined : captures.get(last.capture);
    if (!before) return false;
    const since = Math.abs(at - before.at);
    const counter = counterOf(meaning.measurements.find((one) => one.kind === kind));
    if (counter !== undefined) {
      return since < COUNTER_MS && counter === counterOf(last?.content.measurements[0]);
    }
    return since < REBROADCAST_MS && Buffer.compare(before.bytes, bytes) === 0;
  }

  /** The first that is there already, or the first. */
  function firstKnown(ids: readonly string[]): Identified | undefined {
    for (const id of ids) {
      const known = readings.get(id);
      if (known) return { id, known };
    }
    const [id] = ids;
    return id === undefined ? undefined : { id, known: undefined };
  }

  return {
    /**
     * Device key, slot, kind, the device's uncorrected time, and what tells two of one time apart.
     * Undefined for what is a repeat of a reading and has nothing of its own to tell that by.
     */
    identify(
      capture: StoredCapture,
      device: DeviceRow,
      kind: Kind,
      meaning: Result,
    ): Identified | undefined {
      const { sequence, deviceTime, userIndex } = meaning;
      const rawBytes = Buffer.from(capture.bytes).toString('hex');
      if ('typed' in capture.source) {
        return firstKnown([
          typedReadingId({ deviceKey: device.key, form: capture.session, rawBytes }),
        ]);
      }
      const clockNotSet = parts.clockNotSet(device, meaning.status);
      const identity = { deviceKey: device.key, kind, userSlot: userIndex };
      // Sent again after its device's clock was written, a record is the one that it was before.
      const amongKnown = (idOn: (clockEpoch: number) => string) =>
        firstKnown(clocks.epochsOf(capture, deviceTime).map(idOn));
      const { baseTime } = meaning.measurements[0]?.attributes ?? {};
      // Base time stays when the clock is set, so the record is the same on every timeline (GLS 1.0).
      if (sequence !== undefined && typeof baseTime === 'string') {
        const id = readingId({ ...identity, clockEpoch: 0, deviceTime: baseTime, sequence });
        return firstKnown([id]);
      }
      if (sequence !== undefined) {
        return amongKnown((clockEpoch) =>
          readingId({ ...identity, clockEpoch, deviceTime, sequence }),
        );
      }
      // A clock that was never set shows the same time every day: it tells no two records apart.
      if (isCompleteLocalDateTime(deviceTime) && !clockNotSet) {
        const own = 'serviceData' in capture.source ? weightOf(meaning) : undefined;
        const raw = own ?? rawBytes;
        return amongKnown((clockEpoch) =>
          readingId({ ...identity, clockEpoch, deviceTime, rawBytes: raw }),
        );
      }
      if (isRepeat(capture, device, kind, meaning)) return undefined;
      const { at, session } = capture;
      return firstKnown([mintReadingId({ deviceKey: device.key, kind, at, session, rawBytes })]);
    },
  };
}

/** A scale broadcasts one weighing twice, before and after what else it measures: the weight is the same. */
function weightOf(meaning: Result): string | undefined {
  const weight = meaning.measurements[0]?.quantities.weight;
  return weight && Buffer.from(JSON.stringify(weight)).toString('hex');
}
