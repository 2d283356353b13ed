import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { folderError } from './demo-folder.ts';
import type { DemoReport, DemoSettings } from './demo-programs.ts';
import { CodedError } from './errors.ts';

/** A program that died is started again after this, ms. */
const RESTART_MS = 500;
/** Dying so soon after being ready is a failed start too, ms. */
const SETTLED_MS = 1_000;
const FAILED_STARTS_MAX = 5;
/** Longest wait for a program to finish, over restarts: flush and drain take up to 20 s, ms. */
const FINISH_MS_MAX = 40_000;
/** A program that does not close in this time is ended, ms. */
const CLOSE_MS_MAX = 10_000;

export type ProgramName = 'home' | 'municipality';

export interface Supervised<Result> {
  /** Fulfils when the program has started. Rejects with a CodedError when it cannot. */
  ready(): Promise<void>;
  /** Rejects, at any time, when the program can no longer be started. */
  readonly gaveUp: Promise<never>;
  /** Asks the program to finish what it is at, again if it dies over it. Rejects with a CodedError. */
  finish(): Promise<Result>;
  /** Ends the program; it closes its stores. */
  stop(): Promise<void>;
}

/** One program in its own process, started again when it dies, until it is told to stop. */
export function supervise<Result>(
  name: ProgramName,
  settings: DemoSettings,
  onReport: (report: DemoReport) => void,
): Supervised<Result> {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  let finishing = false;
  let failures = 0;
  let readyAt = 0;
  const ready = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<Result>();
  const gaveUp = Promise.withResolvers<never>();
  for (const { promise } of [ready, finished, gaveUp]) promise.catch(() => undefined);

  function giveUp(error: CodedError): void {
    gaveUp.reject(error);
    ready.reject(error);
    finished.reject(error);
  }

  function onMessage(report: DemoReport): void {
    if (report.tell === 'ready') {
      readyAt = performance.now();
      ready.resolve();
      if (finishing) ask();
    } else if (report.tell === 'finished') {
      finished.resolve(report.result as Result);
    } else if (report.tell === 'failed') {
      // A taken port, a wrong key, a full disk: trying again does not mend them.
      giveUp(new CodedError(report.code, report.message, report.hint));
    }
    onReport(report);
  }

  function onExit(): void {
    if (stopping) return;
    const settled = readyAt > 0 && performance.now() - readyAt > SETTLED_MS;
    failures = settled ? 0 : failures + 1;
    readyAt = 0;
    if (failures > FAILED_STARTS_MAX) {
      const what = `The ${name} program of the demo does not run`;
      giveUp(new CodedError('demo-failed', what, `Why is told above and in ${name}.log.`));
    } else {
      timer = setTimeout(start, RESTART_MS);
    }
  }

  function start(): void {
    let logFile: number;
    try {
      logFile = openSync(join(settings.data, `${name}.log`), 'a', 0o600);
    } catch (error) {
      giveUp(folderError(error));
      return;
    }
    child = fork(join(import.meta.dirname, 'iomt.js'), ['demo', name], {
      stdio: ['ignore', logFile, 'inherit', 'ipc'],
      env: { ...process.env, IOMT_DEMO: JSON.stringify(settings) },
    });
    closeSync(logFile);
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.on('error', () => {
      // It could not even be made. What is sent to a program that just died is asked of the next one.
      if (child?.pid === undefined) onExit();
    });
  }

  function ask(): void {
    if (child?.connected) child.send({ ask: 'finish' }, () => undefined);
  }

  start();
  return {
    gaveUp: gaveUp.promise,
    ready: () => ready.promise,
    finish() {
      finishing = true;
      if (readyAt > 0) ask();
      const late = setTimeout(() => {
        const what = `The ${name} program of the demo does not answer`;
        finished.reject(new CodedError('demo-failed', what, `See ${name}.log.`));
      }, FINISH_MS_MAX);
      return finished.promise.finally(() => clearTimeout(late));
    },
    stop() {
      stopping = true;
      clearTimeout(timer);
      return new Promise((resolve) => {
        if (!child || child.exitCode !== null || child.signalCode !== null) return resolve();
        const late = setTimeout(() => child?.kill('SIGKILL'), CLOSE_MS_MAX);
        child.once('exit', () => {
          clearTimeout(late);
          resolve();
        });
        if (child.connected) child.disconnect();
      });
    },
  };
}
