import type { Note } from '../../adapter.ts';
import { answer } from './answer.ts';
import type { Noble } from './noble-gate.ts';

/** One scan window; bluetoothd grows and sticks when discovery runs for ever. */
export const SCAN_WINDOW_MS = 60_000;
/** Pause between two windows, and before a failed start is tried again. */
export const SCAN_PAUSE_MS = 500;
/** A start that is not confirmed by then has failed: noble has no way to say so. */
export const SCAN_START_TIMEOUT_MS = 15_000;
export const SCAN_STOP_TIMEOUT_MS = 5_000;

export interface Scanner {
  /** Keeps scanning, through windows, lost power and failed starts, until `stop`. */
  start(): void;
  /** Fulfils when the adapter has stopped, or has not answered for `SCAN_STOP_TIMEOUT_MS`. */
  stop(): Promise<void>;
  /** Holds scanning back while `task` runs: connecting while discovering fails on many adapters. */
  paused<T>(task: () => Promise<T>): Promise<T>;
  /** To be called on every change of the adapter's power. */
  powered(on: boolean): void;
  /** The bindings said that scanning could not be started. */
  failed(): void;
}

export interface ScannerDeps {
  readonly noble: Noble;
  readonly note: Note;
  /** Told of every start that the adapter confirmed: at least one a minute, also in a quiet home. */
  readonly onStarted: () => void;
  /** Told of a start that was refused, and of a start or stop without an answer. */
  readonly onTrouble: (code: string) => void;
}

class NobleScanner implements Scanner {
  readonly #noble: Noble;
  readonly #deps: ScannerDeps;
  #wanted = false;
  #on = false;
  #pauses = 0;
  #running = false;
  #halting: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: ScannerDeps) {
    this.#noble = deps.noble;
    this.#deps = deps;
    this.#noble.on('scanStart', () => {
      if (!this.#running) return;
      this.#after(SCAN_WINDOW_MS, () => this.#rotate());
      deps.onStarted();
    });
    this.#noble.on('scanStop', () => {
      // Not asked for: some stacks stop scanning by themselves.
      if (this.#running) this.#again();
    });
  }

  start(): void {
    this.#wanted = true;
    this.#begin();
  }

  stop(): Promise<void> {
    this.#wanted = false;
    return this.#halt();
  }

  powered(on: boolean): void {
    this.#on = on;
    if (on) this.#begin();
    else this.#forget();
  }

  failed(): void {
    if (!this.#running) return;
    this.#trouble('scan-failed');
    this.#again(SCAN_START_TIMEOUT_MS / 3);
  }

  async paused<T>(task: () => Promise<T>): Promise<T> {
    this.#pauses += 1;
    try {
      await this.#halt();
      return await task();
    } finally {
      this.#pauses -= 1;
      this.#begin();
    }
  }

  #begin(): void {
    if (!this.#wanted || !this.#on || this.#pauses > 0 || this.#running) return;
    this.#running = true;
    this.#after(SCAN_START_TIMEOUT_MS, () => {
      this.#trouble('scan-start-timeout');
      void this.#rotate();
    });
    this.#noble.startScanning([], true);
  }

  /** Also waits for a stop that is under way already. */
  async #halt(): Promise<void> {
    const wasRunning = this.#running;
    this.#forget();
    if (wasRunning && this.#on) this.#halting = this.#stopScan();
    await this.#halting;
  }

  async #stopScan(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stopped = answer<void>({ timeoutMs: SCAN_STOP_TIMEOUT_MS }, (done) => {
      this.#noble.on('scanStop', done);
      this.#noble.stopScanning();
      return () => this.#noble.removeListener('scanStop', done);
    });
    stopped.then(resolve, () => {
      this.#trouble('scan-stop-timeout');
      resolve();
    });
    await promise;
  }

  async #rotate(): Promise<void> {
    await this.#halt();
    if (!this.#running && this.#wanted) this.#again();
  }

  #again(waitMs = SCAN_PAUSE_MS): void {
    this.#forget();
    this.#after(waitMs, () => this.#begin());
  }

  #trouble(code: string): void {
    this.#deps.note(code);
    this.#deps.onTrouble(code);
  }

  #forget(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  #after(ms: number, what: () => void | Promise<void>): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void what(), ms);
  }
}

export function createScanner(deps: ScannerDeps): Scanner {
  return new NobleScanner(deps);
}
