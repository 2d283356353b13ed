import type { Capture } from '../../measurement.ts';
import { GLUCOSE_CONTEXT, GLUCOSE_MEASUREMENT, RECORD_ACCESS } from './health-services.ts';

/** Flag of a glucose measurement: its context follows in a frame of its own. */
const CONTEXT_FOLLOWS = 0x10;

/**
 * Hands a glucose measurement over after its context, so that both become one reading before
 * anything is sent. In the order in which the measurements came, so that the last one kept tells
 * where to go on; a meter keeps its records, so a few seconds in memory lose none.
 */
export function createContextHold(hand: (capture: Capture) => void, waitMs: number) {
  const held: Capture[] = [];
  const awaited = new Set<number>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function release(): void {
    while (held[0] && !awaited.has(sequenceOf(held[0]))) hand(held.shift() as Capture);
    if (held.length > 0) return;
    clearTimeout(timer);
    timer = undefined;
  }

  /** No context will come, or not in time. */
  function flush(): void {
    awaited.clear();
    release();
  }

  return {
    take(capture: Capture): void {
      const { source } = capture;
      const uuid = 'characteristic' in source ? source.characteristic : undefined;
      if (uuid === GLUCOSE_MEASUREMENT) {
        if (((capture.bytes[0] ?? 0) & CONTEXT_FOLLOWS) !== 0) awaited.add(sequenceOf(capture));
        held.push(capture);
        release();
        if (held.length > 0) timer ??= setTimeout(flush, waitMs);
        return;
      }
      if (uuid === RECORD_ACCESS) flush();
      hand(capture);
      if (uuid === GLUCOSE_CONTEXT) {
        awaited.delete(sequenceOf(capture));
        release();
      }
    },
    flush,
  };
}

export type ContextHold = ReturnType<typeof createContextHold>;

/** At the same place in both frames. */
const sequenceOf = ({ bytes }: Capture) => (bytes[1] ?? 0) | ((bytes[2] ?? 0) << 8);
