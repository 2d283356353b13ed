import type { SharingPermission } from '../../../fhir/consent.ts';
import { isCurrent, openPause } from './sharing.ts';

/** How sharing stands between one person and one recipient; which kinds is left out. */
export interface Standing {
  readonly is: 'none' | 'in-force' | 'paused' | 'ended';
  /** When the clock alone brought it about, ms UTC: a permission or a pause came to its end. */
  readonly endedAt?: number | undefined;
}

/**
 * By the latest versions of their permissions. Paused: one that is in force is, so that something is
 * missing. Ended: none is in force any more.
 */
export function standingOf(permissions: readonly SharingPermission[], now: number): Standing {
  if (permissions.length === 0) return { is: 'none' };
  const current = permissions.filter((one) => isCurrent(one, now));
  if (current.length === 0) {
    const expired = permissions.filter(({ state }) => state === 'active');
    return { is: 'ended', endedAt: latest(expired.map(({ until }) => until)) };
  }
  if (current.some((one) => openPause(one, now))) return { is: 'paused' };
  const pauses = current.flatMap((one) => one.pauses);
  return { is: 'in-force', endedAt: latest(pauses.map(({ until }) => until)) };
}

function latest(instants: readonly (string | undefined)[]): number | undefined {
  const known = instants.flatMap((text) => (text === undefined ? [] : Date.parse(text)));
  return known.length === 0 ? undefined : Math.max(...known);
}
