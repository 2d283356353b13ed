import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** The one clock of a program: devices, gateway, consents and municipality all read it. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Synchronised since boot; without it no consent with an end is in force and no time is claimed. */
  trusted(): boolean;
  /**
   * An authenticated receiver said just now what time it is, ms since 1970: a clock that agrees is
   * trusted from then on. Never a time that was stored, such as a receipt's that may come again: a
   * clock that stood still since would agree with it.
   */
  vouch?(at: number): void;
}

/** A receiver's clock and ours may differ by so much, ms (promise 6). */
const VOUCH_MS_MAX = 2 * 60_000;

export const systemClock: Clock = { now: () => Date.now(), trusted: () => true };

/**
 * A clock that runs `speed` times faster than life from a given start: the demo's.
 * Both programs are given the same two instants, so they agree.
 */
export function acceleratedClock(options: {
  readonly startsAt: number;
  readonly realStart: number;
  readonly speed: number;
}): Clock {
  const { startsAt, realStart, speed } = options;
  return {
    now: () => Math.round(startsAt + (Date.now() - realStart) * speed),
    trusted: () => true,
  };
}

/** systemd-timesyncd makes this file when it has synchronised since boot. */
const TIMESYNCD_FILE = '/run/systemd/timesync/synchronized';
/** The kernel's answer is asked at most this often, ms. */
const ASK_EVERY_MS = 10_000;

/**
 * The machine's clock. `system` trusts it once the machine says that it is synchronised (timesyncd's
 * mark, else `timedatectl`, which asks the kernel and so knows chrony and ntpd too).
 */
export function systemClockOf(trust: 'system' | 'assume-trusted'): Clock {
  if (trust === 'assume-trusted') return systemClock;
  let trusted: boolean | undefined;
  let askedAt = performance.now();
  return {
    now: () => Date.now(),
    vouch(at) {
      if (Math.abs(Date.now() - at) <= VOUCH_MS_MAX) trusted = true;
    },
    trusted() {
      // The first answer is waited for: what starts, and what only asks once, must know.
      trusted ??= existsSync(TIMESYNCD_FILE) || kernelSaysSynchronised();
      if (!trusted && performance.now() - askedAt > ASK_EVERY_MS) {
        askedAt = performance.now();
        trusted = existsSync(TIMESYNCD_FILE);
        askKernel(() => {
          trusted = true;
        });
      }
      return trusted;
    },
  };
}

const TIMEDATECTL = ['show', '-p', 'NTPSynchronized', '--value'];
const TIMEDATECTL_MS_MAX = 2_000;

function kernelSaysSynchronised(): boolean {
  const asked = spawnSync('timedatectl', TIMEDATECTL, {
    timeout: TIMEDATECTL_MS_MAX,
    encoding: 'utf8',
  });
  return asked.status === 0 && asked.stdout.trim() === 'yes';
}

/** The same without making captures wait for the answer. */
function askKernel(synchronised: () => void): void {
  execFile('timedatectl', TIMEDATECTL, { timeout: TIMEDATECTL_MS_MAX }, (error, answer) => {
    if (!error && answer.trim() === 'yes') synchronised();
  });
}
