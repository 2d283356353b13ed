import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { type Clock, install } from '@sinonjs/fake-timers';

/** Real functions, from before they are replaced. */
const real = {
  now: performance.now.bind(performance),
  setTimeout: globalThis.setTimeout,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
};

/** While something is on the wire, virtual time runs at most so much faster than real time. */
const WIRE_SPEED = 20;
/** Further than that it runs for a ping: the other side is given up after 15 s. */
const PING_MS = 9_000;
/** Real wait for an answer between two looks, ms. */
const WIRE_LOOK_MS = 1;
/** Longest leap in one step, virtual ms, so that hooks see time pass. */
const LEAP_MS_MAX = 60_000;

/** Where this kernel tells which boot it is; each virtual boot has its own. */
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/** What a child process of a long run has instead of real time. */
export interface VirtualTime {
  /** True instant, ms UTC: what really is, whatever the machine's own clock shows. */
  trueNow(): number;
  /** Real monotonic time, ms. */
  realNow(): number;
  /** The machine's clock steps by so much, ms; timers and monotonic time stay. */
  jump(ms: number): void;
  /**
   * Runs timers one after another, as soon as nothing else is left to do, until `done`. While
   * `busy()` says that an answer is on the wire, time does not leap. `afterStep` is called after each.
   */
  run(options: {
    readonly done: () => boolean;
    readonly busy: () => 'no' | 'ping' | 'more';
    readonly afterStep: () => void;
  }): Promise<void>;
}

/**
 * Replaces the process's timers and clocks, for all that is imported afterwards: setImmediate,
 * nextTick and sockets stay real.
 * @param options.trueStart true instant of the boot, ms UTC
 * @param options.wallStart what the machine's clock shows then, ms UTC
 */
export function installVirtualTime(options: {
  readonly trueStart: number;
  readonly wallStart: number;
  readonly bootId: string;
}): VirtualTime {
  const { trueStart, wallStart, bootId } = options;
  const immediates = countImmediates();
  const clock = install({
    now: wallStart,
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'Date',
      'hrtime',
      'performance',
    ],
    ignoreMissingTimers: false,
  });
  const monotonic = () => globalThis.performance.now();
  const began = monotonic();
  os.uptime = () => (monotonic() - began) / 1_000;
  const readFileSync = fs.readFileSync;
  fs.readFileSync = ((file: fs.PathOrFileDescriptor, ...rest: [never]) =>
    file === BOOT_ID_FILE ? bootId : readFileSync(file, ...rest)) as typeof fs.readFileSync;
  // Named imports of builtin modules see the replacements only after this.
  syncBuiltinESMExports();

  async function settled(): Promise<void> {
    do await new Promise<void>((resolve) => immediates.real(resolve));
    while (immediates.pending() > 0);
  }

  /** Where the wire began to be busy: from there virtual time follows real time. */
  let wire: { readonly virtual: number; readonly real: number } | undefined;
  const wireTime = () => {
    wire ??= { virtual: monotonic(), real: real.now() };
    return clock.now + (wire.virtual - monotonic()) + (real.now() - wire.real) * WIRE_SPEED;
  };
  const idle = () => {
    wire = undefined;
    return Number.POSITIVE_INFINITY;
  };

  return {
    trueNow: () => trueStart + (monotonic() - began),
    realNow: real.now,
    jump: (ms) => clock.setSystemTime(clock.now + ms),
    async run({ done, busy, afterStep }) {
      for (;;) {
        await settled();
        if (done()) return;
        const wired = busy();
        const allowed = wired === 'no' ? idle() : wireTime() + (wired === 'ping' ? PING_MS : 0);
        if (nextTimer(clock) > allowed) {
          await new Promise((resolve) => real.setTimeout(resolve, WIRE_LOOK_MS));
          continue;
        }
        leap(clock);
        afterStep();
      }
    },
  };
}

/** To the next timer, which fires. */
function leap(clock: Clock): void {
  const next = nextTimer(clock);
  if (next - clock.now > LEAP_MS_MAX) clock.tick(LEAP_MS_MAX);
  else clock.next();
}

/** Instant of the next timer; the library has no public way to ask. */
function nextTimer(clock: Clock): number {
  const { timerHeap } = clock as unknown as {
    timerHeap?: { peek(): { callAt: number } | undefined };
  };
  return timerHeap?.peek()?.callAt ?? Number.POSITIVE_INFINITY;
}

/** Immediates that are still to run: while there are any, the process has not settled. */
function countImmediates() {
  const waiting = new Set<NodeJS.Immediate>();
  const counted = (callback: (...args: unknown[]) => void, ...args: unknown[]) => {
    const one = real.setImmediate(() => {
      waiting.delete(one);
      callback(...args);
    });
    waiting.add(one);
    return one;
  };
  globalThis.setImmediate = Object.assign(counted, {
    __promisify__: real.setImmediate.__promisify__,
  }) as typeof globalThis.setImmediate;
  globalThis.clearImmediate = (one) => {
    if (one) waiting.delete(one);
    real.clearImmediate(one);
  };
  return {
    pending: () => waiting.size,
    real: (callback: () => void) => real.setImmediate(callback),
  };
}
