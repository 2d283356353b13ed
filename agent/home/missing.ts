import type { Kind } from '../../adapters/measurement.ts';
import type { EventCause } from '../contract/messages.ts';
import type { DeviceTrouble } from './device-trouble.ts';

/** What is known about one expected reading of one day when its time has passed. */
export interface MissingFacts {
  /** A permission pause covers now. */
  readonly paused: boolean;
  /** A reading of this person and kind measured today is on its way, not received. */
  readonly unsent: boolean;
  /** The way out to the recipient is open. */
  readonly online: boolean;
  /** A reading of this kind came today and its person is a question. */
  readonly heldForPerson: boolean;
  /** A reading of this kind came today and cannot be dated. */
  readonly heldForClock: boolean;
  /** The device of this kind said that its battery is low. */
  readonly batteryLow: boolean;
  /** What went wrong with a device of this kind, which was heard. */
  readonly trouble: DeviceTrouble | undefined;
  /** Share of the day so far in which the gateway ran and listened, 0 to 1. */
  readonly listened: number;
}

/** Below this share the gateway cannot say that nobody measured. */
const LISTENED_MIN = 0.9;

/**
 * Exactly one cause for an expected reading that did not come (promise 7): the nearest to the
 * reading wins, from what is held here, over the way out, to the device; last that nobody measured.
 */
export function causeOf(facts: MissingFacts): EventCause {
  if (facts.paused) return 'consent-paused';
  if (facts.heldForPerson) return 'person-unknown';
  if (facts.heldForClock) return 'clock-untrusted';
  if (facts.unsent) return facts.online ? 'not-sent' : 'gateway-offline';
  if (facts.trouble !== undefined) return facts.trouble;
  if (facts.batteryLow) return 'battery-low';
  if (facts.listened < LISTENED_MIN) return 'gateway-offline';
  return 'not-measured';
}

export interface Expectation {
  readonly person: string;
  readonly kind: Kind;
  /** Time of day, local, `10:00`. */
  readonly by: string;
}

/** True when the expectation's time of day has passed on the local day that `localNow` lies on. */
export function isDue(expectation: Pick<Expectation, 'by'>, localNow: number): boolean {
  const [hours = 0, minutes = 0] = expectation.by.split(':').map(Number);
  const minuteOfDay = Math.floor((localNow % 86_400_000) / 60_000);
  return minuteOfDay >= hours * 60 + minutes;
}
