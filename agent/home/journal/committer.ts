import { codeOf } from '../../errors.ts';
import { type Database, storeError } from '../../store.ts';
import { tellChanges } from './changes.ts';

/** A commit group waits at most this long: the window in which a capture is only in memory. */
const GROUP_WAIT_MS_MAX = 5;
/** What may be derived again rides on the next sync, at the latest after this. */
const RIDE_WAIT_MS_MAX = 250;
/** A full or failing disk is tried again this often; captures wait meanwhile. */
const RETRY_MS = 1_000;
/** Works in one group, so that one transaction stays short. */
const GROUP_WORKS_MAX = 500;
/** So many that ride are worth a sync of their own. */
const RIDES_MAX = 100;

/** SQLite's codes for a disk that refuses, or gives back what nobody wrote. */
const DISK = /^SQLITE_(FULL|IOERR|READONLY|BUSY|CANTOPEN|CORRUPT|NOTADB)/;

interface Work {
  readonly run: () => void;
  readonly settle: (error?: unknown) => void;
  /** Must not be given up when the disk refuses: a capture, a receipt. */
  readonly keep: boolean;
}

export interface Committer {
  /** Runs `work` in the next group and fulfils when the group is on disk (fsync). Rejects when `work` throws or the disk refuses. */
  commit<T>(work: () => T): Promise<T>;
  /** As `commit`, but waits for as long as the disk refuses instead of rejecting; `work` is run again. */
  keep(work: () => void): Promise<void>;
  /**
   * Runs `work` with the next group, without hurry: for what is derived again after a crash. `after`
   * is called once, when it is on disk or has failed for good, with the reason.
   */
  ride(work: () => void, after?: (error?: unknown) => void): void;
  /** Writes what waits, now; false when the disk refuses. */
  flush(): boolean;
  /** Code of the last failure while it lasts: `store-full`, … */
  readonly trouble: string | undefined;
  readonly stats: { groups: number; works: number; waitMsMax: number };
}

/** What remembers rows of a store beside it, to be forgotten when a transaction is rolled back. */
const memories = new WeakMap<Database, Set<() => void>>();

/** `forget` is called whenever something that had been written is rolled back: a cache must not know better than the disk. */
export function onRollback(db: Database, forget: () => void): void {
  const known = memories.get(db) ?? new Set();
  memories.set(db, known.add(forget));
}

/** Rows were changed past those who remember them: they are read anew. */
export function forgetRemembered(db: Database): void {
  for (const forget of memories.get(db) ?? []) forget();
}

/** Stores whose group is written in one go just now. */
const inOneGo = new WeakSet<Database>();

/**
 * What throws now has its whole group rolled back and written again, each work apart: until then a work
 * needs no savepoint of its own, for which SQLite copies each page that is changed.
 */
export const isWrittenAgain = (db: Database): boolean => inOneGo.has(db);

/**
 * Group commit (promise 1): everything that must be on disk in one go shares one transaction and
 * one sync. One that throws leaves the others alone: the group is written again, each work in a
 * savepoint of its own. A decision always has one, since it cannot be run twice.
 */
export function createCommitter(
  db: Database,
  options: {
    /** The disk began to refuse (a code), or takes again (undefined). */
    readonly onTrouble: (code: string | undefined) => void;
    /** A work without a waiting caller failed: a fault of ours. */
    readonly onFault: (code: string) => void;
  },
): Committer {
  let waiting: Work[] = [];
  let riding: Work[] = [];
  let oldest = 0;
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  let rideTimer: NodeJS.Timeout | undefined;
  let trouble: string | undefined;
  const stats = { groups: 0, works: 0, waitMsMax: 0 };
  const savepoint = db.transaction((run: () => void) => run());
  const together = db.transaction((works: readonly Work[]) => {
    inOneGo.add(db);
    try {
      for (const work of works) work.run();
    } finally {
      inOneGo.delete(db);
    }
  });
  const forget = () => forgetRemembered(db);

  const group = db.transaction((works: readonly Work[]) => {
    const failures = new Map<Work, unknown>();
    for (const work of works) {
      try {
        savepoint(work.run);
      } catch (error) {
        // The disk's refusal concerns the whole group; any other fault only the work that made it.
        if (!db.inTransaction || DISK.test(codeOf(error))) throw error;
        forget();
        failures.set(work, error);
      }
    }
    return failures;
  });

  function setTrouble(code: string | undefined): void {
    if (code === trouble) return;
    trouble = code;
    options.onTrouble(code);
  }

  function flush(): boolean {
    clearTimeout(timer);
    clearTimeout(rideTimer);
    if (immediate) clearImmediate(immediate);
    timer = rideTimer = immediate = undefined;
    while (waiting.length > 0 || riding.length > 0) {
      const works = waiting.splice(0, GROUP_WORKS_MAX);
      const rides = riding.splice(0);
      if (!writeGroup(rides, works)) return false;
    }
    return true;
  }

  function writeAll(all: readonly Work[]): Map<Work, unknown> {
    if (all.every((work) => work.keep)) {
      try {
        together(all);
        return new Map();
      } catch (error) {
        if (DISK.test(codeOf(error)) || !db.open) throw error;
        forget();
      }
    }
    return group(all);
  }

  function writeGroup(rides: readonly Work[], works: readonly Work[]): boolean {
    let failures: Map<Work, unknown>;
    try {
      failures = writeAll([...rides, ...works]);
    } catch (error) {
      forget();
      const coded = storeError(error);
      riding = [...rides, ...riding];
      waiting = [...works.filter((work) => work.keep), ...waiting];
      setTrouble(coded.code);
      for (const work of works) if (!work.keep) work.settle(coded);
      // Closed under way: who still waits is told, and nothing keeps the program up.
      if (!db.open) giveUp(coded);
      else timer = setTimeout(flush, RETRY_MS);
      return false;
    }
    stats.groups += 1;
    stats.works += works.length;
    if (works.length > 0) stats.waitMsMax = Math.max(stats.waitMsMax, performance.now() - oldest);
    setTrouble(undefined);
    for (const work of [...rides, ...works]) work.settle(failures.get(work));
    tellChanges(db);
    return true;
  }

  function giveUp(error: unknown): void {
    for (const work of [...riding.splice(0), ...waiting.splice(0)]) work.settle(error);
  }

  function add(work: Work): void {
    if (waiting.length === 0) oldest = performance.now();
    waiting.push(work);
    if (trouble !== undefined) return;
    // The next turn of the event loop takes all that came in this one; the timer bounds a busy loop.
    immediate ??= setImmediate(flush);
    timer ??= setTimeout(flush, GROUP_WAIT_MS_MAX);
  }

  return {
    commit<T>(run: () => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        let result: T;
        add({
          run: () => {
            result = run();
          },
          settle: (error) => (error === undefined ? resolve(result) : reject(error)),
          keep: false,
        });
      });
    },
    keep(run) {
      return new Promise<void>((resolve, reject) => {
        add({
          run,
          settle: (error) => (error === undefined ? resolve() : reject(error)),
          keep: true,
        });
      });
    },
    ride(run, after) {
      const settle = (error?: unknown) => {
        if (error !== undefined) options.onFault(codeOf(error));
        after?.(error);
      };
      riding.push({ run, keep: true, settle });
      if (trouble !== undefined) return;
      rideTimer ??= setTimeout(flush, RIDE_WAIT_MS_MAX);
      if (riding.length >= RIDES_MAX) immediate ??= setImmediate(flush);
    },
    flush,
    get trouble() {
      return trouble;
    },
    stats,
  };
}
