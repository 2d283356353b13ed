import type { Note } from '../../adapter.ts';
import type { BleLink } from '../radio/radio.ts';

export interface ProcedureLimits {
  /** Longest wait for one answer, or for the next part of one, ms. */
  readonly answerWaitMs: number;
  /** One request is made so often at most before the rest is left for another visit. */
  readonly answerTries: number;
}

export const PROCEDURE_LIMITS: ProcedureLimits = { answerWaitMs: 5_000, answerTries: 2 };

export interface ProcedureDeps {
  readonly link: BleLink;
  /** Hands over what the device said, under the characteristic by which it is read again later. */
  readonly take: (service: string, characteristic: string, bytes: Uint8Array) => void;
  readonly signal: AbortSignal;
  readonly note: Note;
  readonly limits?: ProcedureLimits | undefined;
}

export interface ProcedureDone {
  /** False when something is still in the device that another visit may bring. */
  readonly complete: boolean;
  /** More comes of itself while the link is open. */
  readonly live: boolean;
  /** It sends as long as it is worn: the visit ends when it falls silent. */
  readonly stream: boolean;
}

/**
 * How a device is visited that speaks its maker's own protocol. Chosen by the device's model, never
 * by trying. It reads: no request in it changes what a device has stored. Rejects as the link does,
 * also when it goes in the middle; what was handed over by then is whole.
 */
export interface Procedure {
  /** Characteristics whose values it hears itself: they are no captures of their own. */
  readonly hears: ReadonlySet<string>;
  /**
   * Standard characteristics that tell what it reads too: one measurement must not come in two ways,
   * whose bytes differ. They count only where the device refuses to be read so.
   */
  readonly doubles?: ReadonlySet<string>;
  /** A standard service by which the same measurements come: where it is offered this is left out. */
  readonly yieldsTo?: string;
  visit(deps: ProcedureDeps): Promise<ProcedureDone>;
}
