import type { Database } from '../../store.ts';
import { createReadings, type StoredReading } from '../journal/readings.ts';
import { isSameWeighing, WEIGHED } from '../journal/weighing.ts';

/** A question, for somebody who may see that there is one. */
export interface Question {
  readonly reading: StoredReading;
  /** Told by the same device of the same moment: answered with it. */
  readonly more: readonly StoredReading[];
  /** The device is the asker's own, or they chose their place on it: what it shows is shown here. */
  readonly isOwn: boolean;
}

/** Held readings that one page and its count look at; what is older waits until these are answered. */
const LOOK_MAX = 200;

/**
 * Who may see that there is a question (promises 3 and 4: before anyone is named it may be anybody's).
 * A device asks those whom it concerns ({@link concerns}): its owner or, of a shared one, its users, since
 * each of them may have stood there; where somebody chose their own place on it, that person alone, since it is
 * only the time that is not known. One that nobody said whose it is asks nobody here, or its very kind
 * would tell of a neighbour's illness: whose it is, is asked with the device; but who lives alone is
 * asked. The value is another matter: see {@link Question.isOwn}.
 */
const MINE = `CASE d.ownership
  WHEN 'mine' THEN d.owner = @person
  WHEN 'shared' THEN CASE
    WHEN d.slots = '{}' THEN 1
    WHEN d.slot_kind = 'chosen' AND d.slots ->> ('$."' || r.user_slot || '"') IS NOT NULL
      THEN d.slots ->> ('$."' || r.user_slot || '"') = @person
    ELSE EXISTS (SELECT 1 FROM json_each(d.slots) WHERE value = @person) END
  ELSE (SELECT count(*) FROM person WHERE removed_at IS NULL) = 1 END`;
const OWN = `d.ownership = 'mine' OR d.ownership = 'shared' AND d.slot_kind = 'chosen'
  AND d.slots ->> ('$."' || r.user_slot || '"') IS NOT NULL`;
const HELD = `JOIN device d ON d.id = r.device WHERE r.state = 'held' AND (${MINE})`;

interface Held {
  readonly id: string;
  readonly kind: string;
  readonly own: 0 | 1;
}

/** Held readings as the questions that they are, each for those whom it may concern. */
export function createQuestions(db: Database) {
  const readings = createReadings(db);
  // What waits for a name and what waits for a clock, each in the order of its index.
  const newest = (waits: 'person' | 'clock') =>
    `SELECT * FROM (SELECT r.id AS id, r.kind AS kind, r.captured_at AS at, ${OWN} AS own
     FROM reading r INDEXED BY reading_held ${HELD} AND r.held = '${waits}'
     ORDER BY r.captured_at DESC LIMIT ${LOOK_MAX})`;
  const held = db.prepare<{ person: string }, Held>(
    `${newest('person')} UNION ALL ${newest('clock')} ORDER BY at DESC LIMIT ${LOOK_MAX}`,
  );
  const one = db
    .prepare<{ person: string; id: string }, 0 | 1>(
      `SELECT ${OWN} AS own FROM reading r ${HELD} AND r.id = @id`,
    )
    .pluck();

  function joined(rows: readonly Held[]): Question[] {
    const questions: { reading: StoredReading; more: StoredReading[]; isOwn: boolean }[] = [];
    for (const { id, own } of rows) {
      const reading = readings.get(id);
      if (!reading) continue;
      const same = questions.find(
        (other) => other.reading.held === reading.held && isSameWeighing(other.reading, reading),
      );
      if (same) same.more.push(reading);
      else questions.push({ reading, more: [], isOwn: own === 1 });
    }
    return questions;
  }

  return {
    /** For whoever looks at how it is found. */
    source: held.source,
    /** Latest first. */
    list: (person: string): Question[] => joined(held.all({ person })),
    /** One of them; undefined for another's, an answered one's and an unknown id alike. */
    get(person: string, id: string): Question | undefined {
      const own = one.get({ person, id });
      const reading = own === undefined ? undefined : readings.get(id);
      return reading && { reading, more: [], isOwn: own === 1 };
    },
    /** Questions that wait for this person: on each page, so none is read that is joined with no other. */
    count(person: string): number {
      const rows = held.all({ person });
      const weighed = rows.filter(({ kind }) => WEIGHED.has(kind));
      return rows.length - weighed.length + joined(weighed).length;
    },
    /** A reading that is this person's, whatever became of it; another's is not there. */
    own(person: string, id: string): StoredReading | undefined {
      const reading = readings.get(id);
      const isTheirs = reading?.person === person && reading.state !== 'removed';
      return isTheirs ? reading : undefined;
    },
  };
}

export type Questions = ReturnType<typeof createQuestions>;
