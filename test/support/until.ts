import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition; the only judgement is a generous end. @throws Error naming what did not come. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  msMax = 60_000,
): Promise<void> {
  const end = performance.now() + msMax;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`did not come: ${what}`);
    await sleep(5);
  }
}
