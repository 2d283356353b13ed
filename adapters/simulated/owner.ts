import { PEOPLE } from './demo-home.ts';
import type { SimulatedUnit } from './models.ts';
import { quirkOf } from './quirks.ts';
import { type Random, whole } from './random.ts';
import { zoneOffsetMs } from './zone.ts';

/** A clock nobody set begins here when the battery goes in. */
const UNSET_CLOCK_BEGINS = Date.UTC(2017, 0, 1);
/** User id of 0x2A35 when no slot was chosen. */
const UNKNOWN_USER = 0xff;
/** Of a shared device's measurements, the part made without choosing a slot. */
const UNKNOWN_USER_SHARE = 0.2;

/**
 * How the owner left the device's clock, minus UTC, in milliseconds: the zone's time wrong by the
 * unit's quirk. Like a real one it knows no summer time.
 */
export function clockOffsetMs(unit: SimulatedUnit, zone: string, now: number): number {
  if (quirkOf(unit, 'clock-not-set')) return UNSET_CLOCK_BEGINS - now;
  return zoneOffsetMs(zone, now) + (quirkOf(unit, 'clock-offset')?.seconds ?? 0) * 1_000;
}

/**
 * Who measures, and what the device knows of it.
 * @param slot whether the slot of a shared device is chosen this time
 */
export function chooseUser(
  unit: SimulatedUnit,
  random: Random,
  slot: 'chosen' | 'not-chosen' | 'mostly-chosen',
): { readonly person: string | null; readonly userId?: number } {
  const nameOf = (key: string) => PEOPLE.find((person) => person.key === key)?.name ?? null;
  if (unit.owner.mode === 'mine') return { person: nameOf(unit.owner.person) };
  const slots = Object.entries(unit.owner.slots);
  const chosen = slots[whole(random, 0, slots.length - 1)];
  const forgotten = slot === 'mostly-chosen' && random() < UNKNOWN_USER_SHARE;
  if (slot === 'not-chosen' || forgotten || !chosen) {
    return { person: null, userId: UNKNOWN_USER };
  }
  return { person: nameOf(chosen[1]), userId: Number(chosen[0]) };
}
