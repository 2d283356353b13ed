import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { lines, type TruthLine } from './demo-accounts.ts';
import { CodedError, codeOf } from './errors.ts';
import { storeError } from './store.ts';

const LOCK_LOOK_MS = 100;
const CLOCK_WRITE_MS = 500;
/** The stored time runs ahead by this much real time, so that a killed demo never begins again earlier. */
const CLOCK_AHEAD_MS = 5_000;

/** Makes the folder. Throws CodedError: `store-read-only`, `store-full`, `demo-folder`. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
  } catch (error) {
    throw folderError(error);
  }
}

/** An error of the file system in words: what the disk refuses, else that the folder cannot be used. */
export function folderError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const code = codeOf(error);
  if (code === 'EPERM') return storeError({ code: 'EACCES' });
  if (['ENOSPC', 'EROFS', 'EACCES'].includes(code) || code.startsWith('SQLITE_'))
    return storeError(error);
  return new CodedError(
    'demo-folder',
    `The data folder cannot be used (${code})`,
    'Choose another with --data.',
    error,
  );
}

/**
 * Holds a file of the folder alone until it is let go or the process ends, however it ends: the lock
 * is the kernel's, taken through SQLite. Waits up to `waitMs` for another holder to end.
 * Throws CodedError: `demo-running`, and those of {@link folderError}.
 */
export async function holdLock(file: string, waitMs: number): Promise<() => void> {
  const until = performance.now() + waitMs;
  for (;;) {
    const db = openLock(file);
    try {
      db.exec('BEGIN EXCLUSIVE');
      writeHolder(file);
      return () => db.close();
    } catch (error) {
      db.close();
      if (!codeOf(error).startsWith('SQLITE_BUSY')) throw folderError(error);
      if (performance.now() >= until) {
        throw new CodedError(
          'demo-running',
          'A demo is running on this data folder',
          `Stop it first${holderOf(file)}, or choose another folder with --data and other ports with --port.`,
          error,
        );
      }
    }
    await delay(LOCK_LOOK_MS);
  }
}

const holderFile = (lock: string) => `${lock}.pid`;

/** Whoever killed npm alone has a demo left and no terminal to stop it from: its process is named. */
function writeHolder(lock: string): void {
  try {
    rmSync(holderFile(lock), { force: true });
    writeFileSync(holderFile(lock), String(process.pid));
  } catch {
    // Only a help: without it the message names no process.
  }
}

function holderOf(lock: string): string {
  try {
    const pid = readFileSync(holderFile(lock), 'utf8');
    return /^\d+$/.test(pid) ? ` (kill ${pid})` : '';
  } catch {
    return '';
  }
}

function openLock(file: string) {
  try {
    // Made here: SQLite does not say why it cannot make a file.
    closeSync(openSync(file, 'a', 0o600));
    return new Sqlite(file, { timeout: 0 });
  } catch (error) {
    throw folderError(error);
  }
}

/** Where a folder's time came to, and the highest speed it ever ran at. */
interface FolderClock {
  /** Demo time, ms UTC. */
  readonly at: number;
  readonly speedMax: number;
}

/** Demo time at which the folder goes on: never before anything that it holds. */
export function clockStart(data: string): FolderClock {
  let stored: FolderClock = { at: 0, speedMax: 1 };
  try {
    stored = JSON.parse(readFileSync(join(data, 'clock.json'), 'utf8')) as FolderClock;
  } catch {
    // First run, or a power cut while it was written: the ground truth knows nearly as well.
  }
  const last = lines(join(data, 'ground-truth.ndjson')).at(-1);
  const sent = last === undefined ? 0 : Date.parse((JSON.parse(last) as TruthLine).sentTime) + 1;
  return { ...stored, at: Math.max(stored.at, sent) || Date.now() };
}

/**
 * Keeps the folder's time written while the demo runs; `stop` writes where it came to. A disk that
 * refuses is the programs' to tell of.
 */
export function keepClock(
  data: string,
  clock: { readonly now: () => number; readonly speed: number; readonly speedMax: number },
): { stop(): void } {
  const { now, speed, speedMax } = clock;
  const file = join(data, 'clock.json');
  const store = (at: number) => {
    try {
      writeFileSync(`${file}.new`, JSON.stringify({ at, speedMax } satisfies FolderClock));
      renameSync(`${file}.new`, file);
    } catch {
      // See above.
    }
  };
  const ahead = () => store(now() + CLOCK_AHEAD_MS * speed);
  ahead();
  const timer = setInterval(ahead, CLOCK_WRITE_MS);
  return {
    stop() {
      clearInterval(timer);
      store(now());
    },
  };
}
