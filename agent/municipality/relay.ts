import {
  type EventCause,
  eventSchema,
  type Receipt,
  type SharingCause,
  statusSchema,
} from '../contract/messages.ts';
import { parseTopic, topics } from '../contract/topics.ts';
import { codeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { namesIn } from './belonging.ts';
import { envelopeId, type Judged, judgeEnvelope, kindOf } from './envelope.ts';
import type { JsonObject } from './json.ts';
import type { MunicipalityMetrics } from './metrics.ts';
import { readingsOf } from './readings.ts';
import type { RelayStore } from './relay-store.ts';
import { judgeAnswer, observationReferences, type Sink, type SinkAnswer } from './sink.ts';

/** One try to store an envelope: well under the gateway's `receiptWaitMs` (60 s), after which it repeats. */
const SINK_TIMEOUT_MS = 10_000;

/**
 * Between a gateway's status and the receipts that it has not stored: long enough for those on
 * their way to arrive, so that they are not sent twice.
 */
const RESEND_AFTER_MS = 1_000;

/** Gateway ids are `gw-` and 16 characters; recipient ids are 40 at most (config/schema.ts). */
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** What to do about it: iomt municipality move (README). */
const OF_ANOTHER = 'person-of-another-gateway';

/** Hands a message to the broker, or drops it: what matters is stored and sent again. */
export type Publish = (topic: string, payload: string) => void;

export interface RelayDeps {
  readonly store: RelayStore;
  readonly sink: Sink;
  readonly acceptSimulated: boolean;
  readonly publish: Publish;
  readonly log: Log;
  readonly metrics: MunicipalityMetrics;
}

export type Relay = ReturnType<typeof createRelay>;

/**
 * Envelopes in, receipts out. An answer leaves only after the sink's commit and our own; when either
 * fails nothing is answered, and the gateway, which still has the envelope, sends it again.
 */
export function createRelay(deps: RelayDeps) {
  const { store, log, metrics } = deps;
  /** What each gateway last said that it has, and who is due to be sent more. */
  const stored = new Map<string, number>();
  const due = new Map<string, NodeJS.Timeout>();

  function answer(gateway: string, receipts: readonly (Receipt | undefined)[]): void {
    for (const receipt of receipts) {
      if (receipt) deps.publish(topics.receipts(gateway), JSON.stringify(receipt));
    }
  }

  /** Takes one message of a contract topic. Settles when it is dealt with; never throws. */
  async function take(topic: string, payload: Uint8Array): Promise<void> {
    const parts = parseTopic(topic);
    if (!parts || !NAME.test(parts.gateway)) return;
    const { gateway, leaf, recipient } = parts;
    try {
      if (leaf === 'observations' && recipient !== undefined && NAME.test(recipient)) {
        await takeEnvelope({ gateway, recipient }, payload);
      } else if (leaf === 'status' && recipient === undefined) {
        takeStatus(gateway, payload);
      } else if (leaf === 'events' && recipient !== undefined) {
        takeEvent(gateway, payload);
      }
    } catch (error) {
      // Our own store failed: unanswered, and so repeated.
      log.warn({ event: 'relay-failed', code: codeOf(error), gateway });
    }
  }

  async function takeEnvelope(
    from: { gateway: string; recipient: string },
    payload: Uint8Array,
  ): Promise<void> {
    const { gateway } = from;
    const judged = judgeEnvelope(payload, deps);
    if (judged.as === 'unreadable') {
      metrics.unreadable.inc();
      log.warn({ event: 'envelope-unreadable', gateway, bytes: payload.byteLength });
      return;
    }
    if (judged.as === 'envelope' && !store.belonging.claim({ gateway, ...aboutOf(judged) })) {
      return refuse('envelope-rejected', judged.id, gateway);
    }
    if (store.known(judged.id)) {
      answer(gateway, store.answerAgain(judged.id, gateway));
      metrics.envelopes.inc({ state: 'repeated' });
      return;
    }
    if (judged.as === 'rejected') return reject(from, judged);
    const { id, bundle, kind } = judged;
    const result = await ask(new TextDecoder().decode(payload));
    if (result.as === 'unavailable') return;
    if (result.as === 'rejected') return reject(from, { id, reason: result.reason });
    const readings = readingsOf(bundle);
    const accepted = { id, kind, ...from, stored: result.references, readings };
    answer(gateway, [store.accept(accepted)]);
    metrics.envelopes.inc({ state: kind === 'retraction' ? 'retracted' : 'received' });
  }

  function reject(
    from: { gateway: string; recipient: string },
    refused: Pick<Extract<ReturnType<typeof judgeEnvelope>, { as: 'rejected' }>, 'id' | 'reason'>,
  ): void {
    const { id, reason } = refused;
    answer(from.gateway, [store.reject({ ...from, id, reason })]);
    metrics.envelopes.inc({ state: 'rejected' });
    log.warn({ event: 'envelope-rejected', gateway: from.gateway, because: reason });
  }

  /** It is about a person of another gateway. */
  function refuse(
    event: 'envelope-rejected' | 'notice-rejected',
    id: string,
    gateway: string,
  ): void {
    answer(gateway, store.refuse(id, gateway, OF_ANOTHER));
    metrics.ofAnother.inc();
    log.warn({ event, gateway, because: OF_ANOTHER });
  }

  async function ask(text: string): Promise<SinkAnswer> {
    try {
      const answered = await deps.sink.transaction(text, AbortSignal.timeout(SINK_TIMEOUT_MS));
      const judged = judgeAnswer(answered);
      if (judged.as === 'unavailable') unavailable({ status: answered.status });
      return judged;
    } catch (error) {
      unavailable({ code: codeOf(error) });
      return { as: 'unavailable' };
    }
  }

  function unavailable(why: { status: number } | { code: string }): void {
    metrics.sinkUnavailable.inc();
    log.warn({ event: 'sink-unavailable', ...why });
  }

  function takeStatus(gateway: string, payload: Uint8Array): void {
    const status = statusSchema.safeParse(readJson(payload));
    if (!status.success || !status.data.online) return;
    stored.set(gateway, status.data.receiptSeq);
    if (due.has(gateway) || store.receiptsAfter(gateway, status.data.receiptSeq).length === 0)
      return;
    due.set(
      gateway,
      setTimeout(() => resend(gateway), RESEND_AFTER_MS),
    );
  }

  function resend(gateway: string): void {
    due.delete(gateway);
    try {
      answer(gateway, store.receiptsAfter(gateway, stored.get(gateway) ?? 0));
    } catch (error) {
      log.warn({ event: 'relay-failed', code: codeOf(error), gateway });
    }
  }

  /**
   * Counted by kind and cause only; who and what are kept of sharing alone, which is answered, since it
   * is told until it is.
   */
  function takeEvent(gateway: string, payload: Uint8Array): void {
    const event = eventSchema.safeParse(readJson(payload));
    if (!event.success) return;
    const { id, kind, cause, at, person, seq } = event.data;
    if (kind === 'sharing' && isSharing(cause) && person !== undefined && seq !== undefined) {
      if (!store.belonging.claim({ gateway, persons: [person] })) {
        refuse('notice-rejected', id, gateway);
        return;
      }
      answer(gateway, store.acceptSharing(id, gateway, { person, seq, cause, at }));
    }
    metrics.events.inc({ kind, cause });
  }

  /**
   * Remembers an envelope that was POSTed to the FHIR base, which has committed it. Throws when it
   * cannot: then the POST fails and is repeated.
   */
  function posted(bundle: JsonObject, response: JsonObject): void {
    const id = envelopeId(bundle);
    const readings = readingsOf(bundle);
    if (id === undefined || readings.length === 0 || store.known(id)) return;
    const kind = kindOf(bundle);
    store.accept({ id, kind, stored: observationReferences(response), readings });
    metrics.envelopes.inc({ state: kind === 'retraction' ? 'retracted' : 'received' });
  }

  /** A nurse has read a line of the desk: stored, then told to the home. False when there was nothing to do. */
  function read(row: number): boolean {
    const told = store.markRead(row);
    if (told) answer(told.gateway, [told.receipt]);
    return told !== undefined;
  }

  return {
    take,
    posted,
    read,
    close: () => {
      for (const timer of due.values()) clearTimeout(timer);
    },
  };
}

/** A new one changes nothing that is here: a device that two boxes read tells both the same. */
const aboutOf = ({ bundle, kind }: Extract<Judged, { as: 'envelope' }>) => ({
  persons: readingsOf(bundle).map(({ person }) => person),
  names: namesIn(bundle),
  isChange: kind !== 'new',
});

const isSharing = (cause: EventCause): cause is SharingCause =>
  cause === 'consent-paused' || cause === 'consent-resumed' || cause === 'consent-ended';

function readJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}
