import { modelOf } from '../../adapters/bluetooth/models/index.ts';
import {
  isCompleteLocalDateTime,
  KINDS,
  type Kind,
  type Measurement,
} from '../../adapters/measurement.ts';
import { mintReadingId, readingId } from '../../fhir/identifiers.ts';
import type { Clock } from '../clock.ts';
import type { CaptureState, Captures, StoredCapture } from './journal/captures.ts';
import type { ClockReadings } from './journal/clock-readings.ts';
import { type Dated, dateReading } from './journal/dating.ts';
import { contentOf, counterOf, interpret, joined, type Meaning } from './journal/interpret.ts';
import type { ReadingContent, Readings, StoredReading } from './journal/readings.ts';
import type { Routing } from './outbox/routing.ts';
import type { AdvertisementKeys } from './people/advertisement-keys.ts';
import type { DeviceRow, Devices } from './people/devices.ts';
import { attribute } from './people/people.ts';
import { isPending } from './views.ts';

type Result = Extract<Meaning, { is: 'result' }>;

/** The same record again within this, in time without a device's own, was indicated again after a lost connection. */
const REPEAT_MS = 120_000;
/** A broadcast is repeated for some seconds so that one is heard; later the same bytes are news. */
const REBROADCAST_MS = 30_000;
/** Counters of one byte begin again: the same number after this is another frame. */
const COUNTER_MS = 600_000;

export interface PipelineParts {
  readonly captures: Captures;
  readonly clocks: ClockReadings;
  readonly readings: Readings;
  readonly devices: Devices;
  readonly keys: AdvertisementKeys;
  readonly routing: Routing;
  readonly clock: Clock;
  readonly zone: string;
  readonly streamEveryMs: (kind: Kind) => number;
  /** A frame of this device could not be read: counted, and said as an event. */
  readonly unreadable: (device: DeviceRow, because: string) => void;
}

/**
 * The way of a reading, inside the capture's own commit: capture → what it means → whose and when →
 * reading → consent → queue. Everything here can be derived again from the captures, with the same
 * identities.
 */
export function createPipeline(parts: PipelineParts) {
  const { captures, clocks, readings, devices, keys, routing } = parts;

  /** What became of a capture; its state says it. */
  function take(capture: StoredCapture): CaptureState {
    let state: CaptureState = 'captured';
    const device = devices.byId(capture.device);
    if (!device) return state;
    // A fault of ours must not lose the capture: it stays, is said, and is derived again after a restart.
    const done = captures.attempt(
      () => {
        state = derive(capture, device);
        captures.become(capture.id, state);
      },
      () => parts.unreadable(device, 'not-derived'),
    );
    return done ? state : 'captured';
  }

  /** Who sent it: its model's own ways, or the address under which it encrypts its broadcasts. */
  function sender({ device, source }: StoredCapture) {
    const { address = '', model } = devices.byId(device) ?? {};
    if ('characteristic' in source) {
      const { protocol, quirks = [] } = modelOf(model) ?? {};
      return { quirks, ...(protocol === undefined ? {} : { protocol }) };
    }
    const key = keys.of(device);
    return key ? { address, key } : { address };
  }

  /** What a capture says, with the frame that belongs to it when that is there. */
  function mean(capture: StoredCapture): Meaning {
    const meaning = interpret(capture, sender(capture));
    const follows =
      meaning.is === 'result' && meaning.measurements.some((one) => one.attributes.contextFollows);
    const context = follows ? captures.contextOf(capture) : undefined;
    const frame = context === undefined ? undefined : captures.get(context);
    return frame ? joined(meaning, interpret(frame, sender(frame))) : meaning;
  }

  function derive(capture: StoredCapture, device: DeviceRow): CaptureState {
    const meaning = mean(capture);
    const distrust = keys.distrust(capture, meaning);
    if (distrust === 'repeat') return distrust;
    if (distrust) {
      parts.unreadable(device, distrust);
      return 'unreadable';
    }
    switch (meaning.is) {
      case 'battery':
        devices.heard(device.id, capture.at, meaning.percent);
        return 'fact';
      case 'context':
        return context(capture, device);
      case 'fact':
        devices.learn(device.id, { ...device.facts, ...meaning.fact });
        return 'fact';
      case 'clock':
        clocks.add(capture, meaning.deviceNow);
        if (!device.facts.hasClock) devices.learn(device.id, { ...device.facts, hasClock: true });
        for (const held of readings.heldByClock(device.id)) settle(held);
        return 'fact';
      case 'clock-set':
        clocks.begin(capture, meaning.starts);
        devices.newTimeline(device.id, capture.id);
        return 'fact';
      case 'unreadable':
        parts.unreadable(device, meaning.because);
        return 'unreadable';
      case 'not-a-result':
        return 'not-a-result';
      case 'result':
        // Being paired: waits until the device's identity is known.
        if (isPending(device.key)) return 'captured';
        devices.heard(device.id, capture.at, meaning.battery);
        return result(capture, device, meaning);
      default:
        return meaning satisfies never;
    }
  }

  /** Came later than its measurement: completes the reading that is there already. */
  function context(capture: StoredCapture, device: DeviceRow): CaptureState {
    const of = captures.measurementOf(capture);
    const measurement = of === undefined ? undefined : captures.get(of);
    if (!measurement || isPending(device.key)) return 'fact';
    const meaning = mean(measurement);
    if (meaning.is === 'result') result(measurement, device, meaning);
    return 'fact';
  }

  /** The last of a stream that ended: a reading although it was thinned. */
  function takeLast(capture: StoredCapture): void {
    const device = devices.byId(capture.device);
    const meaning = mean(capture);
    if (!device || meaning.is !== 'result') return;
    captures.attempt(
      () => captures.become(capture.id, result(capture, device, meaning, 'keep')),
      () => parts.unreadable(device, 'not-derived'),
    );
  }

  function result(
    capture: StoredCapture,
    device: DeviceRow,
    meaning: Result,
    stream: 'thin' | 'keep' = 'thin',
  ): CaptureState {
    const states = meaning.measurements.map((measurement) => {
      const { kind } = measurement;
      if (stream === 'thin' && isThinned(capture, device, measurement)) return 'thinned';
      const id = identify(capture, device, kind, meaning);
      const known = id === undefined ? undefined : readings.get(id);
      if (known) complete(known, capture, contentOf(measurement, meaning));
      if (id === undefined || known) return 'repeat';
      const reading = judge(
        {
          ...BLANK,
          id,
          kind,
          content: contentOf(measurement, meaning),
          capture: capture.id,
          device: device.id,
          userSlot: meaning.userIndex,
          capturedAt: capture.at,
        },
        capture,
      );
      readings.add(reading);
      routing.route(reading);
      return 'read';
    });
    return states.find((state) => state === 'read') ?? states[0] ?? 'not-a-result';
  }

  /** The same record with more than was known of it: those who hold it are sent it as `corrected`. */
  function complete(known: StoredReading, capture: StoredCapture, content: ReadingContent): void {
    const { state } = known;
    const extent = ({ measurements: [one] }: ReadingContent) =>
      one ? Object.keys(one.attributes).length + Object.keys(one.quantities).length : 0;
    if (state === 'removed' || known.content.deviceTime !== content.deviceTime) return;
    if (extent(content) <= extent(known.content)) return;
    const fuller = { ...known, content, capture: capture.id };
    readings.rewrite(fuller);
    if (state !== 'held' && routing.correct(fuller) > 0) {
      readings.save({ ...fuller, state: 'corrected' });
    }
  }

  /** Device key, slot, kind, the device's uncorrected time, and what tells two of one time apart (promise 2). */
  function identify(capture: StoredCapture, device: DeviceRow, kind: Kind, meaning: Result) {
    const { sequence, deviceTime, userIndex } = meaning;
    const rawBytes = Buffer.from(capture.bytes).toString('hex');
    const clockNotSet = meaning.status.includes('device-clock-not-set');
    const identity = { deviceKey: device.key, kind, userSlot: userIndex };
    // Sent again after its device's clock was written, a record is the one that it was before.
    const known = (idOn: (clockEpoch: number) => string) => {
      const ids = clocks.epochsOf(capture, deviceTime).map(idOn);
      return ids.find((id) => readings.get(id)) ?? ids[0];
    };
    const { baseTime } = meaning.measurements[0]?.attributes ?? {};
    // Base time stays when the clock is set, so the record is the same on every timeline (GLS 1.0).
    if (sequence !== undefined && typeof baseTime === 'string') {
      return readingId({ ...identity, clockEpoch: 0, deviceTime: baseTime, sequence });
    }
    if (sequence !== undefined) {
      return known((clockEpoch) => readingId({ ...identity, clockEpoch, deviceTime, sequence }));
    }
    // A clock that was never set shows the same time every day: it tells no two records apart.
    if (isCompleteLocalDateTime(deviceTime) && !clockNotSet) {
      const own = 'serviceData' in capture.source ? weightOf(meaning) : undefined;
      const raw = own ?? rawBytes;
      return known((clockEpoch) =>
        readingId({ ...identity, clockEpoch, deviceTime, rawBytes: raw }),
      );
    }
    if (isRepeat(capture, device, kind, meaning)) return undefined;
    return mintReadingId({
      deviceKey: device.key,
      kind,
      at: capture.at,
      session: capture.session,
      rawBytes,
    });
  }

  /** Without a time or number of its own: the same frame again, not another measurement (promise 2). */
  function isRepeat(capture: StoredCapture, device: DeviceRow, kind: Kind, meaning: Result) {
    const { at, bytes } = capture;
    if ('characteristic' in capture.source) {
      // A clock that is not set, but runs, tells records apart: sent again after a crash, whenever.
      const { deviceTime } = meaning;
      const runs =
        isCompleteLocalDateTime(deviceTime) && readings.hasOtherTime(device.id, kind, deviceTime);
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

  function isThinned(capture: StoredCapture, device: DeviceRow, measurement: Measurement): boolean {
    const { kind, attributes } = measurement;
    const stream = KINDS[kind].cadence === 'stream' || (attributes.modality ?? 'spot') !== 'spot';
    const last = stream ? readings.last(device.id, kind) : undefined;
    // Either way: a clock that was set back must neither let all through nor stop the stream.
    return last !== undefined && Math.abs(capture.at - last.capturedAt) < parts.streamEveryMs(kind);
  }

  /** When it was, by what is known now of its device's clock. */
  function date({ content }: StoredReading, capture: StoredCapture, device: DeviceRow): Dated {
    const [epoch = 0] = clocks.epochsOf(capture, content.deviceTime);
    return dateReading({
      deviceTime: content.deviceTime,
      clockNotSet: content.status.includes('device-clock-not-set'),
      fromStorage: content.status.includes('from-storage'),
      broadcast: !('characteristic' in capture.source),
      capturedAt: capture.at,
      clockTrusted: capture.trusted,
      clock: clocks.nearest(capture, epoch),
      clockReset: clocks.wasReset(capture, epoch),
      hasClock: device.facts.hasClock,
      zone: parts.zone,
    });
  }

  /** When it was, then whose it is: held with the reason, or ready (promises 3 and 6). */
  function judge(reading: StoredReading, capture: StoredCapture): StoredReading {
    const device = devices.byId(reading.device);
    if (!device) return reading;
    const dated = date(reading, capture, device);
    const at = { ...reading, capturedAt: capture.at };
    if ('held' in dated) return { ...at, state: 'held', held: 'clock', heldBecause: dated.held };
    const { time, measuredAt } = dated;
    const whose = attribute(device, { userIndex: reading.userSlot, measuredAt });
    if ('held' in whose) {
      return { ...at, time, measuredAt, state: 'held', held: 'person', heldBecause: whose.held };
    }
    const { person, basis } = whose;
    return {
      ...at,
      time,
      measuredAt,
      state: 'ready',
      held: undefined,
      heldBecause: undefined,
      person,
      basis,
    };
  }

  /** Asks a held reading's questions again, after a clock was read or a device was assigned. */
  function settle(held: StoredReading): void {
    const capture = held.capture === undefined ? undefined : captures.get(held.capture);
    if (!capture || held.state !== 'held') return;
    const judged = judge(held, capture);
    if (judged.state === 'held' && judged.heldBecause === held.heldBecause) return;
    readings.save(judged);
    routing.route(judged);
  }

  return { take, takeLast, settle, date, mean };
}

/** A scale broadcasts one weighing twice, before and after what else it measures: the weight is the same. */
function weightOf(meaning: Result): string | undefined {
  const weight = meaning.measurements[0]?.quantities.weight;
  return weight && Buffer.from(JSON.stringify(weight)).toString('hex');
}

const BLANK = {
  state: 'held',
  held: undefined,
  heldBecause: undefined,
  person: undefined,
  basis: undefined,
  revision: 0,
  measuredAt: undefined,
  time: undefined,
} as const;

export type Pipeline = ReturnType<typeof createPipeline>;
