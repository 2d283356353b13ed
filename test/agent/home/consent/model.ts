/**
 * What may leave, in words of its own: written from the promise (nothing about a person leaves
 * without a consent that covers recipient, kind and purpose, is in force at the instant of sending,
 * and covers the measured time), and not from the program that it judges.
 */

export interface Pause {
  readonly from: number;
  /** As it was asked for; undefined: until it is resumed. */
  readonly until: number | undefined;
  /** A person ended it before its time. */
  resumedAt: number | undefined;
}

export interface Given {
  /** Undefined while nobody answered. */
  id: string | undefined;
  readonly person: string;
  readonly recipient: string;
  readonly kinds: readonly string[];
  readonly purpose: string;
  readonly at: number;
  readonly from: number;
  readonly until: number | undefined;
  readonly pauses: Pause[];
  /** How often its pauses were to end. */
  resumes: number;
  withdrawn: boolean;
}

interface Leaving {
  readonly person: string;
  readonly recipient: string;
  /** What the recipient is for, as it is configured now. */
  readonly purpose: string;
  readonly kind: string;
  /** Undefined: nobody knows. */
  readonly measuredAt: number | undefined;
  readonly now: number;
  readonly trusted: boolean;
}

const endOf = ({ until = Number.POSITIVE_INFINITY, resumedAt }: Pause) =>
  Math.min(until, resumedAt ?? Number.POSITIVE_INFINITY);

/** Still asked for, or nobody can know that it is over. */
function isPausing(pause: Pause, { now, trusted }: Leaving): boolean {
  if (pause.resumedAt !== undefined) return false;
  return pause.until === undefined || !trusted || now < pause.until;
}

/** True where a consent is in force now that covers what was measured then. */
export function isCovered(all: readonly Given[], leaving: Leaving): boolean {
  const { measuredAt, now } = leaving;
  if (measuredAt === undefined) return false;
  const about = all.filter(
    (one) =>
      one.person === leaving.person &&
      one.recipient === leaving.recipient &&
      one.kinds.includes(leaving.kind),
  );
  const live = about.filter((one) => !one.withdrawn);
  if (live.some((one) => one.pauses.some((pause) => isPausing(pause, leaving)))) return false;
  // Measured in a pause, also of a consent withdrawn since: only who asks for it afterwards gets it.
  const stayedHomeUntil = about
    .flatMap((one) => one.pauses)
    .filter((pause) => measuredAt >= pause.from && measuredAt < endOf(pause))
    .map(endOf);
  return live.some(
    (one) =>
      one.purpose === leaving.purpose &&
      now >= one.at &&
      measuredAt >= one.from &&
      (one.until === undefined ||
        (leaving.trusted && now <= one.until && measuredAt <= one.until)) &&
      stayedHomeUntil.every((end) => one.at >= end),
  );
}

export type Standing = 'paused' | 'goes on' | 'ended';

/** How sharing stands under these consents of one person for one recipient; undefined without any. */
export function standing(all: readonly Given[], now: number): Standing | undefined {
  if (all.length === 0) return undefined;
  const live = all.filter((one) => !one.withdrawn && (one.until === undefined || one.until > now));
  if (live.length === 0) return 'ended';
  return live.some((one) => one.pauses.some((pause) => endOf(pause) > now)) ? 'paused' : 'goes on';
}
