import type { Note } from '../../adapter.ts';

/** Something that can be done for a radio that does not work. Rejects where it cannot be done. */
export interface Remedy {
  readonly name: 'power-cycle' | 'restart-service' | 're-authorise';
  run(): Promise<void>;
}

export interface RecoveryLimits {
  /** How long discovery is started anew, which the scanner does by itself, before the first remedy. */
  readonly patienceMs: number;
  /** Between two remedies: bluetoothd and an adapter need some seconds to come back. */
  readonly stepMs: number;
  /** After the last one: the radio is said to be dead, and all are tried again this much later. */
  readonly againMs: number;
}

export const RECOVERY: RecoveryLimits = {
  patienceMs: 30_000,
  stepMs: 60_000,
  againMs: 15 * 60_000,
};

export interface Recovery {
  /** The adapter took a start of discovery. In a quiet home that is the only sign of life there is. */
  well(): void;
  /** It did not, or has no power, or is gone. May be said any number of times. */
  unwell(code: string): void;
  stop(): void;
}

/**
 * The ladder of a radio that does not work (promise 8), gentlest remedy first; each step is noted.
 * It begins only with a refusal or silence of the adapter itself, never because nobody measured.
 */
export function createRecovery(options: {
  readonly remedies: readonly Remedy[];
  readonly note: Note;
  readonly limits?: RecoveryLimits;
}): Recovery {
  const { remedies, note, limits = RECOVERY } = options;
  let since: number | undefined;
  let step = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const after = (ms: number) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void climb(), ms);
  };

  async function climb(): Promise<void> {
    const remedy = remedies[step];
    if (!remedy) {
      note('radio-dead', { ms: msSince() });
      step = 0;
      after(limits.againMs);
      return;
    }
    step += 1;
    const began = since;
    const done = await remedy.run().then(
      () => true,
      () => false,
    );
    note('radio-remedy', { op: remedy.name, state: done });
    // What cannot be done here needs no time to work.
    if (since === began && since !== undefined) after(done ? limits.stepMs : 0);
  }

  const msSince = () => (since === undefined ? 0 : Math.round(performance.now() - since));

  return {
    well() {
      if (since === undefined) return;
      clearTimeout(timer);
      note('radio-recovered', { ms: msSince() });
      since = undefined;
      step = 0;
    },
    unwell(code) {
      if (since !== undefined || stopped) return;
      since = performance.now();
      note('radio-unwell', { code });
      after(limits.patienceMs);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
