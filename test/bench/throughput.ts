import { setTimeout as sleep } from 'node:timers/promises';
import { PLX_SPOT_CHECK } from './frames.ts';
import type { Receiver } from './receiver.ts';
import type { Subject } from './subject.ts';

const LOOK_MS = 5;

/**
 * Feeds so many readings as fast as they are kept, and fulfils when the receipt of each is stored
 * (which is what delivered means), with the time that took, ms.
 */
export async function deliverBurst(
  subject: Subject,
  receiver: Receiver,
  count: number,
): Promise<number> {
  const before = receiver.received;
  const from = performance.now();
  await subject.feeder.burst(PLX_SPOT_CHECK, subject.frames(count));
  await receiver.until(before + count);
  while ((await subject.open()) > 0) await sleep(LOOK_MS);
  return performance.now() - from;
}
