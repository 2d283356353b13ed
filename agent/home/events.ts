import { randomUUID } from 'node:crypto';
import type { Kind } from '../../adapters/measurement.ts';
import { instantText } from '../../fhir/time.ts';
import type { Clock } from '../clock.ts';
import { CONTRACT_VERSION, type EventCause, type TechnicalEvent } from '../contract/messages.ts';
import type { Database } from '../store.ts';
import type { ConsentDecision } from './consent/decide.ts';
import type { People } from './people/people.ts';

/** Events to one recipient kept while it cannot be reached; the oldest give way, since readings matter more. */
const UNSENT_MAX = 10_000;

export interface EventDraft {
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
    readonly ask: (person: string, recipient: string, kind: Kind) => ConsentDecision;
  },
) {
  const insert = db.prepare(
    'INSERT INTO event (id, recipient, person, measurement, at, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const unsent = db.prepare<[string, number], Row>(
    'SELECT id, recipient, person, measurement, at, body FROM event WHERE recipient = ? AND sent_at IS NULL ORDER BY at LIMIT ?',
  );
  const markSent = db.prepare('UPDATE event SET sent_at = ? WHERE id = ?');
  const remove = db.prepare('DELETE FROM event WHERE id = ?');
  const trim = db.prepare(`DELETE FROM event WHERE id IN (SELECT id FROM event WHERE recipient = ?
    AND sent_at IS NULL ORDER BY at DESC LIMIT -1 OFFSET ${UNSENT_MAX})`);
  const recent = db.prepare<[number], { body: string; recipient: string; sent_at: number | null }>(
    'SELECT body, recipient, sent_at FROM event ORDER BY at DESC LIMIT ?',
  );

  function mayLeave(row: Pick<Row, 'person' | 'measurement'>, recipient: string): boolean {
    if (row.person === null) return row.measurement === null;
    return row.measurement !== null && parts.ask(row.person, recipient, row.measurement).allowed;
  }

  return {
    /** Stores an event for a recipient, inside a commit. Returns false where consent does not cover it: then it stays home. */
    add(recipient: string, draft: EventDraft): boolean {
      const at = parts.clock.now();
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
      const row = { person: draft.person ?? null, measurement: draft.measurement ?? null };
      insert.run(event.id, recipient, row.person, row.measurement, at, JSON.stringify(event));
      trim.run(recipient);
      return mayLeave(row, recipient);
    },
    /** What may leave now; what consent no longer covers is not among them. */
    due(recipient: string, count: number): { id: string; event: TechnicalEvent }[] {
      return unsent
        .all(recipient, count)
        .filter((row) => mayLeave(row, recipient))
        .map((row) => ({ id: row.id, event: JSON.parse(row.body) as TechnicalEvent }));
    },
    sent: (id: string) => void markSent.run(parts.clock.now(), id),
    forget: (id: string) => void remove.run(id),
    recent: (count: number) =>
      recent.all(count).map((row) => ({
        recipient: row.recipient,
        sent: row.sent_at !== null,
        ...(JSON.parse(row.body) as TechnicalEvent),
      })),
  };
}

export type Events = ReturnType<typeof createEvents>;
