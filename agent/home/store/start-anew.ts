import { setTimeout as delay } from 'node:timers/promises';
import type { Keep } from '../../../adapters/adapter.ts';
import type { Capture } from '../../../adapters/measurement.ts';

/** Between two starts, ms: a disk that gives back nonsense at once again is not worn out by it. */
const PAUSE_MS = 2_000;

interface Running {
  readonly keep: Keep;
  /** Handed over and not on disk. */
  unkept(): readonly Capture[];
  stop(): Promise<void>;
}

/**
 * Runs the gateway until `ended`, and starts it anew when its store turns out to be damaged while it
 * runs: the start sets the file aside. What had been handed over and was not on disk goes into the
 * new store (promise 1). Fulfils with how to stop it; rejects when a start fails.
 */
export async function keepRunning(parts: {
  readonly start: (how: { suspect: boolean; onDamage: () => void }) => Promise<Running>;
  readonly ended: Promise<unknown>;
  readonly pauseMs?: number;
}): Promise<() => Promise<void>> {
  const { start, ended, pauseMs = PAUSE_MS } = parts;
  let carried: readonly Capture[] = [];
  for (let suspect = false; ; suspect = true) {
    const damage = Promise.withResolvers<'damage'>();
    const running = await start({ suspect, onDamage: () => damage.resolve('damage') });
    // One whose device is lost has nowhere to go.
    for (const capture of carried) void running.keep(capture).catch(() => undefined);
    if ((await Promise.race([ended, damage.promise])) !== 'damage') return running.stop;
    carried = running.unkept();
    await running.stop();
    await delay(pauseMs);
  }
}
