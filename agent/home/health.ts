import { Counter, Gauge, Registry } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { Check } from '../http.ts';
import type { Log } from '../log.ts';
import type { Database } from '../store.ts';
import type { Committer } from './journal/committer.ts';
import type { Links } from './links.ts';
import { SAY_BEFORE_MS } from './outbox/forecast.ts';

type Certificates = Pick<Links['certificates'], 'checks' | 'ends'>;

/** Before anything was asked of it nothing is known against it. */
const isOn = (state: string) => state === 'poweredOn' || state === 'unknown';

/** A note that tells how many broadcasts were not taken; every other is one of what it names. */
const DROPPED = 'broadcasts-dropped';

const DAY_MS = 86_400_000;

/** Events that give way do so one by one: said at most this often, ms. */
const EVENTS_DROPPED_SAY_MS = 3_600_000;

/** How the gateway is: checks for `/readyz` and `iomt doctor`, counters for `/metrics`. No label names a person. */
export function createHealth(parts: { readonly clock: Clock; readonly log: Log }) {
  const registry = new Registry();
  const captures = new Counter({
    name: 'iomt_captures_total',
    help: 'Captures on disk',
    registers: [registry],
  });
  const unreadable = new Counter({
    name: 'iomt_frames_unreadable_total',
    help: 'Frames that gave no value',
    labelNames: ['because'],
    registers: [registry],
  });
  const radio = new Counter({
    name: 'iomt_radio_events_total',
    help: 'Notes of the radio',
    labelNames: ['event'],
    registers: [registry],
  });
  const remedies = new Counter({
    name: 'iomt_radio_remedies_total',
    help: 'Steps taken to mend the radio, and whether they could be taken',
    labelNames: ['step', 'done'],
    registers: [registry],
  });
  new Gauge({
    name: 'iomt_radio_listening',
    help: '1 while the adapter is on and takes discovery',
    registers: [registry],
    collect() {
      this.set(radioTrouble === undefined && isOn(radioState) ? 1 : 0);
    },
  });
  const faults = new Counter({
    name: 'iomt_faults_total',
    help: 'Faults of the program',
    labelNames: ['code'],
    registers: [registry],
  });
  new Gauge({
    name: 'iomt_clock_trusted',
    help: '1 while the clock is synchronised',
    registers: [registry],
    collect() {
      this.set(parts.clock.trusted() ? 1 : 0);
    },
  });
  let certificates: Certificates | undefined;
  let diskTrouble: string | undefined;
  const queueDropped = new Counter({
    name: 'iomt_queue_dropped_total',
    help: 'Deliveries given up at the limit of the queue, as configured',
    registers: [registry],
  });
  const eventsDropped = new Counter({
    name: 'iomt_events_dropped_total',
    help: 'Technical events given up because their recipient was away for too long',
    registers: [registry],
  });
  let queueFull = false;
  /** Until the queue is full at its rate of growth, ms; it does not grow when undefined. */
  let queueFullInMs: number | undefined;
  let eventsDroppedSaidAt = Number.NEGATIVE_INFINITY;
  let radioState = 'unknown';
  let radioTrouble: string | undefined;

  const gauge = (name: string, help: string, read: () => number) =>
    void new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge(
    'iomt_queue_full_in_seconds',
    'Until the queue is full at its growth of the last days; infinite while it does not grow',
    () => (queueFullInMs ?? Number.POSITIVE_INFINITY) / 1000,
  );
  const radioCheck = (wanted: boolean): Check => {
    const code =
      radioTrouble === 'radio-dead' || isOn(radioState) ? radioTrouble : `radio-${radioState}`;
    return !wanted || code === undefined
      ? { name: 'radio', ok: true }
      : { name: 'radio', ok: false, code };
  };

  return {
    registry,
    /** Shows what others count. */
    watch(others: {
      readonly commits: Committer['stats'];
      readonly links: () => number;
      readonly certificates: Certificates;
    }): void {
      certificates = others.certificates;
      new Gauge({
        name: 'iomt_certificate_expiry_timestamp_seconds',
        help: 'When a certificate ends: the own one, or the last of the authorities trusted',
        labelNames: ['recipient', 'file'],
        registers: [registry],
        collect() {
          this.reset();
          for (const { recipient, setting, endsAt } of others.certificates.ends()) {
            this.set({ recipient, file: setting }, endsAt / 1000);
          }
        },
      });
      gauge(
        'iomt_commit_wait_max_seconds',
        'Longest wait of a capture for its commit since the start: on BlueZ its device was confirmed before',
        () => others.commits.waitMsMax / 1000,
      );
      gauge('iomt_commits', 'Commit groups written since the start', () => others.commits.groups);
      gauge('iomt_radio_links', 'Visits to devices under way', others.links);
    },
    captured: () => captures.inc(),
    unreadable: (because: string) => unreadable.inc({ because }),
    disk(code: string | undefined): void {
      diskTrouble = code;
      if (code) parts.log.error({ event: 'disk-refuses', code });
      else parts.log.info({ event: 'disk-takes-again' });
    },
    queue(full: boolean): void {
      queueFull = full;
      if (full) parts.log.warn({ event: 'queue-full' });
      else parts.log.info({ event: 'queue-has-room' });
    },
    /** Until the queue is full at the rate of the last days, ms; undefined when it does not grow. */
    queueFullIn(ms: number | undefined): void {
      queueFullInMs = ms;
    },
    queueDropped: (count: number) => queueDropped.inc(count),
    /** Counted each time, and said now and then. */
    eventsDropped(recipient: string, count: number): void {
      eventsDropped.inc(count);
      if (performance.now() - eventsDroppedSaidAt < EVENTS_DROPPED_SAY_MS) return;
      eventsDroppedSaidAt = performance.now();
      parts.log.warn({ event: 'events-dropped', recipient, count });
    },
    fault(code: string): void {
      faults.inc({ code });
      parts.log.error({ event: 'fault', code });
    },
    radio(event: string, fields: Readonly<Record<string, string | number | boolean>>): void {
      radio.inc({ event }, event === DROPPED ? Number(fields.count) : 1);
      if (event === 'radio-unwell') radioTrouble = 'radio-unwell';
      else if (event === 'radio-dead') radioTrouble = event;
      else if (event === 'radio-recovered') radioTrouble = undefined;
      else if (event === 'radio-remedy') {
        remedies.inc({ step: String(fields.op), done: String(fields.state) });
      }
      if (event === 'radio-state' && typeof fields.state === 'string') radioState = fields.state;
    },
    /** The radio hears who measures; what came in another way counts no less. */
    listening: () => radioTrouble === undefined && isOn(radioState),
    checks(now: {
      db: Database;
      links: readonly { name: string; online: boolean; code?: string }[];
      tokens: readonly { code?: string }[];
      radio: boolean;
    }): Check[] {
      const store = diskTrouble ?? (now.db.open ? undefined : 'store-closed');
      return [
        { name: 'store', ok: store === undefined, ...(store ? { code: store } : {}) },
        ...queueCheck(queueFull, queueFullInMs),
        parts.clock.trusted()
          ? { name: 'clock', ok: true }
          : { name: 'clock', ok: false, code: 'clock-untrusted' },
        radioCheck(now.radio),
        ...now.links.map((link, index) => ({
          name: now.links.length === 1 ? 'broker' : `broker-${index + 1}`,
          ok: link.online && link.code === undefined,
          ...(link.online && link.code === undefined ? {} : { code: link.code ?? 'offline' }),
        })),
        ...now.tokens.map(({ code }, index) => ({
          name: now.tokens.length === 1 ? 'token' : `token-${index + 1}`,
          ok: code === undefined,
          ...(code === undefined ? {} : { code }),
        })),
        ...(certificates?.checks() ?? []),
      ];
    },
  };
}

/** Nothing is said of a queue that is short, or does not grow. */
function queueCheck(full: boolean, fullInMs: number | undefined): Check[] {
  if (full) return [{ name: 'queue', ok: false, code: 'queue-full' }];
  const days = fullInMs === undefined ? Number.POSITIVE_INFINITY : Math.ceil(fullInMs / DAY_MS);
  if (fullInMs === undefined || fullInMs > SAY_BEFORE_MS) return [];
  return [{ name: 'queue', ok: false, code: `queue-full-in-${Math.max(days, 1)}-days` }];
}

export type Health = ReturnType<typeof createHealth>;
