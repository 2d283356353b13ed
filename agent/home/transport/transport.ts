import type { Receipt } from '../../contract/messages.ts';

/** One reading for one recipient, ready to leave: made once, as text. */
export interface Envelope {
  /** UUID; names the envelope in receipts. Stable over retries and restarts. */
  readonly id: string;
  readonly recipient: string;
  /** FHIR R4 Bundle of type transaction, JSON text, at most ENVELOPE_BYTES_MAX. */
  readonly body: string;
  /** So many readings joined into one transaction: at most JOINED_BYTES_MAX then. */
  readonly joins?: number;
}

/** Largest joined backlog, in bytes of UTF-8: FHIR servers commonly take a megabyte. */
export const JOINED_BYTES_MAX = 512 * 1024;

/** Not now: try again later. */
export type DeferredBecause =
  /** There was no connection: nothing left. */
  | 'offline'
  | 'timeout'
  | 'no-subscriber'
  | 'busy'
  | 'unavailable'
  | 'unauthorised'
  /** No encrypted connection: one side does not trust the other's certificate. Nothing left. */
  | 'untrusted'
  | 'garbage'
  | 'cancelled';

/** Never: shown to a person, not retried. */
export type RejectedBecause =
  | 'too-large'
  | 'invalid'
  | 'ambiguous-at-receiver'
  | 'not-found'
  | 'conflict'
  | 'gone';

export type Delivery =
  /** MQTT: the broker has it, which means sent. HTTPS: the answer is the receipt. */
  | { readonly outcome: 'delivered'; readonly receipt?: Omit<Receipt, 'v' | 'seq'> }
  | {
      readonly outcome: 'deferred';
      readonly because: DeferredBecause;
      readonly retryAfterMs?: number;
    }
  | { readonly outcome: 'rejected'; readonly because: RejectedBecause };

/**
 * A way out, one per recipient. `deliver` asks `mayLeave` in the very step in which the first byte
 * goes to the socket, also where it had to wait for a connection or a token; a no settles with
 * `deferred`, and nothing leaves. Until then the signal takes it back. It never throws and always
 * settles, at the latest after its own timeout.
 * After `close`, or when the signal aborts, it settles with `deferred`. The contract test holds for all.
 */
export interface Transport {
  readonly name: string;
  /** So many readings may be joined into one envelope; then one envelope at a time is handed over. */
  readonly joinMax?: number;
  /** How many envelopes may be handed over now; absent: any number. */
  capacity?(): number;
  /** Several handed over in one step are on the socket when this returns, not before. */
  flush?(): void;
  deliver(
    envelope: Envelope,
    signal: AbortSignal,
    /** Asks consent. Once it was asked and said yes, some of the envelope has left. */
    mayLeave?: () => boolean,
  ): Promise<Delivery>;
  close(): Promise<void>;
}
