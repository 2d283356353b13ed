import type { Basis, Representative } from '../../../fhir/consent-representative.ts';
import { localMeaning, localMs } from '../../../fhir/time.ts';
import { CodedError } from '../../errors.ts';
import type { Database } from '../../store.ts';

/** Who decides for another, as long as that lasts. */
export interface Representation extends Representative {
  readonly person: string;
}

/** A clock may be set back by this without ending what was given before, ms. */
const SET_BACK_MS = 5 * 60_000;

/**
 * An access (`access_grant`) at `@now`: nobody ended it, and its time is not over. A clock that went back
 * to before it was given, as on a box without battery, cannot tell: what has an end is over then.
 */
export const IN_FORCE = `ended_at IS NULL
  AND (until IS NULL OR until > @now AND given_at <= @now + ${SET_BACK_MS})`;

/** Months are told as `2012-05`. */
export const MONTH = /^(19|20)\d\d-(0[1-9]|1[0-2])$/;

/**
 * The day from which somebody born in this month decides alone, as a calendar's day: the first of the
 * month, since the day is not asked for, and nobody is to act for them past it.
 */
export function decidesAloneFrom(born: string, age: number): string {
  return `${Number(born.slice(0, 4)) + age}${born.slice(4)}-01`;
}

/**
 * Who may decide for whom. Asked inside the decision's own commit: an access that ended or ran out while
 * the page lay open decides nothing more.
 */
export function createRepresentation(
  db: Database,
  parts: {
    /** The machine's own clock, by which access ends, ms. */
    readonly now: () => number;
    readonly zone: string;
    /** Age from which a child decides alone, years. */
    readonly decidesFromAge: number;
  },
) {
  const find = db.prepare<{ id: string; now: number }, { person: string; basis: Basis }>(
    `SELECT person, basis FROM access_grant WHERE id = @id AND role = 'representative'
     AND basis IS NOT NULL AND ${IN_FORCE}`,
  );
  const facts = db.prepare<[string], { born: string | null; lacks_capacity: number }>(
    'SELECT born, lacks_capacity FROM person WHERE id = ?',
  );
  const setBorn = db.prepare('UPDATE person SET born = ? WHERE id = ?');
  const setCapacity = db.prepare(
    'UPDATE person SET lacks_capacity = @lacks WHERE id = @person AND lacks_capacity <> @lacks',
  );
  const today = () => new Date(localMs(parts.now(), parts.zone)).toISOString().slice(0, 10);

  /** Why nothing new is shared on this person's own word. */
  function needsRepresentative(person: string): 'age' | 'capacity' | undefined {
    const { born = null, lacks_capacity = 0 } = facts.get(person) ?? {};
    if (lacks_capacity === 1) return 'capacity';
    const isChild = born !== null && today() < decidesAloneFrom(born, parts.decidesFromAge);
    return isChild ? 'age' : undefined;
  }

  return {
    needsRepresentative,
    decidesFromAge: parts.decidesFromAge,
    /** When a parent's access ends by itself, ms: as the day begins from which the child decides. */
    parentUntil(born: string): number {
      const day = decidesAloneFrom(born, parts.decidesFromAge);
      const meaning = localMeaning(`${day}T00:00:00`, parts.zone);
      if (meaning.kind === 'one') return meaning.ms;
      return meaning.kind === 'none' ? Date.parse(`${day}T00:00:00Z`) : meaning.earlier;
    },
    /** Of a child for whom a parent may act. */
    bornOf: (person: string): string | undefined => facts.get(person)?.born ?? undefined,
    /** Call inside a commit. */
    setBorn: (person: string, born: string) => void setBorn.run(born, person),
    /** Call inside a commit; false when it was so already. */
    setLacksCapacity: (person: string, lacks: boolean) =>
      setCapacity.run({ person, lacks: lacks ? 1 : 0 }).changes > 0,
    /** Undefined for who acts for themselves; throws `access-ended` when it does not last any more. */
    of(actor: string): Representation | undefined {
      const [role, id = ''] = actor.split(' ');
      if (role !== 'representative') return undefined;
      const row = find.get({ id, now: parts.now() });
      if (row) return { id, ...row };
      throw new CodedError('access-ended', 'This access has ended', 'Ask for a new code.');
    },
    /** Throws `needs-representative`, or `access-ended` for who represents another. */
    mustMayShare(person: string, acting: Representation | undefined): void {
      if (acting && acting.person !== person) {
        throw new CodedError(
          'access-ended',
          'This access is for another',
          'Choose for whom to act.',
        );
      }
      if (acting || needsRepresentative(person) === undefined) return;
      throw new CodedError(
        'needs-representative',
        'Nothing new is shared for this person until a representative decides it',
        'A representative signs in on the pages. What is shared already can be paused and ended.',
      );
    },
  };
}

export type RepresentationRules = ReturnType<typeof createRepresentation>;
