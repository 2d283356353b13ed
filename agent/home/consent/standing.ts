import type { SharingPermission } from '../../../fhir/consent.ts';
import { isCurrent, openPause } from './sharing.ts';

/** How sharing stands between one person and one recipient; which kinds is left out. */
export interface Standing {
  readonly is: 'none' | 'in-force' | 'paused' | 'ended';
  /** Since when by the permissions themselves, ms UTC; undefined where they do not tell. */
  readonly since?: number | undefined;
}

/**
 * By the latest versions of their permissions. Paused: one that is in force is, so that something is
 * missing. Ended: none is in force any more. `decidedAt`: of the last decision about them, ms UTC.
 */
export function standingOf(
  permissions: readonly SharingPermission[],
  now: number,
  decidedAt: number,
): Standing {
  if (permissions.length === 0) return { is: 'none' };
  const current = permissions.filter((one) => isCurrent(one, now));
  if (current.length === 0) {
    const ends = permissions.map(({ state, until }) =>
      state === 'withdrawn' ? decidedAt : instantOf(until),
    );
    return { is: 'ended', since: latest(ends) };
  }
  const paused = current.flatMap((one) => openPause(one, now) ?? []);
  if (paused.length > 0) {
    return { is: 'paused', since: Math.min(...paused.map(({ from }) => Date.parse(from))) };
  }
  const pauses = current.flatMap((one) => one.pauses);
  return { is: 'in-force', since: latest(pauses.map(({ until }) => instantOf(until))) };
}

const instantOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));

function latest(instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.flatMap((one) => one ?? []);
  return known.length === 0 ? undefined : Math.max(...known);
}
