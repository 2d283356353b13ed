import { randomUUID } from 'node:crypto';
import type { SharingPermission } from '../../../fhir/consent.ts';
import { instantText } from '../../../fhir/time.ts';
import type { Clock } from '../../clock.ts';
import { CONTRACT_VERSION } from '../../contract/contract.ts';
import type { SharingCause, TechnicalEvent } from '../../contract/messages.ts';
import type { Database } from '../../store.ts';
import { onRollback } from '../journal/committer.ts';
import { type Deliveries, NOT_LEFT } from '../outbox/deliveries.ts';
import type { People } from '../people/people.ts';
import { isNamed, isSameReceiver } from './decide.ts';
import type { Permissions, Recipient } from './permissions.ts';
import type { Pair } from './sharing.ts';
import { standingOf } from './standing.ts';

/** Notices to one recipient handed over in one go. */
const NOTICES_MAX = 100;

/** Length of a permission's id, which begins the reference that a delivery keeps of it. */
const ID_LENGTH = 36;

const CAUSE_OF = {
  paused: 'consent-paused',
  'in-force': 'consent-resumed',
  ended: 'consent-ended',
} as const;

interface Row {
  readonly id: string;
  readonly person: string;
  readonly seq: number;
  readonly body: string;
}

/** What may be handed over now. */
export interface DueNotice {
  readonly event: TechnicalEvent;
  /** To be asked in the step of the hand-over. */
  readonly mayLeave: () => boolean;
  /** It was handed over: not sent again before its receipt had time to come. */
  readonly handedOver: () => void;
}

/**
 * The second exception to the gate (promise 4; the first is taking back): that sharing is paused, goes
 * on or has ended is told, so that a missing reading has its cause (promise 7). Only to the recipient
 * that a permission names, only where something may have left under it or the former notice did, and
 * nothing but that, with its instant. Written in the commit of the decision; sent in order until a
 * receipt names it.
 */
export function createSharingNotices(
  db: Database,
  parts: {
    readonly recipients: readonly Recipient[];
    readonly permissions: Pick<Permissions, 'of' | 'pairs'>;
    readonly people: Pick<People, 'pseudonym'>;
    readonly deliveries: Pick<Deliveries, 'unfinishedOf'>;
    /** Envelopes that are past the hand-over and not answered. */
    readonly inFlight: (envelope: string) => boolean;
    readonly hasWay: (recipient: string) => boolean;
    readonly clock: Clock;
    readonly zone: string;
    /** Real clock, ms. */
    readonly realNow: () => number;
    readonly receiptWaitMs: number;
  },
) {
  const { clock, permissions } = parts;
  const last = db.prepare<[string, string], { cause: SharingCause; seq: number }>(
    `SELECT cause, seq FROM sharing_notice WHERE person = ? AND recipient = ?
     ORDER BY seq DESC LIMIT 1`,
  );
  const insert = db.prepare(`INSERT INTO sharing_notice
    (person, recipient, seq, id, cause, at, body) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const unanswered = db.prepare<[string], Row>(
    `SELECT id, person, seq, body FROM sharing_notice
     WHERE recipient = ? AND answered_at IS NULL ORDER BY seq`,
  );
  const answer = db.prepare(
    'UPDATE sharing_notice SET answered_at = ? WHERE id = ? AND answered_at IS NULL',
  );
  // The last one stays: by it is known what has been told.
  const forget =
    db.prepare(`DELETE FROM sharing_notice AS n WHERE answered_at IS NOT NULL AND at < ?
    AND seq < (SELECT max(seq) FROM sharing_notice m
      WHERE m.person = n.person AND m.recipient = n.recipient)`);
  const hasLeft = db
    .prepare<{ person: string; recipient: string; ids: string; from: number }, number>(
      `SELECT EXISTS (SELECT 1 FROM delivery WHERE person = @person AND recipient = @recipient
          AND action <> 'retraction'
          AND (state IN ('sent', 'received', 'read') OR reach > ${NOT_LEFT})
          AND substr(permission, 1, ${ID_LENGTH}) IN (SELECT value FROM json_each(@ids)))
        OR EXISTS (SELECT 1 FROM event WHERE person = @person AND recipient = @recipient
          AND sent_at IS NOT NULL AND at >= @from)`,
    )
    .pluck();
  const decided = db
    .prepare<[string], number>(
      'SELECT max(at) FROM permission WHERE id IN (SELECT value FROM json_each(?))',
    )
    .pluck();
  /** When each was handed over, real ms, while no receipt names it. */
  const handedOver = new Map<string, number>();
  /** Pairs of which nothing had left, with the versions that this was found for. */
  const untold = new Map<string, string>();
  onRollback(db, () => untold.clear());

  const configured = (recipient: string) => parts.recipients.find(({ id }) => id === recipient);

  /** The permissions that name the recipient as it is configured now. */
  function naming({ person, recipient }: Pair): readonly SharingPermission[] {
    const to = configured(recipient);
    if (!to) return [];
    return permissions.of(person, recipient).filter((one) => isNamed(one, to));
  }

  /**
   * From which number on notices were for the organisation that is configured now: what was written
   * before that was asked about is another's of the same name, neither sent to it nor counted as told.
   */
  function firstOwn({ person, recipient }: Pair): number {
    const to = configured(recipient);
    const all = permissions.of(person, recipient);
    const own = to ? all.filter((one) => isSameReceiver(one, to)) : [];
    if (own.length === all.length) return 0;
    return Math.min(...own.map(({ givenAt }) => Date.parse(givenAt)));
  }

  const idsOf = (named: readonly SharingPermission[]) => JSON.stringify(named.map(({ id }) => id));

  function mayHaveLeft({ person, recipient }: Pair, named: readonly SharingPermission[]): boolean {
    const ids = idsOf(named);
    const from = Math.min(...named.map(({ givenAt }) => Date.parse(givenAt)));
    if (hasLeft.get({ person, recipient, ids, from }) === 1) return true;
    return parts.deliveries.unfinishedOf(person, recipient).some(({ id }) => parts.inFlight(id));
  }

  /**
   * Writes what is to be told since the last notice, inside a commit: its cause; false where sharing
   * stands otherwise and nobody is told so; undefined where there is nothing to tell. Without a
   * trusted clock nothing is written yet: it follows from the permissions when it is known when it is.
   */
  function note(pair: Pair, by: 'act' | 'clock'): SharingCause | false | undefined {
    if (!clock.trusted()) return undefined;
    const { person, recipient } = pair;
    const now = clock.now();
    const named = naming(pair);
    const { is, since = now } = standingOf(named, now, decided.get(idsOf(named)) ?? now);
    if (is === 'none') return undefined;
    const cause = CAUSE_OF[is];
    const written = last.get(person, recipient);
    const before = written && written.seq >= firstOwn(pair) ? written : undefined;
    if (cause === (before?.cause ?? 'consent-resumed')) return undefined;
    if (!parts.hasWay(recipient)) return false;
    const key = `${person}/${recipient}`;
    const versions = named.map(({ id, version }) => `${id}/${version}`).join();
    // Once it was told something, it is told how that went on.
    if (!before) {
      if (by === 'clock' && untold.get(key) === versions) return false;
      if (!mayHaveLeft(pair, named)) {
        untold.set(key, versions);
        return false;
      }
    }
    const at = by === 'clock' ? Math.min(since, now) : now;
    // As instants go, so that a store that was restored from a backup goes on after its former self.
    const seq = Math.max((written?.seq ?? 0) + 1, now);
    const event: TechnicalEvent = {
      v: CONTRACT_VERSION,
      id: randomUUID(),
      kind: 'sharing',
      at: instantText(at, parts.zone),
      cause,
      person: parts.people.pseudonym(person, recipient),
      seq,
    };
    insert.run(person, recipient, seq, event.id, cause, at, JSON.stringify(event));
    return cause;
  }

  return {
    note,
    /** What the clock alone brought about, of everybody; inside a commit. */
    noteAll(): void {
      for (const pair of permissions.pairs()) note(pair, 'clock');
    },
    /** Not answered, and not just handed over; of each person in their order. */
    due(recipient: string): DueNotice[] {
      const now = parts.realNow();
      if (!parts.hasWay(recipient)) return [];
      const isWaiting = ({ id }: Row) => {
        const since = now - (handedOver.get(id) ?? Number.NEGATIVE_INFINITY);
        // Negative: the machine's clock was set back meanwhile.
        return since >= 0 && since < parts.receiptWaitMs;
      };
      const mayLeave = ({ person, seq }: Row) =>
        naming({ person, recipient }).length > 0 && seq >= firstOwn({ person, recipient });
      return unanswered
        .all(recipient)
        .filter((row) => !isWaiting(row) && mayLeave(row))
        .slice(0, NOTICES_MAX)
        .map((row) => ({
          event: JSON.parse(row.body) as TechnicalEvent,
          mayLeave: () => mayLeave(row),
          handedOver: () => void handedOver.set(row.id, parts.realNow()),
        }));
    },
    /** Call inside the commit that stores a receipt, with what it names. */
    answered(id: string): void {
      // Not looked for on disk: receipts are many, and nearly all name an envelope.
      if (handedOver.delete(id)) answer.run(clock.now(), id);
    },
    forgetBefore: (at: number) => void forget.run(at),
  };
}

export type SharingNotices = ReturnType<typeof createSharingNotices>;
