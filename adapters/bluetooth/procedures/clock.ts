import type { Note } from '../../adapter.ts';
import { CLOCK_WRITTEN, isCompleteLocalDateTime } from '../../measurement.ts';
import { decodeGatt } from '../gatt/index.ts';
import type { DeviceModel } from '../models/model.ts';
import type { BleLink } from '../radio/radio.ts';
import { currentTimeBytes } from '../radio/time-server.ts';
import { type ClockPlace, clockPlaceOf } from './clock-place.ts';
import { DATE_TIME } from './health-services.ts';

/** A clock that is off by no more is left alone: what it says is corrected anyway (promise 6). */
const CLOCK_OFF_MS = 30_000;

export interface ClockDeps {
  readonly link: BleLink;
  /** Its block says where its clock is, and whether it may be written. */
  readonly model?: DeviceModel | undefined;
  /** The gateway's wall clock now, as if it were UTC; undefined while it is not to be trusted. */
  readonly localTime: () => number | undefined;
  /** Hands over what was read, or is about to be written; fulfils when it is on disk. */
  readonly keep: (service: string, characteristic: string, bytes: Uint8Array) => Promise<void>;
  readonly signal: AbortSignal;
  readonly note: Note;
}

export type ClockOutcome = 'right' | 'written' | 'not-written';

/**
 * Sets the device's clock to the gateway's local time where it can be read and written, and is off
 * or was never set. To be called when everything that the device had was transferred: the write is
 * kept before it is made, and what the device says after it is on another timeline. Read back, since
 * devices say yes and keep their time. Rejects as the link does.
 */
export async function setClock(deps: ClockDeps): Promise<ClockOutcome> {
  const { link, keep, signal, note } = deps;
  const place = clockPlaceOf(await link.services(signal), deps.model);
  if (!place?.settable || (await offBy(deps, place)) <= CLOCK_OFF_MS) return 'right';
  const local = deps.localTime();
  if (local === undefined) return 'right';
  const bytes = encode(place.characteristic, local);
  await keep(CLOCK_WRITTEN, place.characteristic, bytes);
  try {
    await link.write(place.service, place.characteristic, bytes, signal);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'radio-gatt-refused') throw error;
  }
  const outcome = (await offBy(deps, place)) <= CLOCK_OFF_MS ? 'written' : 'not-written';
  note(outcome === 'written' ? 'clock-written' : 'clock-not-written');
  return outcome;
}

/** How far the device's clock is off, ms; endless when it has no time. */
async function offBy(deps: ClockDeps, { service, characteristic }: ClockPlace): Promise<number> {
  const bytes = await deps.link.read(service, characteristic, deps.signal);
  const local = deps.localTime();
  await deps.keep(service, characteristic, bytes);
  const decoded = decodeGatt(characteristic, bytes);
  const told = decoded.ok && 'fields' in decoded ? decoded.fields.timestamp : undefined;
  const time = typeof told === 'string' ? told : undefined;
  if (local === undefined) return 0;
  if (!isCompleteLocalDateTime(time)) return Number.POSITIVE_INFINITY;
  return Math.abs(Date.parse(`${time}Z`) - local);
}

/** Both begin with it. */
const DATE_TIME_BYTES = 7;

/** Date Time, or Current Time, which adds day of week, fraction and adjust reason, and claims none. */
const encode = (characteristic: string, local: number): Uint8Array =>
  currentTimeBytes(local).subarray(0, characteristic === DATE_TIME ? DATE_TIME_BYTES : undefined);
