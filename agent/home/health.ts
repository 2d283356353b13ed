import type { Clock } from '../clock.ts';
import type { Check } from '../http.ts';
import type { Log } from '../log.ts';
import type { Database } from '../store.ts';
import type { Committer } from './journal/committer.ts';
import type { Links } from './links.ts';
import type { Figure } from './metrics.ts';
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
  const figures: Figure[] = [];
  const gauge = (name: string, help: string, read: () => number) =>
    void figures.push({ kind: 'gauge', name, help, labels: [], read: () => [[{}, read()]] });
  /** Counts without prom-client, which a home does without until somebody asks for `/metrics`. */
  function counter(name: string, help: string, labels: readonly string[] = []) {
    const counts = new Map<string, number>(labels.length === 0 ? [['[]', 0]] : []);
    const labelled = (of: string) =>
      Object.fromEntries((JSON.parse(of) as string[]).map((value, at) => [labels[at], value]));
    const read = () => [...counts].map(([of, count]) => [labelled(of), count] as const);
    figures.push({ kind: 'counter', name, help, labels, read });
    return (count: number, ...of: readonly string[]) => {
      const key = JSON.stringify(of);
      counts.set(key, (counts.get(key) ?? 0) + count);
    };
  }
  const captures = counter('iomt_captures_total', 'Captures on disk');
  const unreadable = counter('iomt_frames_unreadable_total', 'Frames that gave no value', [
    'because',
  ]);
  const radio = counter('iomt_radio_events_total', 'Notes of the radio', ['event']);
  const remedies = counter(
    'iomt_radio_remedies_total',
    'Steps taken to mend the radio, and whether they could be taken',
    ['step', 'done'],
  );
  gauge('iomt_radio_listening', '1 while the adapter is on and takes discovery', () =>
    radioTrouble === undefined && isOn(radioState) ? 1 : 0,
  );
  const faults = counter('iomt_faults_total', 'Faults of the program', ['code']);
  gauge('iomt_clock_trusted', '1 while the clock is synchronised', () =>
    parts.clock.trusted() ? 1 : 0,
  );
  let certificates: Certificates | undefined;
  let diskTrouble: string | undefined;
  const queueDropped = counter(
    'iomt_queue_dropped_total',
    'Deliveries given up at the limit of the queue, as configured',
  );
  const eventsDropped = counter(
    'iomt_events_dropped_total',
    'Technical events given up because their recipient was away for too long',
  );
  let queueFull = false;
  /** Until the queue is full at its rate of growth, ms; it does not grow when undefined. */
  let queueFullInMs: number | undefined;
  let eventsDroppedSaidAt = Number.NEGATIVE_INFINITY;
  let radioState = 'unknown';
  let radioTrouble: string | undefined;

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
    /** For `/metrics`. */
    figures,
    /** Shows what others count. */
    watch(others: {
      readonly commits: Committer['stats'];
      readonly links: () => number;
      readonly certificates: Certificates;
    }): void {
      certificates = others.certificates;
      figures.push({
        kind: 'gauge',
        name: 'iomt_certificate_expiry_timestamp_seconds',
        help: 'When a certificate ends: the own one, or the last of the authorities trusted',
        labels: ['recipient', 'file'],
        read: () =>
          others.certificates
            .ends()
            .map(({ recipient, setting, endsAt }) => [{ recipient, file: setting }, endsAt / 1000]),
      });
      gauge(
        'iomt_commit_wait_max_seconds',
        'Longest wait of a capture for its commit since the start: on BlueZ its device was confirmed before',
        () => others.commits.waitMsMax / 1000,
      );
      gauge('iomt_commits', 'Commit groups written since the start', () => others.commits.groups);
      gauge('iomt_radio_links', 'Visits to devices under way', others.links);
    },
    captured: () => captures(1),
    unreadable: (because: string) => unreadable(1, because),
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
    queueDropped: (count: number) => queueDropped(count),
    /** Counted each time, and said now and then. */
    eventsDropped(recipient: string, count: number): void {
      eventsDropped(count);
      if (performance.now() - eventsDroppedSaidAt < EVENTS_DROPPED_SAY_MS) return;
      eventsDroppedSaidAt = performance.now();
      parts.log.warn({ event: 'events-dropped', recipient, count });
    },
    fault(code: string): void {
      faults(1, code);
      parts.log.error({ event: 'fault', code });
    },
    radio(event: string, fields: Readonly<Record<string, string | number | boolean>>): void {
      radio(event === DROPPED ? Number(fields.count) : 1, event);
      if (event === 'radio-unwell') radioTrouble = 'radio-unwell';
      else if (event === 'radio-dead') radioTrouble = event;
      else if (event === 'radio-recovered') radioTrouble = undefined;
      else if (event === 'radio-remedy') {
        remedies(1, String(fields.op), String(fields.state));
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
