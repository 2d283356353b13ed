import type { DeviceState } from '../../adapters/adapter.ts';
import type { HomeConfig } from '../../config/schema.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { type Database, emptyLog } from '../store.ts';
import type { Audit } from './audit.ts';
import type { SharingNotices } from './consent/notices.ts';
import type { Permissions } from './consent/permissions.ts';
import type { Events } from './events.ts';
import { createExpectations } from './expectations.ts';
import type { Health } from './health.ts';
import { type Captures, FEW } from './journal/captures.ts';
import type { Committer } from './journal/committer.ts';
import type { Readings } from './journal/readings.ts';
import type { Links } from './links.ts';
import type { Deliveries } from './outbox/deliveries.ts';
import type { Quota } from './outbox/quota.ts';
import type { Routing } from './outbox/routing.ts';
import type { Devices } from './people/devices.ts';
import { createPeople } from './people/people.ts';
import type { Pipeline } from './pipeline.ts';
import { createRetention } from './retention.ts';

/** A stream that brought nothing for this long has ended, ms. */
const STREAM_END_MS = 2 * 60_000;

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
  readonly notices: SharingNotices;
  readonly links: Pick<Links, 'link'>;
  readonly health: Health;
  readonly quota: Pick<Quota, 'foresee'>;
  /** How it goes with the devices, as the radio knows it. */
  readonly states: () => readonly DeviceState[];
}

/** What is done once in a while: each part is safe to repeat, and remembers what it did in the store. */
export function createDailyRound(parts: RoundParts) {
  const { db, clock, readings, captures, committer } = parts;
  const people = createPeople(db, { now: clock.now });
  const retain = createRetention(parts);
  const { sayMissing, today, remember, recall } = createExpectations(parts);
  const pausedPairs = db.prepare<[], { person: string; recipient: string }>(
    "SELECT DISTINCT person, recipient FROM delivery WHERE state = 'withheld' AND because IN ('paused', 'clock')",
  );
  // Of each run of broadcasts or connection the last capture, where it was thinned.
  const lastThinned = db
    .prepare<[number], number>(`WITH ended AS (
      SELECT device, session, max(id) AS id FROM ${FEW} AND state = 'thinned'
      GROUP BY device, session HAVING max(at) < ?)
    SELECT id FROM ended WHERE NOT EXISTS (SELECT 1 FROM capture l WHERE l.device = ended.device
      AND l.id > ended.id AND l.session = ended.session AND l.state IN ('read', 'repeat'))`)
    .pluck();

  /** Once a day, and never by a clock that nobody vouches for. */
  function retainToday(): void {
    const day = today();
    if (!clock.trusted() || recall('retained') === day) return;
    retain();
    remember('retained', day);
  }

  /** Once a day: what was removed must not stand in the log for weeks. Capturing waits for no reader. */
  async function emptyLogToday(): Promise<void> {
    const day = today();
    if (recall('log-emptied') === day || !emptyLog(db, 0)) return;
    await committer.commit(() => remember('log-emptied', day));
  }

  /** The last measurement of a stream that ended becomes a reading too (design 5). */
  function endStreams(): void {
    for (const id of lastThinned.all(clock.now() - STREAM_END_MS)) {
      const capture = captures.get(id);
      if (capture) parts.pipeline.takeLast(capture);
    }
  }

  /** A pause that ended, or a clock that is trusted again, frees what was measured outside it. */
  function reconsider(): void {
    for (const { person, recipient } of pausedPairs.all()) {
      parts.routing.reconsider(person, recipient, (id) => readings.get(id));
    }
  }

  return {
    /** All parts, each a commit of its own: one that fails does not stop the others. Rejects with the first failure. */
    async run(): Promise<void> {
      const known = new Set(people.list().map(({ id }) => id));
      const works = [
        retainToday,
        parts.pipeline.takeHalves,
        endStreams,
        reconsider,
        parts.notices.noteAll,
        parts.quota.foresee,
        () => sayMissing(known),
      ];
      const done = await Promise.allSettled(works.map((work) => committer.commit(work)));
      await emptyLogToday();
      const failed = done.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
    },
    /** The clock became trusted: captures of this boot get their real instant, and are judged again. */
    clockTrusted: (): Promise<void> =>
      committer.commit(() => {
        captures.trust(clock.now());
        parts.devices.dateAdoptions(clock.now());
        for (const held of readings.held()) {
          if (held.held === 'clock') parts.pipeline.settle(held);
        }
        reconsider();
      }),
    /** After a start: captures that a fault kept from being derived, but for devices that are being paired. */
    deriveWaiting: (): Promise<void> =>
      committer.commit(() => {
        for (const capture of captures.waiting()) parts.pipeline.take(capture);
      }),
  };
}
