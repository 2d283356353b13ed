import { type FSWatcher, watch } from 'node:fs';
import { type Random, whole } from '../../adapters/simulated/random.ts';
import type { Aim } from './plan.ts';
import type { Program } from './programs.ts';
import type { Passing } from './wiretap.ts';

/** Latest instants after the start of what is aimed at by the clock alone, ms. */
const ANY_MS_MAX = 700;
const START_MS_MAX = 260;
/** Some are longer, so that what was not answered is sent again in the same life. */
const LONG_MS_MAX = 4_000;
const LONG = 0.25;
/** A life in which nothing of what was aimed at happens ends so long after the first visit, ms. */
const AFTER_VISIT_MS_MAX = 1_500;
/** The same where that comes late in a life, and in few lives. */
const AFTER_VISIT_SELDOM_MS_MAX = 8_000;
/** One that never came so far, ms. */
const LIFE_MS_MAX = 30_000;
/** Of how many alike the one is chosen that is hit. */
const COUNT_MAX: Readonly<Record<Aim, number>> = {
  any: 1,
  start: 1,
  commit: 14,
  send: 5,
  acknowledgement: 6,
  consent: 1,
  compaction: 8,
  migration: 6,
  'setting-up': 1,
};
/** A decision takes about so long from the call to the disk, ms. */
const DECISION_MS_MAX = 8;

/**
 * One life of a gateway, which ends at the instant that is aimed at. Nothing in the program helps:
 * its log file is watched, its packets are seen on their way, and calls to it are known when sent.
 */
export function aimAt(options: {
  readonly program: Program;
  readonly aim: Aim;
  readonly random: Random;
  /** Folder of the gateway's store. */
  readonly home: string;
}) {
  const { program, aim, random } = options;
  let left = whole(random, 1, COUNT_MAX[aim]);
  let hit = false;
  const timers: NodeJS.Timeout[] = [];
  const later = (ms: number, work: () => void) => void timers.push(setTimeout(work, ms));
  const strike = () => {
    if (program.isDead()) return;
    hit = true;
    program.kill();
  };
  /** The chosen one of those that are aimed at. */
  const isIt = (now: Aim) => {
    if (now !== aim || hit) return false;
    left -= 1;
    return left === 0;
  };

  let isVisited = false;
  let files: FSWatcher | undefined;
  if (aim === 'commit' || aim === 'compaction' || aim === 'migration') {
    files = watch(options.home, (_, name) => {
      if (name !== 'home.db-wal' && name !== 'home.db') return;
      if (aim === 'commit' && !isVisited) return;
      if (isIt(aim)) strike();
    });
  }
  if (aim === 'any') later(whole(random, 0, random() < LONG ? LONG_MS_MAX : ANY_MS_MAX), strike);
  if (aim === 'start') later(whole(random, 0, START_MS_MAX), strike);
  later(LIFE_MS_MAX, () => program.kill());

  return {
    /** Was it killed where it was meant to, and not by the end of its time? */
    isHit: () => hit,
    /** The devices have reached it. */
    visited(): void {
      isVisited = true;
      if (aim === 'any' || aim === 'setting-up') return;
      const ms = aim === 'compaction' ? AFTER_VISIT_SELDOM_MS_MAX : AFTER_VISIT_MS_MAX;
      later(ms, () => program.kill());
    },
    /** People, devices and permissions are there. */
    furnished(): void {
      if (isIt('setting-up')) strike();
    },
    /** A packet passes: true when it is lost with the gateway that it killed. */
    passing({ what }: Passing): boolean {
      const now = what === 'envelope' ? 'send' : what === 'other' ? undefined : 'acknowledgement';
      if (now === undefined || !isIt(now)) return false;
      // Before it goes on, with or without it, or just after.
      if (random() < 0.5) {
        setImmediate(strike);
        return false;
      }
      strike();
      return random() < 0.5;
    },
    /** A decision is on its way. */
    asked(): void {
      if (isIt('consent')) later(random() * DECISION_MS_MAX, strike);
    },
    async over(): Promise<void> {
      await program.ended;
      files?.close();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

export type Life = ReturnType<typeof aimAt>;
