import type { Keep } from '../adapter.ts';
import type { ContextHold } from './procedures/context-hold.ts';
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
  /** Characteristics that its maker's own procedure hears: no captures of their own. */
  hears: ReadonlySet<string>;
  /** It broke off while its memory was being read, or gave less than it counted. */
  incomplete: boolean;
  /** Since when it waits for a measurement, by the gateway's clock. */
  openSince: number | undefined;
}
