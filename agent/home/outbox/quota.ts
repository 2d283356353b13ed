import type { HomeConfig } from '../../../config/schema.ts';
import type { Clock } from '../../clock.ts';
import { codeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../store.ts';
import type { Audit } from '../audit.ts';
import type { Events } from '../events.ts';
import type { Health } from '../health.ts';
import type { Committer } from '../journal/committer.ts';
import type { Deliveries } from './deliveries.ts';
import {
  fullInMs,
  type QueueSample,
  SAMPLE_EVERY_MS,
  SAY_BEFORE_MS,
  withSample,
} from './forecast.ts';
import { createQueueLimit } from './queue-limit.ts';

/** Given up in one go at the limit, as a share of the queue: seldom, and not much more than is needed. */
const GIVEN_UP_SHARE = 0.01;

/** Where the samples of the queue's length are kept. */
const SAMPLES = 'queue-samples';
/** The last local day on which it was said that the queue will be full. */
const SAID = 'queue-filling-said';

/**
 * What becomes of a queue that nobody takes: its limit, what happens there as configured, and that it
 * is said three days before. Taking back, and what may have arrived, is never given up.
 */
export function createQuota(parts: {
  readonly db: Database;
  readonly config: Pick<HomeConfig, 'limits' | 'recipients'>;
  readonly deliveries: Deliveries;
  readonly committer: Committer;
  readonly audit: Audit;
  readonly events: Pick<Events, 'add'>;
  readonly health: Pick<Health, 'queue' | 'queueFullIn' | 'queueDropped' | 'fault'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Past the hand-over and not settled. */
  readonly inFlight: (envelope: string) => boolean;
}) {
  const { db, deliveries, committer, clock, log, health } = parts;
  const { limits, recipients } = parts.config;
  const save = db.prepare(
    'INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const load = db.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck();

  const limit = createQueueLimit({
    isReached: () => deliveries.isQueueFull(limits),
    monotonic: () => performance.now(),
    onChange: (full) => {
      health.queue(full);
      if (full) void committer.commit(() => tell('queue-full')).catch(sayFault);
    },
    ...(limits.whenFull === 'drop-oldest' ? { makeRoom: () => committer.commit(giveUp) } : {}),
  });

  const sayFault = (error: unknown) => health.fault(codeOf(error));

  /** To all recipients: of those that cannot be reached, some other may. */
  function tell(cause: 'queue-filling' | 'queue-full' | 'queue-dropped'): void {
    for (const { id } of recipients) parts.events.add(id, { kind: 'queue', cause });
  }

  /** The oldest of which nothing left, of the recipient with the most: how many. They stay on the gateway. */
  function giveUp(): number {
    const recipient = deliveries.longestQueue();
    if (recipient === undefined) return 0;
    const most = Math.max(1, Math.ceil(limits.queueRowsMax * GIVEN_UP_SHARE));
    const rows = deliveries.notLeft(recipient, most).filter(({ id }) => !parts.inFlight(id));
    const [first] = rows;
    const last = rows.at(-1);
    if (!first || !last) return 0;
    const at = clock.now();
    for (const row of rows) deliveries.move(row, { state: 'rejected', because: 'queue-full' }, at);
    parts.audit.append({
      at,
      actor: 'queue-limit',
      action: 'queue-dropped',
      detail: {
        recipient,
        count: rows.length,
        from: new Date(first.recordedAt).toISOString(),
        until: new Date(last.recordedAt).toISOString(),
      },
    });
    tell('queue-dropped');
    health.queueDropped(rows.length);
    log.warn({ event: 'queue-dropped', recipient, count: rows.length });
    return rows.length;
  }

  function samples(): QueueSample[] {
    try {
      return JSON.parse(load.get(SAMPLES) ?? '[]') as QueueSample[];
    } catch {
      return [];
    }
  }

  /** Measured once an hour: counting a long queue costs the disk. */
  function measured(): readonly QueueSample[] {
    const known = samples();
    const at = clock.now();
    const last = known.at(-1);
    if (last && at >= last.at && at - last.at < SAMPLE_EVERY_MS) return known;
    const all = withSample(known, { at, ...deliveries.queueSize(limits.queueBytesMax) });
    save.run(SAMPLES, JSON.stringify(all));
    return all;
  }

  return {
    room: limit.room,
    stop: limit.stop,
    /** Says in time that the queue will be full. Run inside a commit, now and then. */
    foresee(): void {
      // By a clock that nobody vouches for there is no rate.
      if (!clock.trusted()) return;
      const ms = fullInMs(measured(), limits);
      health.queueFullIn(ms);
      const day = new Date(clock.now()).toISOString().slice(0, 10);
      if (ms === undefined || ms > SAY_BEFORE_MS || load.get(SAID) === day) return;
      save.run(SAID, day);
      log.warn({ event: 'queue-filling', ms });
      tell('queue-filling');
    },
  };
}

export type Quota = ReturnType<typeof createQuota>;
