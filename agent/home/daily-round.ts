import type { Kind } from '../../adapters/measurement.ts';
import type { HomeConfig } from '../../config/schema.ts';
import { localMs } from '../../fhir/time.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Database } from '../store.ts';
import type { Audit } from './audit.ts';
import type { Permissions } from './consent/permissions.ts';
import type { Events } from './events.ts';
import type { Health } from './health.ts';
import type { Captures } from './journal/captures.ts';
import type { Committer } from './journal/committer.ts';
import type { Readings } from './journal/readings.ts';
import type { Links } from './links.ts';
import { causeOf, isDue, type MissingFacts } from './missing.ts';
import type { Deliveries } from './outbox/deliveries.ts';
import type { Routing } from './outbox/routing.ts';
import type { Devices } from './people/devices.ts';
import type { Pipeline } from './pipeline.ts';

const DAY_MS = 86_400_000;
/** Below this, in percent, a device's battery is told as a technical cause. */
const BATTERY_LOW_PERCENT = 10;

export interface RoundParts {
  readonly db: Database;
  readonly config: Pick<HomeConfig, 'expectations' | 'recipients' | 'retention' | 'zone'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly committer: Committer;
  readonly audit: Audit;
  readonly captures: Captures;
  readonly readings: Readings;
  readonly devices: Devices;
  readonly deliveries: Deliveries;
  readonly permissions: Permissions;
  readonly pipeline: Pipeline;
  readonly routing: Routing;
  readonly events: Events;
  readonly links: Pick<Links, 'link'>;
  readonly health: Health;
}

/** What is done once in a while: each part is safe to repeat, and remembers what it did in the store. */
export function createDailyRound(parts: RoundParts) {
  const { db, config, clock, readings } = parts;
  const remember = db.prepare(
    'INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const recall = db.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck();
  const forgetHeld = db.prepare<[number], { id: string }>(
    "UPDATE reading SET state = 'removed', held = NULL, content = '{\"measurements\":[],\"status\":[]}' WHERE state = 'held' AND captured_at < ? RETURNING id",
  );
  const forgetReadings = db.prepare('DELETE FROM reading WHERE captured_at < ?');
  const forgetDeliveries = db.prepare(
    'DELETE FROM delivery WHERE reading NOT IN (SELECT id FROM reading)',
  );
  // A capture stays while any delivery made of it waits for its receipt.
  const forgetCaptures =
    db.prepare(`DELETE FROM capture WHERE at < ? AND state != 'captured' AND id NOT IN (
    SELECT r.capture FROM reading r WHERE r.capture IS NOT NULL AND (r.state = 'held' OR EXISTS (
      SELECT 1 FROM delivery d WHERE d.reading = r.id AND d.state IN ('queued', 'sent')
        OR d.reading = r.id AND d.updated_at >= ?)))`);
  const today = db.prepare<
    [string, number, number],
    { state: string; held: string | null; person: string | null; id: string }
  >(
    'SELECT id, state, held, person FROM reading WHERE kind = ? AND coalesce(measured_at, captured_at) BETWEEN ? AND ?',
  );
  const pausedPairs = db.prepare<[], { person: string; recipient: string }>(
    "SELECT DISTINCT person, recipient FROM delivery WHERE state = 'withheld' AND because IN ('paused', 'clock')",
  );
  const lastThinned = db.prepare<[number], { id: number }>(
    "SELECT max(id) AS id FROM capture WHERE state = 'thinned' GROUP BY device, session HAVING max(at) < ?",
  );
  const dropThinned = db.prepare("DELETE FROM capture WHERE state = 'thinned' AND at < ?");

  /** Retention: unanswered questions after `heldDays`, announced in the log and the trail; the rest later. */
  function retain(): void {
    const now = clock.now();
    const { heldDays, readingMonths, captureDays } = config.retention;
    const removed = forgetHeld.all(now - heldDays * DAY_MS);
    if (removed.length > 0) {
      parts.log.warn({ event: 'held-removed-unanswered', count: removed.length });
      parts.audit.append({
        at: now,
        actor: 'retention',
        action: 'held-removed-unanswered',
        detail: { readings: removed.map(({ id }) => id) },
      });
    }
    forgetReadings.run(now - readingMonths * 31 * DAY_MS);
    forgetDeliveries.run();
    const before = now - captureDays * DAY_MS;
    forgetCaptures.run(before, before);
    dropThinned.run(now - DAY_MS);
  }

  /** The last measurement of a stream that ended becomes a reading too (design 5). */
  function endStreams(): void {
    for (const { id } of lastThinned.all(clock.now() - 2 * 60_000)) {
      const capture = parts.captures.get(id);
      if (capture) parts.pipeline.takeLast(capture);
    }
  }

  /** A pause that ended, or a clock that is trusted again, frees what was measured outside it. */
  function reconsider(): void {
    for (const { person, recipient } of pausedPairs.all()) {
      parts.routing.reconsider(person, recipient, (id) => readings.get(id));
    }
  }

  function factsOf(
    person: string,
    kind: Kind,
    recipient: string,
    day: { from: number; now: number },
  ): MissingFacts | 'came' {
    const rows = today.all(kind, day.from, day.now);
    const own = rows.filter(
      (row) => row.person === person && ['ready', 'corrected'].includes(row.state),
    );
    const deliveries = own.flatMap((row) =>
      parts.deliveries.ofReading(row.id).filter((one) => one.recipient === recipient),
    );
    if (deliveries.some(({ state }) => state === 'received' || state === 'read')) return 'came';
    const device = parts.devices
      .list()
      .filter((one) => one.owner === person || Object.values(one.slots).includes(person));
    const failed = parts.health.lastVisitFailedAt() ?? 0;
    const decision = parts.routing.askNow(person, recipient, kind);
    return {
      paused: !decision.allowed && decision.because === 'paused',
      unsent: deliveries.some(({ state }) => state === 'queued' || state === 'sent'),
      online: parts.links.link(recipient)?.state().online ?? true,
      heldForPerson: rows.some((row) => row.held === 'person'),
      heldForClock: rows.some((row) => row.held === 'clock'),
      batteryLow: device.some(
        ({ battery }) => battery !== undefined && Number(battery) < BATTERY_LOW_PERCENT,
      ),
      visitFailed: failed >= day.from,
      listened: parts.health.listened(day.from, day.now),
    };
  }

  /** Once a day and expectation: one event with one cause, for each recipient that may know. */
  function sayMissing(): void {
    const now = clock.now();
    const local = localMs(now, config.zone);
    const day = new Date(local).toISOString().slice(0, 10);
    const from = now - (local % DAY_MS);
    for (const expectation of config.expectations) {
      const name = `expected/${expectation.person}/${expectation.kind}`;
      if (!clock.trusted() || !isDue(expectation, local) || recall.get(name) === day) continue;
      remember.run(name, day);
      const kind = expectation.kind as Kind;
      for (const { id } of config.recipients) {
        const facts = factsOf(expectation.person, kind, id, { from, now });
        if (facts === 'came') continue;
        parts.events.add(id, {
          kind: 'missing',
          cause: causeOf(facts),
          person: expectation.person,
          measurement: kind,
        });
      }
    }
  }

  return {
    run: () =>
      parts.committer.commit(() => {
        retain();
        endStreams();
        reconsider();
        sayMissing();
      }),
    /** The clock became trusted: captures of this boot get their real instant, and are judged again. */
    clockTrusted: () =>
      parts.committer.commit(() => {
        parts.captures.trust(clock.now());
        for (const device of parts.devices.list()) {
          for (const held of readings.heldByClock(device.id)) parts.pipeline.settle(held);
        }
        reconsider();
      }),
  };
}
