import type { Keep } from '../adapter.ts';
import type { Capture } from '../measurement.ts';
import type { ContextHold } from './procedures/context-hold.ts';
import type { Procedure } from './proprietary/procedure.ts';
import type { Stay } from './stay.ts';

/** What is known of a visit while it lasts. */
export interface Visit {
  readonly address: string;
  readonly session: string;
  readonly keep: Keep;
  readonly stay: Stay;
  readonly hold: ContextHold;
  readonly pending: Set<Promise<void>>;
  readonly abort: AbortController;
  readonly begunAt: number;
  connected: boolean;
  brought: number;
  /** When a value came last, by the gateway's clock. */
  lastAt: number;
  stream: boolean;
  /** Its maker's own procedure: what that hears is no capture of its own. */
  own: Procedure | undefined;
  /** What came that its own procedure tells too, until it is known whether it may. */
  readonly doubles: Capture[];
  /** It broke off while its memory was being read, or gave less than it counted. */
  incomplete: boolean;
  /** Since when it waits for a measurement, by the gateway's clock. */
  openSince: number | undefined;
}
