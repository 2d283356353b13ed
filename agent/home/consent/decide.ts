import type { Kind } from '../../../adapters/measurement.ts';
import type { SharingPermission } from '../../../fhir/consent.ts';

type Because = 'none' | 'expired' | 'paused' | 'withdrawn' | 'out-of-scope' | 'clock';

export type ConsentDecision =
  | { readonly allowed: true; readonly consent: string }
  | { readonly allowed: false; readonly because: Because };

/** What is asked: may this kind, measured then, leave now? */
export interface ConsentQuestion {
  readonly kind: Kind;
  /** Milliseconds UTC; undefined while no time is claimed: then nothing leaves. */
  readonly measuredAt: number | undefined;
  readonly now: number;
  readonly clockTrusted: boolean;
  /** Who the recipient is and what for, by the configuration of now: a permission covers those it named. */
  readonly recipient: {
    readonly purpose: string;
    readonly organisation?: { readonly system: string; readonly value: string } | undefined;
  };
}

/**
 * The gate (promise 4). Pure, so that the same question has the same answer before queueing and
 * in the step of sending. No answer is no; deny (a pause) wins over every permit; a permission with
 * an end counts only by a trusted clock; it must be in force now *and* cover the measured time.
 * `permissions` are the latest versions for one person and one recipient.
 */
export function decide(
  permissions: readonly SharingPermission[],
  question: ConsentQuestion,
): ConsentDecision {
  const pauses = pausesOf(permissions, question.kind);
  // A deny by one is a deny by all: it cannot be outvoted by another permit. A pause begins when it
  // is asked for: before its beginning the clock was set back.
  if (pauses.some(({ isOver, to }) => !isOver && question.now < to)) {
    return { allowed: false, because: 'paused' };
  }
  // Whether a pause is over is not known without the time.
  if (!question.clockTrusted && pauses.some(({ isOver }) => !isOver)) {
    return { allowed: false, because: 'clock' };
  }
  const stayedHomeUntil = Math.max(
    ...pauses
      .filter(({ from, to }) => within(question.measuredAt ?? Number.NaN, from, to))
      .map(({ to }) => to),
    Number.NEGATIVE_INFINITY,
  );
  let because: Because = 'none';
  let permit: string | undefined;
  for (const permission of permissions) {
    let answer = ask(permission, question);
    // What was measured in a pause stays home, unless a permission given after it asks for it.
    if (answer === 'yes' && Date.parse(permission.givenAt) < stayedHomeUntil) answer = 'paused';
    if (answer === 'yes') permit ??= `${permission.id}/${permission.version}`;
    else if (RANK[answer] > RANK[because]) because = answer;
  }
  return permit === undefined ? { allowed: false, because } : { allowed: true, consent: permit };
}

/** Pauses that concern a kind. Those of a withdrawn permission are over, and what was measured in them stays home. */
function pausesOf(permissions: readonly SharingPermission[], kind: Kind) {
  return permissions
    .filter(({ kinds }) => kinds.includes(kind))
    .flatMap(({ pauses, state }) =>
      pauses.map((pause) => ({
        from: Date.parse(pause.from),
        to: instant(pause.until) ?? Number.POSITIVE_INFINITY,
        isOver: state === 'withdrawn',
      })),
    );
}

/** Which reason is told when several permissions say no: the nearest to a yes. */
const RANK: Record<Because, number> = {
  none: 0,
  withdrawn: 1,
  'out-of-scope': 2,
  expired: 3,
  clock: 4,
  paused: 5,
};

function ask(permission: SharingPermission, question: ConsentQuestion): 'yes' | Because {
  if (permission.state === 'withdrawn') return 'withdrawn';
  // As where there is none: this kind was never asked for.
  if (!permission.kinds.includes(question.kind)) return 'none';
  if (!isNamed(permission, question.recipient)) return 'out-of-scope';
  const until = instant(permission.until);
  if (until !== undefined && !question.clockTrusted) return 'clock';
  const { measuredAt } = question;
  if (question.now < Date.parse(permission.givenAt)) return 'clock';
  if (until !== undefined && question.now > until) return 'expired';
  if (measuredAt === undefined) return 'clock';
  if (measuredAt < Date.parse(permission.from)) return 'out-of-scope';
  if (until !== undefined && measuredAt > until) return 'out-of-scope';
  return 'yes';
}

/** Another purpose, or another organisation under the same name in the configuration, was not asked for. */
export function isNamed(permission: SharingPermission, now: ConsentQuestion['recipient']): boolean {
  return permission.purpose === now.purpose && isSameReceiver(permission, now);
}

/** Given to the organisation that the configuration names now, or to whichever it is. */
export function isSameReceiver(
  { recipient: { organisation } }: SharingPermission,
  now: ConsentQuestion['recipient'],
): boolean {
  return (
    organisation === undefined ||
    (organisation.system === now.organisation?.system &&
      organisation.value === now.organisation.value)
  );
}

function within(at: number, from: number, to: number): boolean {
  return at >= from && at < to;
}

function instant(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
