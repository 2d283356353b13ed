import { modelOf } from '../../adapters/bluetooth/models/index.ts';
import { KINDS, type Kind, type Measurement, type StatusFlag } from '../../adapters/measurement.ts';
import type { Clock } from '../clock.ts';
import type { CaptureState, Captures, StoredCapture } from './journal/captures.ts';
import type { ClockReadings } from './journal/clock-readings.ts';
import { type Dated, dateReading, stated } from './journal/dating.ts';
import { createIdentity } from './journal/identity.ts';
import { contentOf, type Meaning } from './journal/interpret.ts';
import { createMeanings } from './journal/meaning.ts';
import {
  isErased,
  type ReadingContent,
  type Readings,
  type StoredReading,
} from './journal/readings.ts';
import type { Routing } from './outbox/routing.ts';
import type { AdvertisementKeys } from './people/advertisement-keys.ts';
import type { DeviceRow, Devices } from './people/devices.ts';
import { attribute } from './people/people.ts';
import { isPending } from './views.ts';

type Result = Extract<Meaning, { is: 'result' }>;

/** `erased`: a repeat of what was erased, of which nothing may be kept. */
type Outcome = CaptureState | 'erased';

/** The halves of one record come at once: a half that waited for longer is all there is. */
const HALF_WAIT_MS = 10_000;

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
  const { mean, wholeOf } = createMeanings(parts);
  const { identify } = createIdentity({ captures, clocks, readings, clockNotSet });

  /** What became of a capture; its state says it. `as`: the state that it was stored with just now. */
  function take(capture: StoredCapture, as?: CaptureState): CaptureState {
    const device = devices.byId(capture.device);
    let state: CaptureState = 'captured';
    const derived = () => {
      if (device) state = stateOf(capture, derive(capture, device));
      if (state !== as) captures.become(capture.id, state);
    };
    // A fault of ours must not lose the capture: it stays, is said, and is derived again after a restart.
    const failed = () => {
      state = 'captured';
      if (as !== undefined) captures.become(capture.id, state);
      if (device) parts.unreadable(device, 'not-derived');
    };
    if (device || as !== undefined) captures.attempt(derived, failed);
    return state;
  }

  function stateOf(capture: StoredCapture, outcome: Outcome): CaptureState {
    if (outcome !== 'erased') return outcome;
    captures.blank(capture);
    return 'repeat';
  }

  function derive(capture: StoredCapture, device: DeviceRow): Outcome {
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
      case 'part':
        return complement(capture, device, meaning);
      case 'told-before':
        return captures.isBlanked(meaning.by) ? 'erased' : 'repeat';
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
        if (meaning.partial && Math.abs(parts.clock.now() - capture.at) < HALF_WAIT_MS)
          return 'captured';
        devices.heard(device.id, capture.at, meaning.battery);
        return result(capture, device, meaning);
      case 'results':
        if (isPending(device.key)) return 'captured';
        devices.heard(device.id, capture.at);
        return foremost(meaning.each.map((one) => result(capture, device, one)));
      default:
        return meaning satisfies never;
    }
  }

  /** Came later than its measurement: completes the reading that is there already, or waits for it. */
  function complement(capture: StoredCapture, device: DeviceRow, meaning: Meaning): Outcome {
    const whole = wholeOf(capture, meaning);
    if (!whole || isPending(device.key)) return 'fact';
    if (captures.isWaiting(whole.id)) take(whole);
    else {
      const completed = mean(whole);
      if (completed.is === 'result') result(whole, device, completed);
    }
    return captures.isBlanked(whole.id) ? 'erased' : 'fact';
  }

  /** Records whose second half has not come, after a while: what there is of them is a reading. */
  function takeHalves(): void {
    for (const capture of captures.waiting()) {
      const meaning = mean(capture);
      if (meaning.is === 'result' && meaning.partial) take(capture);
    }
  }

  /** The last of a stream that ended: a reading although it was thinned. */
  function takeLast(capture: StoredCapture): void {
    const device = devices.byId(capture.device);
    const meaning = mean(capture);
    if (!device || meaning.is !== 'result') return;
    captures.attempt(
      () => {
        const outcome = result(capture, device, meaning, 'keep');
        captures.become(capture.id, stateOf(capture, outcome));
      },
      () => parts.unreadable(device, 'not-derived'),
    );
  }

  function result(
    capture: StoredCapture,
    device: DeviceRow,
    meaning: Result,
    stream: 'thin' | 'keep' = 'thin',
  ): Outcome {
    const outcomes = meaning.measurements.map((measurement): Outcome => {
      const { kind } = measurement;
      if (stream === 'thin' && isThinned(capture, device, measurement)) return 'thinned';
      const { id, known } = identify(capture, device, kind, meaning) ?? {};
      if (known) complete(known, capture, contentOf(measurement, meaning));
      // What stands in for a row that a damaged disk lost is of another kind: its frame is kept.
      if (known?.kind === kind && isErased(known)) return 'erased';
      if (id === undefined || known) return 'repeat';
      const reading = judge(
        {
          ...BLANK,
          ...(meaning.stated !== undefined && stated(meaning.stated, capture.at, parts.zone)),
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
    return foremost(outcomes);
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

  function isThinned(capture: StoredCapture, device: DeviceRow, measurement: Measurement): boolean {
    const { kind, attributes } = measurement;
    if ('typed' in capture.source) return false;
    // Not a glucose monitor: what it stored comes all at once.
    const live = kind === 'oxygen-saturation' && (attributes.modality ?? 'spot') !== 'spot';
    const stream = KINDS[kind].cadence === 'stream' || live;
    const [quantity] = Object.keys(measurement.quantities);
    // A room's temperature and its humidity come in frames of their own: each is a stream.
    const last = stream ? readings.last(device.id, kind, quantity) : undefined;
    // Either way: a clock that was set back must neither let all through nor stop the stream.
    return last !== undefined && Math.abs(capture.at - last.capturedAt) < parts.streamEveryMs(kind);
  }

  /** When it was, by what is known now of its device's clock. */
  function date(reading: StoredReading, capture: StoredCapture, device: DeviceRow): Dated {
    const { content, time, measuredAt } = reading;
    // A person's word stands: no clock could tell.
    if (time?.basis === 'stated' && measuredAt !== undefined) return { time, measuredAt };
    const [epoch = 0] = clocks.epochsOf(capture, content.deviceTime);
    return dateReading({
      deviceTime: content.deviceTime,
      clockNotSet: clockNotSet(device, content.status),
      fromStorage: content.status.includes('from-storage'),
      broadcast: !('characteristic' in capture.source),
      capturedAt: capture.at,
      clockTrusted: capture.trusted,
      clock: clocks.nearest(capture, epoch),
      around: clocks.around(capture, epoch, content.deviceTime),
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
    const { person } = whose;
    // Whoever typed it in said whose it is by doing so on that person's own pages.
    const basis = 'typed' in capture.source ? 'typed' : whose.basis;
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

  return { take, takeLast, takeHalves, settle, date, mean };
}

/** The device says so, or its model is known never to have a time set: what it shows is no time. */
const clockNotSet = ({ model }: DeviceRow, status: readonly StatusFlag[]): boolean =>
  status.includes('device-clock-not-set') ||
  modelOf(model)?.quirks.includes('clock-not-set') === true;

/** One outcome for all that a frame held: that something of it is a reading, or may be kept. */
const foremost = (outcomes: readonly Outcome[]): Outcome =>
  outcomes.find((one) => one === 'read') ??
  outcomes.find((one) => one !== 'erased') ??
  outcomes[0] ??
  'not-a-result';

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
