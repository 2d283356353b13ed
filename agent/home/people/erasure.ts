import type { Clock } from '../../clock.ts';
import { CodedError } from '../../errors.ts';
import { emptyLog } from '../../store.ts';
import type { Audit } from '../audit.ts';
import type { Decisions } from '../decisions.ts';
import { type Committer, forgetRemembered } from '../journal/committer.ts';
import type { HomeStore } from '../store/start.ts';
import { type ErasedRows, eraseRows } from './erased-rows.ts';

interface PerRecipient {
  readonly recipient: string;
  readonly readings: number;
}

/** What erasing cannot reach. */
export interface Reach {
  /** Who was sent readings of this person, and how many: they keep what they hold. */
  readonly holders: readonly PerRecipient[];
  /** Who was to be told that readings were not this person's, and cannot be any more. */
  readonly untold: readonly PerRecipient[];
  /** Recipients among the holders that do not know that this person's sharing ended, and are not told. */
  readonly endUntold: readonly string[];
  /** Stores in the data folder that were kept aside, and still hold the person. */
  readonly keptStores: readonly string[];
  /** Expectations in the configuration name the person. */
  readonly inConfiguration: boolean;
}

/** What was erased, and what could not be reached from here. */
export interface Erasure extends Reach {
  readonly person: string;
  readonly erased: ErasedRows;
  /** False: the log beside the store (WAL) was being read; it is tried again with the daily round, every five minutes. */
  readonly logCleared: boolean;
  /** False: the disk refused; the household's copy is tried again each minute. */
  readonly copyWritten: boolean;
}

/**
 * Erasing a person: the permissions end and the person goes, then every row of theirs is overwritten
 * (`secure_delete`) in one commit with its line in the trail, the log beside the store is emptied and
 * the household's copy is written anew. Killed in between, it is asked for again by the same id. What
 * has left the gateway is said, not taken back: `iomt readings remove` does that while it can.
 */
export function createErasure(parts: {
  readonly store: Pick<HomeStore, 'db' | 'keptStores' | 'refreshCopy'>;
  readonly committer: Committer;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly decisions: Pick<Decisions, 'removePerson'>;
  readonly expectations: readonly { readonly person: string }[];
}) {
  const { committer, clock, store } = parts;
  const { db } = store;
  const known = db.prepare<
    [string, string],
    { id: string; name: string; removed_at: number | null }
  >('SELECT id, name, removed_at FROM person WHERE id = ? OR name = ?');
  // What was first told of a reading is one row for each recipient (its id is made of both), so that
  // only later rows are looked up: telling 50,000 apart by their ids took most of the time.
  const went = (row: string) => `${row}.action <> 'retraction'
    AND (${row}.state IN ('sent', 'received', 'read') OR ${row}.attempts > 0)`;
  const first = (row: string) => `(${row}.action = 'new' AND ${row}.revision = 0)`;
  const held = db.prepare<[string], PerRecipient>(`SELECT recipient, count(*) AS readings
    FROM delivery d WHERE person = ? AND ${went('d')} AND (${first('d')} OR NOT EXISTS (
      SELECT 1 FROM delivery e WHERE e.near = d.near AND e.recipient = d.recipient
        AND e.reading = d.reading AND e.person = d.person AND ${went('e')}
        AND (${first('e')} OR e.seq < d.seq)))
    GROUP BY recipient ORDER BY recipient`);
  const untold = db.prepare<
    [string],
    PerRecipient
  >(`SELECT recipient, count(DISTINCT reading) AS readings
    FROM delivery WHERE person = ? AND action = 'retraction' AND state IN ('queued', 'sent')
    GROUP BY recipient ORDER BY recipient`);
  const knows = db
    .prepare<[string, string], string>(
      `SELECT cause FROM sharing_notice WHERE person = ? AND recipient = ?
         AND answered_at IS NOT NULL ORDER BY seq DESC LIMIT 1`,
    )
    .pluck();

  function find(who: string) {
    const [person, other] = known.all(who, who);
    if (person && !other) return person;
    throw new CodedError(
      person ? 'person-ambiguous' : 'person-unknown',
      person ? 'More than one person has that name' : 'There is no such person',
      'See `iomt people list` and give the id. One who was removed is known by the id alone.',
    );
  }

  function reachOf(id: string, name: string): Reach {
    const holders = held.all(id);
    return {
      holders,
      untold: untold.all(id),
      endUntold: holders.flatMap(({ recipient }) =>
        knows.get(id, recipient) === 'consent-ended' ? [] : [recipient],
      ),
      keptStores: store.keptStores(),
      inConfiguration: parts.expectations.some(({ person }) => person === id || person === name),
    };
  }

  return {
    /** What would not be reached if the person were erased now. */
    reach(who: string): Reach {
      const { id, name } = find(who);
      return reachOf(id, name);
    },
    async erase(actor: string, who: string): Promise<Erasure> {
      const { id, name, removed_at } = find(who);
      // Ends the permissions, so that nothing of the person is on its way while it is erased.
      if (removed_at === null) await parts.decisions.removePerson(actor, id);
      const done = await committer.commit(() => {
        const reach = reachOf(id, name);
        const erased = eraseRows(db, id, name, removed_at ?? undefined);
        forgetRemembered(db);
        parts.audit.append({
          at: clock.now(),
          actor,
          action: 'person-erased',
          detail: { person: id, ...erased },
        });
        return { ...reach, erased };
      });
      return {
        person: id,
        ...done,
        copyWritten: store.refreshCopy(),
        logCleared: emptyLog(db),
      };
    },
  };
}

export type ErasurePart = ReturnType<typeof createErasure>;
