import { isCompleteLocalDateTime, type LocalDateTime } from '../../../adapters/measurement.ts';
import type { ReadingTime } from '../../../fhir/reading.ts';
import { instantText, localMeaning } from '../../../fhir/time.ts';

/** A device whose clock cannot be read is trusted only for what arrives this soon (promise 6). */
const LIVE_MS_MAX = 120_000;

type HeldByClock = 'gateway-clock-untrusted' | 'device-clock-unread' | 'device-clock-reset';

export type Dated =
  | { readonly time: ReadingTime; readonly measuredAt: number }
  | { readonly held: HeldByClock };

interface DatingClock {
  readonly deviceNow: LocalDateTime;
  /** Milliseconds UTC. */
  readonly gatewayAt: number;
}

export interface DatingInput {
  /** The device's own time of the measurement, when it gave one. */
  readonly deviceTime: LocalDateTime | undefined;
  /** The device said that its clock is not set. */
  readonly clockNotSet: boolean;
  /** The device said that this comes from its memory. */
  readonly fromStorage: boolean;
  /** It was broadcast: a scale does so while somebody stands on it, so it tells of now. */
  readonly broadcast?: boolean;
  /** Reception by the gateway's clock, ms UTC, and whether that clock was trusted. */
  readonly capturedAt: number;
  readonly clockTrusted: boolean;
  /** The device's clock as read on this timeline, with the gateway's at the same moment. */
  readonly clock: DatingClock | undefined;
  /** The same as read before and after the device's own time: what was stored for days has drifted. */
  readonly around?: readonly [DatingClock, DatingClock] | undefined;
  /** Its clock was set by somebody since the last connection: what it stored before is on another timeline. */
  readonly clockReset?: boolean;
  /** The device has a clock that can be read: a reading waits for it rather than being dated by guess. */
  readonly hasClock: boolean;
  readonly zone: string;
}

/**
 * When a reading was measured, and what that rests on (promise 6, standards 3.3). Instant = gateway
 * UTC − (device now − device reading): a device's wrong clock cancels out. What cannot be dated is held.
 */
export function dateReading(input: DatingInput): Dated {
  const { deviceTime, capturedAt, zone } = input;
  if (!input.clockTrusted) return { held: 'gateway-clock-untrusted' };
  if (deviceTime === undefined || input.clockNotSet || !isCompleteLocalDateTime(deviceTime)) {
    return input.fromStorage ? { held: 'device-clock-reset' } : byReception(input);
  }
  if (input.clock && isCompleteLocalDateTime(input.clock.deviceNow)) {
    const dated = byDeviceClock(deviceTime, input.clock, input);
    return input.clockReset && !isLive(dated, capturedAt) ? { held: 'device-clock-reset' } : dated;
  }
  const live = input.hasClock ? undefined : liveInstant(deviceTime, capturedAt, zone);
  if (live === undefined) {
    return input.broadcast ? byReception(input) : { held: 'device-clock-unread' };
  }
  const effective = instantText(live, zone);
  return { time: { basis: 'device-time-live', effective, deviceTime }, measuredAt: live };
}

/** When it was by a person's word, and when they gave it, ms UTC. */
export function stated(effective: string, at: number, zone: string) {
  const time = { basis: 'stated', effective, statedAt: instantText(at, zone) } as const;
  return { time, measuredAt: Date.parse(effective) };
}

/** When it came; the device told no time, or one that nobody may rely on. */
function byReception({ deviceTime, capturedAt, zone }: DatingInput): Dated {
  return {
    time: {
      basis: 'reception',
      effective: instantText(capturedAt, zone),
      deviceClockUnusable: deviceTime !== undefined,
    },
    measuredAt: capturedAt,
  };
}

/** What was measured while it is being told is on the timeline of the clock that was read beside it. */
const isLive = (dated: Dated, capturedAt: number) =>
  'held' in dated || Math.abs(capturedAt - dated.measuredAt) <= LIVE_MS_MAX;

/** The one meaning of the device's time that lies near its arrival; the night of a clock change has two or none. */
function liveInstant(
  deviceTime: LocalDateTime,
  capturedAt: number,
  zone: string,
): number | undefined {
  const meaning = localMeaning(deviceTime, zone);
  const all =
    meaning.kind === 'one'
      ? [meaning.ms]
      : meaning.kind === 'two'
        ? [meaning.earlier, meaning.later]
        : [];
  return all.find((ms) => Math.abs(capturedAt - ms) <= LIVE_MS_MAX);
}

function byDeviceClock(
  deviceTime: LocalDateTime,
  clock: DatingClock,
  { around, capturedAt, zone }: DatingInput,
): Dated {
  const measuredAt = around
    ? onTheWay(deviceTime, around)
    : clock.gatewayAt - (msOf(clock.deviceNow) - msOf(deviceTime));
  // Later than its arrival is impossible: the device's clock was set between the two.
  if (measuredAt > capturedAt + LIVE_MS_MAX) return { held: 'device-clock-reset' };
  return {
    time: {
      basis: 'device-clock',
      effective: instantText(measuredAt, zone),
      deviceTime,
      deviceNow: clock.deviceNow,
      gatewayNow: instantText(clock.gatewayAt, zone),
    },
    measuredAt,
  };
}

const msOf = (local: LocalDateTime) => Date.parse(`${local}Z`);

/** Evenly between two readings of a clock: one that loses ten seconds a day did so all the time. */
function onTheWay(
  deviceTime: LocalDateTime,
  [then, now]: readonly [DatingClock, DatingClock],
): number {
  const shown = msOf(now.deviceNow) - msOf(then.deviceNow);
  const share = shown > 0 ? (msOf(deviceTime) - msOf(then.deviceNow)) / shown : 1;
  const instant = then.gatewayAt + share * (now.gatewayAt - then.gatewayAt);
  // No finer than the device tells its time.
  return Math.round(instant / 1_000) * 1_000;
}
