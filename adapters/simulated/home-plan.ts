import type { SimulatedPerson, SimulatedUnit } from './models.ts';

/** One measurement that somebody is going to take. */
export interface PlannedMeasurement {
  /** True instant, milliseconds since 1970 UTC. */
  readonly at: number;
  /** Name of the unit. */
  readonly unit: string;
  /** Key of the person. */
  readonly person: string;
  /** On a device with slots: the one chosen, 255 when nobody pressed the button. */
  readonly slot?: number;
}

/** Somebody turns a device on, so that it hands over what it has. */
export interface PlannedWake {
  readonly at: number;
  readonly unit: string;
}

/**
 * A home and what happens in it, as data: who lives there, what they own with its quirks, and every
 * measurement, in order of time. The n-th measurement is line `n` of the ground truth, from 1.
 */
export interface HomePlan {
  readonly seed: number;
  /** Zone of the home, which its people set their clocks by. */
  readonly zone: string;
  /** True instants, milliseconds since 1970 UTC. */
  readonly startsAt: number;
  readonly endsAt: number;
  readonly people: readonly SimulatedPerson[];
  readonly units: readonly SimulatedUnit[];
  readonly measurements: readonly PlannedMeasurement[];
  readonly wakes: readonly PlannedWake[];
}
