import type { RecipientConfig } from '../../../config/schema.ts';
import type { Clock } from '../../clock.ts';
import type { Receipt } from '../../contract/messages.ts';
import { codeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { ConsentDecision } from '../consent/decide.ts';
import type { Committer } from '../journal/committer.ts';
import type { DeferredBecause, Delivery, Transport } from '../transport/transport.ts';
import type { Deliveries, DeliveryRow, DeliveryState } from './deliveries.ts';

/** Looks again at least this often, also when nothing woke it, ms of real time. */
const LOOK_MS = 1_000;
/** The same while nothing waits: a home is quiet most of the day. */
const LOOK_IDLE_MS = 10_000;

/** Nothing of this recipient's would fare better: none is tried until the way had a rest. */
const WAY_DOWN: ReadonlySet<DeferredBecause> = new Set(['offline', 'unauthorised']);

export interface OutboxLimits {
  readonly inFlightMax: number;
  readonly receiptWaitMs: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
}

/** Back-off before the next try, ms: doubles, bounded, with jitter so that a fleet does not return in one second. */
export function backoffMs(attempt: number, limits: OutboxLimits, random: () => number): number {
  const full = Math.min(limits.retryMaxMs, limits.retryMinMs * 2 ** Math.min(attempt, 20));
  return Math.round(full * (0.5 + random() / 2));
}

const STATE_OF_RECEIPT: Record<Receipt['state'], DeliveryState> = {
  received: 'received',
  read: 'read',
  rejected: 'rejected',
  retracted: 'received',
};

/**
 * Sends what is queued, one lane per recipient. An envelope is kept until a receipt names it; after
 * `receiptWaitMs` it is sent again. Consent is asked in the same step as the hand-over to the socket.
 * Network waits use real time; records use the injected clock.
 */
export function createOutbox(parts: {
  readonly recipients: readonly Pick<RecipientConfig, 'id'>[];
  readonly transports: ReadonlyMap<string, Transport>;
  readonly deliveries: Deliveries;
  readonly committer: Committer;
  readonly clock: Clock;
  readonly limits: OutboxLimits;
  readonly log: Log;
  readonly realNow: () => number;
  readonly random: () => number;
  /** Asks consent for a delivery, now. */
  readonly ask: (row: DeliveryRow) => ConsentDecision;
  /** The envelope's text; undefined when its reading is gone. */
  readonly body: (row: DeliveryRow) => string | undefined;
}) {
  const { deliveries, committer, clock, limits, log, realNow } = parts;
  /** Envelopes past the hand-over whose transport has not settled, by id, and how to call them back. */
  const inFlight = new Map<
    string,
    { readonly row: DeliveryRow; readonly abort: AbortController }
  >();
  /** Settled, but the new state is not on disk yet: still `queued` there, and not to be sent again. */
  const settling = new Set<string>();
  /** Accepted by the transport and not answered: whose, and since when, real ms. */
  const unanswered = new Map<string, { readonly recipient: string; readonly at: number }>();
  /** Ways out that were down: not tried before that real instant, ms, after so many tries in vain. */
  const rests = new Map<string, { readonly until: number; readonly tries: number }>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function wake(): void {
    if (stopped) return;
    guarded(callBack);
    for (const { id } of parts.recipients) guarded(() => fill(id));
    clearTimeout(timer);
    timer = setTimeout(look, hasWork() ? LOOK_MS : LOOK_IDLE_MS);
  }

  function hasWork(): boolean {
    try {
      return inFlight.size + settling.size + unanswered.size > 0 || deliveries.hasOpen();
    } catch {
      return true;
    }
  }

  function look(): void {
    for (const { id } of parts.recipients) guarded(() => requeueUnanswered(id));
    wake();
  }

  /** The disk does not answer: what waits is looked for again. */
  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      log.error({ event: 'outbox-not-read', code: codeOf(error) });
    }
  }

  /** Consent ended on the way: what still waits for a connection inside a transport stays home. */
  function callBack(): void {
    for (const { row, abort } of inFlight.values()) {
      if (!decisionOf(row).allowed) abort.abort();
    }
  }

  /** Taking back, without values, goes to who may hold the reading, whatever the permission says now. */
  function decisionOf(row: DeliveryRow): ConsentDecision {
    return row.action === 'retraction' ? { allowed: true, consent: 'taking-back' } : parts.ask(row);
  }

  /** Away as long as its last tries failed; a real clock that was set back shortens it. */
  function isResting(recipient: string): boolean {
    const wait = (rests.get(recipient)?.until ?? 0) - realNow();
    return wait > 0 && wait <= limits.retryMaxMs;
  }

  // Sent before a restart and not answered: sent again before anything new.
  for (const { id: recipient } of parts.recipients) {
    for (const { id } of deliveries.sent(recipient)) {
      unanswered.set(id, { recipient, at: Number.NEGATIVE_INFINITY });
    }
    // Those at the head of the queue may have been handed over just before a crash, unrecorded:
    // should one be taken back before it is sent again, the recipient must be told.
    committer.ride(() => deliveries.doubt(recipient, limits.inFlightMax));
  }

  /** Past the hand-over and without an answer: what withdrawal of consent can no longer stop. */
  function lane(recipient: string): number {
    let count = 0;
    for (const { row } of inFlight.values()) if (row.recipient === recipient) count += 1;
    for (const one of unanswered.values()) if (one.recipient === recipient) count += 1;
    return count;
  }

  function fill(recipient: string): void {
    const transport = parts.transports.get(recipient);
    const room = limits.inFlightMax - lane(recipient);
    if (!transport || room <= 0 || isResting(recipient)) return;
    const busy = inFlight.size + settling.size + unanswered.size;
    const rows = deliveries.due(recipient, realNow(), busy + room);
    const fresh = rows.filter((row) => !inFlight.has(row.id) && !settling.has(row.id));
    for (const row of fresh.slice(0, room)) {
      // A row that cannot be read must not stop the others.
      guarded(() => {
        if (!isOvertaking(row)) send(row, transport);
      });
    }
  }

  /** A reading's envelopes go one after another: a correction that is late must not undo a taking back. */
  function isOvertaking(row: DeliveryRow): boolean {
    for (const { row: other } of inFlight.values()) {
      if (other.reading === row.reading && other.recipient === row.recipient) return true;
    }
    return deliveries.hasEarlier(row);
  }

  /** Writes what became of an envelope with the next sync. */
  function record(row: DeliveryRow, write: (now: DeliveryRow) => void): void {
    settling.add(row.id);
    let isLate = false;
    committer.ride(
      () => {
        // Meanwhile a receipt or a decision may have moved it.
        const now = deliveries.get(row.id);
        isLate = now?.state !== 'queued';
        if (now && !isLate) write(now);
      },
      () => {
        settling.delete(row.id);
        // The receipt came before the transport's own answer.
        if (isLate) unanswered.delete(row.id);
      },
    );
  }

  /** The envelope's text, or what to do without it. */
  function textOf(row: DeliveryRow): string | { state: DeliveryState; because: string } | 'later' {
    try {
      return parts.body(row) ?? { state: 'withdrawn', because: 'removed' };
    } catch (error) {
      const code = codeOf(error);
      log.error({ event: 'envelope-not-made', recipient: row.recipient, code });
      // A disk that does not answer will; a reading that has no envelope is shown, and stops no other.
      return code.startsWith('SQLITE_') ? 'later' : { state: 'rejected', because: 'not-made' };
    }
  }

  function send(row: DeliveryRow, transport: Transport): void {
    const decision = decisionOf(row);
    if (!decision.allowed) {
      const { because } = decision;
      record(row, (now) => deliveries.move(now, { state: 'withheld', because }, clock.now()));
      return;
    }
    const body = textOf(row);
    if (body === 'later') return;
    if (typeof body !== 'string') {
      record(row, (now) => deliveries.move(now, body, clock.now()));
      return;
    }
    const abort = new AbortController();
    inFlight.set(row.id, { row, abort });
    // Asked above and handed over here: one step, nothing between.
    const envelope = { id: row.id, recipient: row.recipient, body };
    const mayLeave = () => decisionOf(row).allowed;
    const settled = transport.deliver(envelope, abort.signal, mayLeave);
    settled.then(
      (answer) => settle(row, answer, decision.consent),
      () => settle(row, { outcome: 'deferred', because: 'unavailable' }, decision.consent),
    );
  }

  /** A way out that is down is left alone for a while: each try costs the disk a write. */
  function judgeWay(recipient: string, isDown: boolean): void {
    if (!isDown) rests.delete(recipient);
    else if (!isResting(recipient)) {
      const tries = (rests.get(recipient)?.tries ?? 0) + 1;
      rests.set(recipient, { tries, until: realNow() + backoffMs(tries, limits, parts.random) });
    }
  }

  function settle(row: DeliveryRow, answer: Delivery, permission: string): void {
    inFlight.delete(row.id);
    const at = clock.now();
    judgeWay(row.recipient, answer.outcome === 'deferred' && WAY_DOWN.has(answer.because));
    if (answer.outcome === 'delivered' && answer.receipt) {
      settling.add(row.id);
      const stored = store({ ...answer.receipt, id: row.id });
      void stored.catch(() => undefined).then(() => settling.delete(row.id));
      return;
    }
    if (answer.outcome === 'delivered') {
      unanswered.set(row.id, { recipient: row.recipient, at: realNow() });
      record(row, (now) => deliveries.move(now, { state: 'sent', permission }, at));
    } else if (answer.outcome === 'rejected') {
      const { because } = answer;
      log.warn({ event: 'delivery-rejected', recipient: row.recipient, because });
      record(row, (now) => deliveries.move(now, { state: 'rejected', because }, at));
    } else {
      const wait = answer.retryAfterMs ?? backoffMs(row.attempts, limits, parts.random);
      const notBefore = realNow() + wait;
      record(row, (now) => deliveries.defer(now, answer.because, notBefore, at));
    }
    setImmediate(wake);
  }

  function requeueUnanswered(recipient: string): void {
    const late = realNow() - limits.receiptWaitMs;
    for (const row of deliveries.sent(recipient)) {
      const { at = Number.NEGATIVE_INFINITY } = unanswered.get(row.id) ?? {};
      // Later than now: the machine's clock was set back meanwhile.
      if (at > late && at <= realNow()) continue;
      if (inFlight.has(row.id) || settling.has(row.id)) continue;
      settling.add(row.id);
      // At once the first time; then the others have their turn between.
      const wait = row.attempts === 0 ? 0 : backoffMs(row.attempts, limits, parts.random);
      const notBefore = realNow() + wait;
      committer.ride(
        () => deliveries.requeue(row, notBefore),
        () => {
          settling.delete(row.id);
          unanswered.delete(row.id);
        },
      );
    }
  }

  /**
   * Stores a receipt, with `advance` in the same commit; fulfils when it is on disk, for which it
   * waits. Only then the delivery counts as delivered.
   */
  async function store(
    receipt: Pick<Receipt, 'id' | 'state' | 'reason'>,
    advance?: () => void,
  ): Promise<void> {
    await committer.keep(() => {
      advance?.();
      const row = deliveries.get(receipt.id);
      if (!row) return;
      const state = STATE_OF_RECEIPT[receipt.state];
      // A late `received` must not undo `read`.
      if (row.state === 'read' && state === 'received') return;
      // What is held there stays held, whatever a repeat of it was answered: it may be taken back.
      if (state === 'rejected' && (row.state === 'received' || row.state === 'read')) return;
      deliveries.move(row, { state, because: receipt.reason }, clock.now());
    });
    unanswered.delete(receipt.id);
    setImmediate(wake);
  }

  return {
    /** Something was queued, or a permission changed. */
    wake,
    /** A way out came back. */
    online(): void {
      rests.clear();
      wake();
    },
    store,
    inFlight: (envelope: string) => inFlight.has(envelope) || unanswered.has(envelope),
    /** Envelopes now past the hand-over and unsettled. */
    inFlightCount: () => inFlight.size,
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      for (const { abort } of inFlight.values()) abort.abort();
      for (const transport of new Set(parts.transports.values())) await transport.close();
    },
  };
}

export type Outbox = ReturnType<typeof createOutbox>;
