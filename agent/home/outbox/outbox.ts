import type { RecipientConfig } from '../../../config/schema.ts';
import type { Clock } from '../../clock.ts';
import type { Receipt } from '../../contract/messages.ts';
import { codeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { ConsentDecision } from '../consent/decide.ts';
import type { Committer } from '../journal/committer.ts';
import type { Delivery, Transport } from '../transport/transport.ts';
import type { Deliveries, DeliveryRow } from './deliveries.ts';
import { createFlights, type Flight } from './flights.ts';
import { onceATurn } from './once-a-turn.ts';
import {
  createRoutes,
  type Going,
  type JoinedBody,
  type OutboxLimits,
  type Route,
  reachOf,
  STATE_OF_RECEIPT,
} from './route.ts';
import { createTexts } from './texts.ts';
import { backoffMs, type Mark } from './way.ts';

/**
 * What became of so many may wait for the disk, and so many are looked at in one go: a disk that is
 * slow, full or unreadable must not be outrun.
 */
const SETTLING_MAX = 200;
/** Envelopes that leave in one write: more wait in memory for each other, which costs more than it saves. */
const FLUSH_EVERY = 8;
/**
 * Looks again at least this often, also when nothing woke it, ms of real time; oftener where a shorter
 * wait is configured, which would else last until the next look.
 */
const LOOK_MS_MAX = 1_000;
/** The same while nothing waits: a home is quiet most of the day. */
const LOOK_IDLE_MS = 10_000;

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
  /** As many of the first as fit into one envelope, joined; undefined when fewer than two do. */
  readonly join?: (rows: readonly DeliveryRow[]) => JoinedBody | undefined;
}) {
  const { deliveries, committer, clock, limits, log, realNow } = parts;
  const lookMs = Math.min(LOOK_MS_MAX, limits.retryMinMs, limits.receiptWaitMs);
  const texts = createTexts(parts);
  // As many are looked at once more beyond those that wait for the disk, and none of either may be passed by.
  const unsettledMax = limits.inFlightMax + 2 * SETTLING_MAX;
  const flights = createFlights((row) => decisionOf(row).allowed);
  /** Settled, but the new state is not on disk yet: still `queued` there, and not to be sent again. */
  const settling = new Set<string>();
  /** Accepted by the transport and not answered: whose, and since when, real ms. */
  const unanswered = new Map<
    string,
    { readonly recipient: string; readonly at: number; readonly mark?: Mark }
  >();
  /** Receipts that wait for the disk, with the permission under which their envelope left, if that does too. */
  const answered = new Map<string, string | undefined>();
  const isBusy = (envelope: string) => flights.has(envelope) || settling.has(envelope);
  const routes = createRoutes({ ...parts, isBusy });
  /** A permission, since those on the way were asked for theirs. */
  let mayHaveEnded = false;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  /** Something was queued, or a permission changed. */
  function wake(): void {
    mayHaveEnded = true;
    goOn();
  }

  const goOn = onceATurn(() => {
    if (stopped) return;
    if (mayHaveEnded) guarded(flights.callBack);
    mayHaveEnded = false;
    for (const route of routes.values()) guarded(() => fill(route));
    clearTimeout(timer);
    timer = setTimeout(look, hasWork() ? lookMs : LOOK_IDLE_MS);
  });

  function hasWork(): boolean {
    try {
      return flights.count() + settling.size + unanswered.size > 0 || deliveries.hasOpen();
    } catch {
      return true;
    }
  }

  function look(): void {
    for (const route of routes.values()) {
      guarded(() => requeueUnanswered(route));
      route.lane.rewind();
    }
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

  /** Taking back, without values, goes to who may hold the reading, whatever the permission says now. */
  function decisionOf(row: DeliveryRow): ConsentDecision {
    return row.action === 'retraction' ? { allowed: true, consent: 'taking-back' } : parts.ask(row);
  }

  // Sent before a restart and not answered: sent again before anything new.
  for (const { id: recipient } of parts.recipients) {
    for (const { id } of deliveries.sent(recipient)) {
      unanswered.set(id, { recipient, at: Number.NEGATIVE_INFINITY });
    }
    // Those at the head of the queue may have been handed over just before a crash, unrecorded: should
    // one be taken back, or its consent end, before it is sent again, that must be told.
    committer.ride(() => deliveries.doubt(recipient, unsettledMax, realNow()));
  }

  /** Past the hand-over and without an answer: what withdrawal of consent can no longer stop. */
  function lane(recipient: string): number {
    let count = flights.countFor(recipient);
    for (const one of unanswered.values()) if (one.recipient === recipient) count += 1;
    return count;
  }

  function fill(route: Route): void {
    const { transport, way } = route;
    const busy = lane(route.id);
    const room = Math.min(limits.inFlightMax - busy, transport.capacity?.() ?? limits.inFlightMax);
    if (room <= 0 || settling.size >= SETTLING_MAX || way.isResting()) return;
    if (transport.joinMax !== undefined) {
      // One at a time: two that create the same Patient at once may create two.
      if (busy === 0)
        fillJoined(route, Math.min(room, way.isTroubled() ? 1 : route.joining.size()));
      return;
    }
    // What stays unanswered may be the first ones' fault: one of the others is always tried.
    const isScouting = way.isSilent() && limits.inFlightMax > 1;
    if (isScouting && !isUnsettled(route.scout)) {
      const scout = route.lane.scout();
      delete route.scout;
      if (scout) route.scout = scout.id;
      if (scout) guarded(() => void sendAlone(route, scout));
    }
    const heads = way.isTroubled() ? 1 - busy : room - (isScouting ? 1 : 0);
    for (let sent = 0, tried = 0; sent < heads && tried < SETTLING_MAX; tried += 1) {
      const row = way.wantsScout() ? route.lane.scout() : route.lane.next();
      if (!row) break;
      // A row that cannot be read must not stop the others.
      guarded(() => {
        if (!sendAlone(route, row)) return;
        sent += 1;
        if (sent % FLUSH_EVERY === 0) transport.flush?.();
      });
    }
    transport.flush?.();
  }

  const isUnsettled = (id: string | undefined): boolean =>
    id !== undefined && (flights.has(id) || settling.has(id) || unanswered.has(id));

  /** True when it is handed over. */
  function sendAlone(route: Route, row: DeliveryRow): boolean {
    const going = isOvertaking(row) ? undefined : allow(route, row);
    const body = going && textOf(row);
    if (going === undefined || body === undefined) return false;
    // Asked above and handed over here: one step, nothing between.
    handOver(route, [going], { id: row.id, body });
    return true;
  }

  /** Gathers what may go together, each with its own consent, and hands it over in the same step. */
  function fillJoined(route: Route, most: number): void {
    const group: Going[] = [];
    for (let tried = 0; group.length < most && tried < SETTLING_MAX; tried += 1) {
      const row = route.way.wantsScout() ? route.lane.scout() : route.lane.next();
      if (!row) break;
      // What replaces or takes back goes alone: in one transaction nothing is written twice.
      if (row.action !== 'new' && group.length > 0) break;
      const going = isOvertaking(row) ? undefined : allow(route, row);
      if (going) group.push(going);
      if (row.action !== 'new' && going) break;
    }
    const [first] = group;
    if (!first) return;
    const joined = group.length > 1 ? texts.joined(group.map(({ row }) => row)) : undefined;
    if (joined) {
      handOver(route, group.slice(0, joined.count), { ...joined, joins: joined.count });
    } else {
      const body = textOf(first.row);
      if (body !== undefined) handOver(route, [first], { id: first.row.id, body });
    }
    // Those that did not fit keep their turn.
    route.lane.rewind();
    // It had no text, and that is being written: the others need not wait.
    if (settling.has(first.row.id)) setImmediate(goOn);
  }

  /** A reading's envelopes go one after another: a correction that is late must not undo a taking back. */
  function isOvertaking(row: DeliveryRow): boolean {
    // The first envelope of a reading has none before it.
    const isFirst = row.action === 'new' && row.revision === 0;
    return flights.hasOther(row) || (!isFirst && deliveries.hasEarlier(row));
  }

  /** Writes what became of an envelope with the next sync, while it is queued. */
  function record(row: DeliveryRow, write: (now: DeliveryRow) => void): void {
    recordIf(row, () => {
      const now = deliveries.current(row);
      if (now?.state !== 'queued') return false;
      write(now);
      return true;
    });
  }

  /** `write`: false when meanwhile a receipt or a decision has moved it. */
  function recordIf(row: DeliveryRow, write: () => boolean): void {
    settling.add(row.id);
    let isLate = false;
    committer.ride(
      () => {
        isLate = !write();
      },
      () => {
        settling.delete(row.id);
        // The receipt came before the transport's own answer.
        if (isLate) unanswered.delete(row.id);
      },
    );
  }

  /** The envelope's text; where there is none, what becomes of it is written. */
  function textOf(row: DeliveryRow): string | undefined {
    const text = texts.one(row);
    if (typeof text === 'string' && text !== 'later') return text;
    if (text !== 'later') record(row, (now) => deliveries.move(now, text, clock.now()));
    return undefined;
  }

  /** Asks consent now; what it does not cover is withheld. */
  function allow({ way }: Route, row: DeliveryRow): Going | undefined {
    const decision = decisionOf(row);
    if (decision.allowed) return { row, permission: decision.consent, mark: way.mark() };
    const { because } = decision;
    record(row, (now) => deliveries.move(now, { state: 'withheld', because }, clock.now()));
    return undefined;
  }

  function handOver(
    route: Route,
    group: readonly Going[],
    envelope: { readonly id: string; readonly body: string; readonly joins?: number },
  ): void {
    const { flight, mayLeave } = flights.begin(group.map(({ row }) => row));
    const given = { ...envelope, recipient: route.id };
    const settled = route.transport.deliver(given, flight.abort.signal, mayLeave);
    settled.then(
      (answer) => settleAll(route, group, answer, flight),
      () => settleAll(route, group, { outcome: 'deferred', because: 'unavailable' }, flight),
    );
  }

  /** The answer to a transaction is each reading's answer; but refused together tells nothing of one. */
  function settleAll(
    route: Route,
    group: readonly Going[],
    answer: Delivery,
    flight: Flight,
  ): void {
    flights.end(flight);
    const { outcome } = answer;
    if (outcome === 'rejected' && group.length > 1) {
      log.warn({ event: 'joined-refused', recipient: route.id, because: answer.because });
      route.joining.refused(group.length);
      route.way.wasAccepted();
      route.lane.rewind();
    } else {
      if (outcome !== 'deferred') {
        route.way.wasAccepted();
        if (route.transport.joinMax !== undefined) {
          route.joining.settled(group.length, outcome === 'rejected');
        }
      }
      for (const going of group) settle(route, going, answer, flight);
    }
    setImmediate(goOn);
  }

  function settle(
    route: Route,
    { row, permission, mark }: Going,
    answer: Delivery,
    flight: Flight,
  ): void {
    const at = clock.now();
    if (answer.outcome === 'delivered' && answer.receipt) {
      settling.add(row.id);
      const stored = store({ ...answer.receipt, id: row.id });
      void stored.catch(() => undefined).then(() => settling.delete(row.id));
    } else if (answer.outcome === 'delivered') {
      unanswered.set(row.id, { recipient: row.recipient, at: realNow(), mark: route.way.mark() });
      recordIf(row, () => {
        if (!answered.has(row.id)) return deliveries.send(row, permission, at);
        // Its receipt is written in the same commit, if it is queued still with the permission.
        answered.set(row.id, permission);
        return false;
      });
    } else if (answer.outcome === 'rejected') {
      const { because } = answer;
      log.warn({ event: 'delivery-rejected', recipient: row.recipient, because });
      record(row, (now) => deliveries.move(now, { state: 'rejected', because }, at));
    } else {
      const { because, retryAfterMs } = answer;
      // Called back, not refused: the others in it go on at once.
      const isWay = because === 'cancelled' || route.way.failed(because, mark, retryAfterMs);
      const own = () => backoffMs(row.attempts, limits, parts.random);
      const wait = isWay ? 0 : Math.max(retryAfterMs ?? 0, own());
      const notBefore = wait === 0 ? 0 : realNow() + wait;
      const reach = reachOf(because, flight.hasLeft);
      record(row, (now) => deliveries.defer(now, because, reach, notBefore, at));
      route.lane.putOff(row.id);
    }
  }

  function requeueUnanswered({ id: recipient, way }: Route): void {
    const late = realNow() - limits.receiptWaitMs;
    for (const row of deliveries.sent(recipient)) {
      const { at = Number.NEGATIVE_INFINITY, mark } = unanswered.get(row.id) ?? {};
      // Later than now: the machine's clock was set back meanwhile.
      if (at > late && at <= realNow()) continue;
      if (isBusy(row.id)) continue;
      settling.add(row.id);
      // At once where none is answered, and the first time; then the others have their turn between.
      const isWay = way.wasSilent(mark);
      const wait = isWay || row.attempts === 0 ? 0 : backoffMs(row.attempts, limits, parts.random);
      const notBefore = wait === 0 ? 0 : realNow() + wait;
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
   * Stores a receipt, with `advance` in the same commit; fulfils when it is on disk, which costs no sync
   * of its own. Only then the delivery counts as delivered; but its place is free for another at once.
   */
  function store(
    receipt: Pick<Receipt, 'id' | 'state' | 'reason'>,
    advance?: () => void,
  ): Promise<void> {
    const { id, reason } = receipt;
    answered.set(id, answered.get(id));
    settling.add(id);
    unanswered.delete(id);
    setImmediate(goOn);
    return new Promise((resolve, reject) => {
      const write = () => {
        advance?.();
        const to = { state: STATE_OF_RECEIPT[receipt.state], because: reason };
        const row = deliveries.answer(id, { ...to, permission: answered.get(id) }, clock.now());
        if (row) routes.get(row.recipient)?.way.wasAnswered();
      };
      committer.ride(write, (error) => {
        answered.delete(id);
        settling.delete(id);
        setImmediate(goOn);
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }

  return {
    wake,
    /** A way out came back. */
    online(): void {
      for (const { way } of routes.values()) way.online();
      wake();
    },
    store,
    /** Past the hand-over, and not answered. */
    inFlight: (envelope: string) => flights.hasLeft(envelope) || unanswered.has(envelope),
    /** Handed over, or answered and that is not on disk. */
    unsettled: () => [...flights.ids(), ...settling],
    /** Envelopes now past the hand-over and unsettled. */
    inFlightCount: () => flights.count(),
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      flights.callBackAll();
      for (const transport of new Set(parts.transports.values())) await transport.close();
    },
  };
}

export type Outbox = ReturnType<typeof createOutbox>;
