import { randomUUID } from 'node:crypto';
import type { Kind } from '../../adapters/measurement.ts';
import type { RecipientConfig } from '../../config/schema.ts';
import { instantText } from '../../fhir/time.ts';
import type { Clock } from '../clock.ts';
import { CONTRACT_VERSION } from '../contract/contract.ts';
import type { EventCause, TechnicalEvent } from '../contract/messages.ts';
import type { Check } from '../http.ts';
import type { Database } from '../store.ts';
import type { ConsentDecision } from './consent/decide.ts';
import { onRollback } from './journal/committer.ts';
import type { People } from './people/people.ts';

/** Events to one recipient kept while it cannot be reached; the oldest give way, since readings matter more. */
const UNSENT_MAX = 10_000;

/** The same of one device is said once in this: a device that broadcasts what nobody can read does so for days. */
const SAID_MS = 600_000;

interface EventDraft {
  readonly kind: TechnicalEvent['kind'];
  readonly cause: EventCause;
  /** Household device id, a random UUID. */
  readonly device?: string;
  readonly person?: string;
  readonly measurement?: Kind;
}

interface Row {
  id: string;
  recipient: string;
  person: string | null;
  measurement: Kind | null;
  at: number;
  body: string;
}

type Recipients = readonly Pick<RecipientConfig, 'id' | 'transport'>[];

/** Over HTTPS there is no place for events: they stay on the gateway. */
export const hasEventWay = (recipients: Recipients, recipient: string): boolean =>
  recipients.some(({ id, transport }) => id === recipient && transport.type === 'mqtt');

/** Of which recipients that is, by their number in the configuration: nothing is wrong with it. */
export const eventChecks = (recipients: Recipients): Check[] =>
  recipients.flatMap(({ transport }, index) =>
    transport.type === 'mqtt'
      ? []
      : {
          name: recipients.length === 1 ? 'events' : `events-${index + 1}`,
          ok: true,
          code: 'events-stay-home',
        },
  );

/**
 * Technical events (promise 7): stored, then sent like readings. One that names a person or a kind
 * passes the consent gate, when it is made and again when it leaves.
 */
export function createEvents(
  db: Database,
  parts: {
    readonly clock: Clock;
    readonly zone: string;
    readonly people: People;
    readonly ask: (person: string, recipient: string, kind: Kind, at: number) => ConsentDecision;
    readonly hasWay: (recipient: string) => boolean;
    /** So many gave way, unsent. */
    readonly onDropped: (recipient: string, count: number) => void;
  },
) {
  const insert = db.prepare(
    'INSERT INTO event (id, recipient, person, measurement, at, body, withheld) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const unsent = db.prepare<[string], Row>(
    `SELECT id, recipient, person, measurement, at, body FROM event
     WHERE recipient = ? AND sent_at IS NULL AND withheld = 0 ORDER BY at`,
  );
  const markSent = db.prepare('UPDATE event SET sent_at = ? WHERE id = ?');
  const trim = db.prepare(`DELETE FROM event WHERE id IN (SELECT id FROM event WHERE recipient = ?
    AND sent_at IS NULL AND withheld = 0 ORDER BY at DESC LIMIT -1 OFFSET ${UNSENT_MAX})`);
  const count = db
    .prepare<[string], number>(
      'SELECT count(*) FROM event WHERE recipient = ? AND sent_at IS NULL AND withheld = 0',
    )
    .pluck();
  /** Unsent, by recipient, while nothing but adding changed it: counting thousands at each would cost. */
  const waiting = new Map<string, number>();
  onRollback(db, () => waiting.clear());
  const forget = db.prepare('DELETE FROM event WHERE at < ?');
  const said = db.prepare<[string, number, string, string]>(`SELECT 1 FROM event WHERE recipient = ?
    AND at > ? AND json_extract(body, '$.cause') = ? AND json_extract(body, '$.device') = ? LIMIT 1`);
  const recent = db.prepare<[number], { body: string; recipient: string; sent_at: number | null }>(
    'SELECT body, recipient, sent_at FROM event ORDER BY at DESC LIMIT ?',
  );

  /** Consent must cover when it happened too: given since, it tells nothing of before. */
  function mayLeave(row: Pick<Row, 'person' | 'measurement' | 'at'>, recipient: string): boolean {
    if (row.person === null) return row.measurement === null;
    const { person, measurement, at } = row;
    return measurement !== null && parts.ask(person, recipient, measurement, at).allowed;
  }

  /** One more waits: beyond the limit the oldest goes, which is counted and said. */
  function giveWay(recipient: string): void {
    const known = waiting.get(recipient);
    const now = known === undefined ? (count.get(recipient) ?? 0) : known + 1;
    const dropped = now > UNSENT_MAX ? trim.run(recipient).changes : 0;
    waiting.set(recipient, now - dropped);
    if (dropped > 0) parts.onDropped(recipient, dropped);
  }

  return {
    /**
     * Stores an event for a recipient, inside a commit. Returns false where consent does not cover
     * it or no way leads there: then it stays home for good; or where the same was just said of the
     * device.
     */
    add(recipient: string, draft: EventDraft): boolean {
      const at = parts.clock.now();
      if (draft.device !== undefined && draft.person === undefined) {
        if (said.get(recipient, at - SAID_MS, draft.cause, draft.device)) return false;
      }
      const event: TechnicalEvent = {
        v: CONTRACT_VERSION,
        id: randomUUID(),
        kind: draft.kind,
        at: instantText(at, parts.zone),
        cause: draft.cause,
        ...(draft.device === undefined ? {} : { device: draft.device }),
        ...(draft.person === undefined
          ? {}
          : { person: parts.people.pseudonym(draft.person, recipient) }),
        ...(draft.measurement === undefined ? {} : { measurement: draft.measurement }),
      };
      const row = { person: draft.person ?? null, measurement: draft.measurement ?? null, at };
      const mayEver = parts.hasWay(recipient) && mayLeave(row, recipient);
      const body = JSON.stringify(event);
      insert.run(event.id, recipient, row.person, row.measurement, at, body, mayEver ? 0 : 1);
      if (mayEver) giveWay(recipient);
      return mayEver;
    },
    /** What may leave now, oldest first; what consent does not cover now is passed by. `mayLeave` is to be asked again at the hand-over. */
    due(
      recipient: string,
      count: number,
    ): { id: string; event: TechnicalEvent; mayLeave: () => boolean }[] {
      const found: Row[] = [];
      for (const row of unsent.iterate(recipient)) {
        if (mayLeave(row, recipient)) found.push(row);
        if (found.length === count) break;
      }
      return found.map((row) => ({
        id: row.id,
        event: JSON.parse(row.body) as TechnicalEvent,
        mayLeave: () => mayLeave(row, recipient),
      }));
    },
    sent(id: string): void {
      markSent.run(parts.clock.now(), id);
      waiting.clear();
    },
    forgetBefore(at: number): void {
      forget.run(at);
      waiting.clear();
    },
    recent: (count: number) =>
      recent.all(count).map((row) => ({
        recipient: row.recipient,
        sent: row.sent_at !== null,
        ...(JSON.parse(row.body) as TechnicalEvent),
      })),
  };
}

export type Events = ReturnType<typeof createEvents>;
