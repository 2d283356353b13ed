import type { HomeConfig } from '../../config/schema.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Database } from '../store.ts';
import type { Audit } from './audit.ts';
import type { SharingNotices } from './consent/notices.ts';
import type { Events } from './events.ts';
import { FEW } from './journal/captures.ts';
import { forgetRemembered } from './journal/committer.ts';
import type { Readings } from './journal/readings.ts';

const DAY_MS = 86_400_000;
/** Longest month: nothing goes before its time. */
const MONTH_MS = 31 * DAY_MS;

/**
 * Received before an instant. A capture made without a clock proves its age by its place: a later
 * one, made with a clock, is itself that old.
 */
const isOld = (capture: string) => `(${capture}.trusted = 1 AND ${capture}.at < @before
  OR ${capture}.id < (SELECT max(id) FROM capture WHERE trusted = 1 AND at < @before))`;

/** How long data stays on the gateway. Run inside a commit, and only by a trusted clock: a wrong one would delete all. */
export function createRetention(parts: {
  readonly db: Database;
  readonly config: Pick<HomeConfig, 'retention' | 'recipients'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Audit;
  readonly readings: Readings;
  readonly events: Events;
  readonly notices: Pick<SharingNotices, 'forgetBefore'>;
}): () => void {
  const { db, config, clock, readings } = parts;
  const unanswered = db.prepare<{ before: number }, { id: string; device: string }>(
    `SELECT r.id, r.device FROM reading r LEFT JOIN capture c ON c.id = r.capture
     WHERE r.state = 'held' AND (c.id IS NULL AND r.captured_at < @before OR ${isOld('c')})`,
  );
  const takenBack = db
    .prepare<
      [],
      string
    >(`SELECT id FROM reading r WHERE state = 'removed' AND content LIKE '%"kind"%'
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.near = r.near AND d.reading = r.id AND d.state IN ('queued', 'sent'))`)
    .pluck();
  const forgetReadings = db.prepare(`DELETE FROM reading AS r WHERE captured_at < @before
    AND state != 'held' AND NOT EXISTS (
      SELECT 1 FROM delivery d WHERE d.near = r.near AND d.reading = r.id AND d.state IN ('queued', 'sent'))`);
  const forgetDeliveries = db.prepare(
    'DELETE FROM delivery WHERE NOT EXISTS (SELECT 1 FROM reading r WHERE r.id = delivery.reading)',
  );
  // A capture stays while a reading made of it is held, waits for a receipt, or had one lately.
  const forgetCaptures = db.prepare(`DELETE FROM capture AS c WHERE ${isOld('c')}
    AND state != 'captured' AND id NOT IN (
      SELECT r.capture FROM reading r WHERE r.capture IS NOT NULL AND (r.state = 'held' OR EXISTS (
        SELECT 1 FROM delivery d WHERE d.near = r.near AND d.reading = r.id
          AND (d.state IN ('queued', 'sent') OR d.updated_at >= @before))))`);
  const forgetThinned = db.prepare(`DELETE FROM ${FEW} AND state = 'thinned' AND at < ?`);

  /** Held readings that nobody answered for: erased, and said in the trail and to each recipient. */
  function forgetUnanswered(before: number): void {
    const rows = unanswered.all({ before });
    if (rows.length === 0) return;
    for (const { id } of rows) readings.erase(id);
    for (const device of new Set(rows.map((row) => row.device))) {
      for (const { id } of config.recipients) {
        parts.events.add(id, { kind: 'device', cause: 'removed-unanswered', device });
      }
    }
    parts.log.warn({ event: 'held-removed-unanswered', count: rows.length });
    parts.audit.append({
      at: clock.now(),
      actor: 'retention',
      action: 'held-removed-unanswered',
      detail: { readings: rows.map(({ id }) => id) },
    });
  }

  return () => {
    const now = clock.now();
    const { heldDays, readingMonths, captureDays } = config.retention;
    forgetUnanswered(now - heldDays * DAY_MS);
    for (const id of takenBack.all()) readings.erase(id);
    forgetReadings.run({ before: now - readingMonths * MONTH_MS });
    forgetDeliveries.run();
    forgetCaptures.run({ before: now - captureDays * DAY_MS });
    forgetThinned.run(now - DAY_MS);
    forgetRemembered(db);
    parts.events.forgetBefore(now - captureDays * DAY_MS);
    parts.notices.forgetBefore(now - captureDays * DAY_MS);
  };
}
