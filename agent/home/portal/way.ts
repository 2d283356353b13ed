import type { Database } from '../../store.ts';
import type { ReadingState } from '../journal/readings.ts';
import {
  type DeliveryAction,
  type DeliveryState,
  type StepRow,
  stepsOf,
} from '../outbox/deliveries.ts';

/** What became of a reading at one recipient. `taken-back` once the recipient has confirmed it. */
export type WayState =
  | Exclude<DeliveryState, 'withdrawn'>
  | 'not-sent'
  | 'taking-back'
  | 'taken-back';

/** One recipient's part of the way. Instants are ms UTC by the gateway's clock. */
export interface WayTo {
  readonly recipient: string;
  readonly state: WayState;
  /** Why it is withheld, waits or was refused. */
  readonly because: string | undefined;
  /** When it was ready to leave, or was first kept back. */
  readonly readyAt: number;
  /** When it came to where it is. */
  readonly at: number;
  /** The steps on the way there, as far as they are known. */
  readonly sentAt: number | undefined;
  readonly receivedAt: number | undefined;
  /** It was tried, and waits to be tried again. */
  readonly wasTried: boolean;
  /** It changed after it was sent; how far the changed one came. */
  readonly correction:
    | {
        readonly state: DeliveryState;
        readonly because: string | undefined;
        readonly at: number;
      }
    | undefined;
  /** It changed by an error in it; else by the words of the person's own that go with it. */
  readonly isCorrected: boolean;
}

/** Every delivery of a reading, but only those that were made while it was this person's. */
export const WAY_SQL = `SELECT d.seq, d.recipient, d.action, d.revision, d.state, d.because, d.attempts,
    d.recorded_at, d.updated_at, d.sent_at, d.received_at, d.read_at,
    r.state AS reading_state
  FROM reading r JOIN delivery d ON d.near = r.near AND d.reading = r.id
  WHERE r.id = @id AND r.person = @person AND d.person = @person`;

interface Row extends StepRow {
  seq: number;
  recipient: string;
  action: DeliveryAction;
  revision: number;
  because: string | null;
  attempts: number;
  recorded_at: number;
  reading_state: ReadingState;
}

/** The way of a person's own reading to each recipient; empty for another person's. */
export function createWays(db: Database): (person: string, id: string) => WayTo[] {
  const rows = db.prepare<{ person: string; id: string }, Row>(WAY_SQL);
  return (person, id) => {
    const byRecipient = new Map<string, Row[]>();
    for (const row of rows.all({ person, id }).sort((a, b) => a.seq - b.seq)) {
      byRecipient.set(row.recipient, [...(byRecipient.get(row.recipient) ?? []), row]);
    }
    return [...byRecipient].flatMap(([recipient, all]) => wayTo(recipient, all) ?? []);
  };
}

/** A reading that came back to this person is sent anew: its last revision is its way. */
function wayTo(recipient: string, all: readonly Row[]): WayTo | undefined {
  const revision = Math.max(...all.map((row) => row.revision));
  const rows = all.filter((row) => row.revision === revision);
  const first = rows.find(({ action }) => action === 'new');
  const last = (action: DeliveryAction) => rows.filter((row) => row.action === action).at(-1);
  const retraction = last('retraction');
  const correction = last('correction');
  const now = retraction ?? first;
  if (!now) return undefined;
  const { sentAt, receivedAt } = stepsOf(now);
  return {
    recipient,
    sentAt,
    receivedAt,
    state: retraction ? stateOfRetraction(retraction.state) : stateOf(now.state),
    because: now.because ?? undefined,
    readyAt: (first ?? now).recorded_at,
    at: now.updated_at,
    wasTried: now.attempts > 0,
    correction: correction && {
      state: correction.state,
      because: correction.because ?? undefined,
      at: correction.updated_at,
    },
    isCorrected: now.reading_state === 'corrected',
  };
}

const stateOf = (state: DeliveryState): WayState => (state === 'withdrawn' ? 'not-sent' : state);

function stateOfRetraction(state: DeliveryState): WayState {
  return state === 'received' || state === 'read' ? 'taken-back' : 'taking-back';
}
