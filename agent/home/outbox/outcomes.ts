import type { Database } from '../../store.ts';

/** How it goes with one recipient: what the doctor asks. Instants in ms by the gateway's clock. */
export interface Outcome {
  readonly recipient: string;
  /** Queued, or sent and not answered. */
  readonly waiting: number;
  /** Since when the oldest of them waits. */
  readonly oldestWaitingAt?: number;
  /** The last receipt. */
  readonly lastReceivedAt?: number;
  /** Why the last try of one that still waits came to nothing. */
  readonly lastDeferral?: string;
  readonly rejected: number;
}

interface Row {
  recipient: string;
  waiting: number;
  oldest: number | null;
  received: number | null;
  rejected: number;
  deferral: string | null;
}

/** Reads the last outcome of each recipient from the deliveries; works on a store opened read-only. */
export function createOutcomes(db: Database): () => Outcome[] {
  const rows = db.prepare<[], Row>(`
    SELECT recipient,
      sum(state IN ('queued', 'sent')) AS waiting,
      min(CASE WHEN state IN ('queued', 'sent') THEN recorded_at END) AS oldest,
      max(CASE WHEN state IN ('received', 'read') THEN updated_at END) AS received,
      sum(state = 'rejected') AS rejected,
      (SELECT l.because FROM delivery l WHERE l.recipient = d.recipient AND l.state = 'queued'
        AND l.attempts > 0 AND l.because IS NOT NULL ORDER BY l.updated_at DESC LIMIT 1) AS deferral
    FROM delivery d GROUP BY recipient ORDER BY recipient`);
  return () =>
    rows.all().map(({ recipient, waiting, oldest, received, rejected, deferral }) => ({
      recipient,
      waiting,
      rejected,
      ...(oldest === null ? {} : { oldestWaitingAt: oldest }),
      ...(received === null ? {} : { lastReceivedAt: received }),
      ...(deferral === null ? {} : { lastDeferral: deferral }),
    }));
}
