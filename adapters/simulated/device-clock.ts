import type { SimulatedUnit } from './models.ts';
import { quirkOf } from './quirks.ts';
import { zoneOffsetMs } from './zone.ts';

/** A clock nobody set begins here when the battery goes in. */
const UNSET_CLOCK_BEGINS = Date.UTC(2017, 0, 1);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Time Offset of a glucose result is 16 bit of minutes; further off, the base time itself is set. */
const OFFSET_MIN_MAX = 32_766;

/** A wall clock as it was last set; local times read so in UTC, ms. */
export interface ClockState {
  /** True instant of the setting, … */
  readonly setAt: number;
  /** … what it showed then, … */
  readonly shown: number;
  /** … and the zone's offset of that instant. */
  readonly zoneMs: number;
  /** Of a meter, whose base time stays: what settings have added since, whole minutes. */
  readonly offsetMin: number;
}

/** The clock of one unit: pure functions of its state and a true instant. */
export interface DeviceClock {
  /** As its owner set it. */
  initial(at: number): ClockState;
  /** A battery was put in. */
  reset(at: number): ClockState;
  /** Somebody set it to this local time. */
  set(state: ClockState, at: number, local: number): ClockState;
  shows(state: ClockState, at: number): number;
}

export function deviceClock(unit: SimulatedUnit, zone: string, hasBaseTime: boolean): DeviceClock {
  const drift = (quirkOf(unit, 'clock-drift')?.secondsPerDay ?? 0) * 1_000;
  const changes = quirkOf(unit, 'summer-time')?.changes === true;
  const to = (at: number, shown: number): ClockState => ({
    setAt: at,
    shown,
    zoneMs: zoneOffsetMs(zone, at),
    offsetMin: 0,
  });
  const shows = ({ setAt, shown, zoneMs, offsetMin }: ClockState, at: number) =>
    shown +
    offsetMin * MINUTE_MS +
    (at - setAt) +
    Math.round((drift * (at - setAt)) / DAY_MS) +
    (changes ? zoneOffsetMs(zone, at) - zoneMs : 0);
  const reset = (at: number) => to(at, UNSET_CLOCK_BEGINS);
  return {
    initial: (at) => {
      if (quirkOf(unit, 'clock-not-set')) return reset(at);
      const off = (quirkOf(unit, 'clock-offset')?.seconds ?? 0) * 1_000;
      return to(at, at + zoneOffsetMs(zone, at) + off);
    },
    reset,
    set: (state, at, local) => {
      const offsetMin = Math.round((local - shows({ ...state, offsetMin: 0 }, at)) / MINUTE_MS);
      const keepsBase = hasBaseTime && Math.abs(offsetMin) <= OFFSET_MIN_MAX;
      return keepsBase ? { ...state, offsetMin } : to(at, local);
    },
    shows,
  };
}
