import type { Database } from '../../store.ts';

/** Envelopes looked at, from the front of what waits backwards: the last answer is among them. */
const LOOK_MAX = 1_000;

/**
 * When one of these recipients last confirmed something, by the gateway's clock, ms. Envelopes leave in
 * the order of their numbers, so the last that was answered lies just before the first that waits,
 * however many do.
 */
export function createReached(
  db: Database,
  recipients: readonly { readonly id: string }[],
): () => number | undefined {
  const last = db
    .prepare<{ recipient: string }, number | null>(
      `SELECT max(updated_at) FROM (
         SELECT recipient, state, updated_at FROM delivery
         WHERE seq < coalesce((SELECT min(seq) FROM delivery INDEXED BY delivery_queue
           WHERE state = 'queued' AND recipient = @recipient), 9e15)
         ORDER BY seq DESC LIMIT ${LOOK_MAX})
       WHERE recipient = @recipient AND state IN ('received', 'read')`,
    )
    .pluck();
  return () => {
    const times = recipients.flatMap(({ id }) => last.get({ recipient: id }) ?? []);
    return times.length === 0 ? undefined : Math.max(...times);
  };
}
