import { isCompleteLocalDateTime, type LocalDateTime } from '../../../adapters/measurement.ts';
import type { ReadingTime } from '../../../fhir/reading.ts';
import { instantText, localMs } from '../../../fhir/time.ts';

/** A device whose clock cannot be read is trusted only for what arrives this soon (promise 6). */
const LIVE_MS_MAX = 120_000;

export type HeldByClock = 'gateway-clock-untrusted' | 'device-clock-unread' | 'device-clock-reset';

export type Dated =
  | { readonly time: ReadingTime; readonly measuredAt: number }
  | { readonly held: HeldByClock };

export interface DatingInput {
  /** The device's own time of the measurement, when it gave one. */
  readonly deviceTime: LocalDateTime | undefined;
  /** The device said that its clock is not set. */
  readonly clockNotSet: boolean;
  /** The device said that this comes from its memory. */
  readonly fromStorage: boolean;
  /** Reception by the gateway's clock, ms UTC, and whether that clock was trusted. */
  readonly capturedAt: number;
  readonly clockTrusted: boolean;
  /** The device's clock as read on this timeline, with the gateway's at the same moment. */
  readonly clock: { readonly deviceNow: LocalDateTime; readonly gatewayAt: number } | undefined;
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
    if (input.fromStorage) return { held: 'device-clock-reset' };
    const time = { basis: 'reception', effective: instantText(capturedAt, zone) } as const;
    return {
      time: { ...time, deviceClockUnusable: deviceTime !== undefined },
      measuredAt: capturedAt,
    };
  }
  if (input.clock && isCompleteLocalDateTime(input.clock.deviceNow)) {
    return byDeviceClock(deviceTime, input.clock, capturedAt, zone);
  }
  const behind = localMs(capturedAt, zone) - Date.parse(`${deviceTime}Z`);
  if (input.hasClock || Math.abs(behind) > LIVE_MS_MAX) return { held: 'device-clock-unread' };
  const measuredAt = capturedAt - behind;
  const effective = instantText(measuredAt, zone);
  return { time: { basis: 'device-time-live', effective, deviceTime }, measuredAt };
}

function byDeviceClock(
  deviceTime: LocalDateTime,
  clock: { deviceNow: LocalDateTime; gatewayAt: number },
  capturedAt: number,
  zone: string,
): Dated {
  const age = Date.parse(`${clock.deviceNow}Z`) - Date.parse(`${deviceTime}Z`);
  // Measured after the clock was read, in this connection, is possible; later than its arrival is not:
  // then the device's clock was set back after the measurement.
  const sinceRead = Math.max(0, capturedAt - clock.gatewayAt);
  if (-age > sinceRead + LIVE_MS_MAX) return { held: 'device-clock-reset' };
  const measuredAt = clock.gatewayAt - age;
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
