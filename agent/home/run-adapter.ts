import { setTimeout as delay } from 'node:timers/promises';
import type { Adapter } from '../../adapters/adapter.ts';
import type { Capture } from '../../adapters/measurement.ts';
import { codeOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** A radio that failed is started again after this, doubling up to the longest, ms. */
const ADAPTER_RETRY_MS = 1_000;
const ADAPTER_RETRY_MS_MAX = 60_000;

/** Keeps an adapter running: a fault is said and tried again (promise 8). */
export async function runAdapter(
  adapter: Adapter,
  keep: (capture: Capture) => Promise<void>,
  signal: AbortSignal,
  log: Log,
) {
  let wait = ADAPTER_RETRY_MS;
  while (!signal.aborted) {
    try {
      await adapter.run(keep, signal);
    } catch (error) {
      log.warn({ event: 'adapter-failed', op: adapter.name, code: codeOf(error) });
    }
    if (signal.aborted) return;
    await delay(wait, undefined, { signal }).catch(() => undefined);
    wait = Math.min(ADAPTER_RETRY_MS_MAX, wait * 2);
  }
}
