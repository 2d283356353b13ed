import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

const START_MS_MAX = 60_000;
const FREEZE_MS_MAX = 30_000;
/** Nobody wakes who waits here. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** A program that listens for MQTT on a loopback port, and can be made to fail. */
export interface BrokerProcess<Options> {
  readonly port: number;
  readonly url: string;
  /** Ends this broker only: SIGTERM, or SIGKILL for a crash. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Has it read its files anew. */
  reload(): void;
  /** Stops or continues it without closing its sockets: a broker that hangs. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port, with these options if any. */
  start(options?: Options): Promise<void>;
  /** Stops it and removes its folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a broker on a free loopback port, its files in a temporary folder. */
export async function startBroker<Options extends { readonly tls?: object }>(
  options: Options,
  program: {
    readonly command: string;
    /** Writes its configuration; gives its arguments. */
    configure(folder: string, port: number, options: Options): string[];
  },
): Promise<BrokerProcess<Options>> {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-broker-'));
  const port = await freePort();
  let child: ChildProcess | undefined;

  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    running.kill('SIGCONT');
    await exited;
  };
  const start = async (with_: Options = options) => {
    child = spawn(program.command, program.configure(folder, port, with_), { stdio: 'ignore' });
    await listening(port, child);
  };
  await start();
  return {
    port,
    url: `${options.tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`,
    stop,
    start,
    reload: () => child?.kill('SIGHUP'),
    freeze: () => {
      child?.kill('SIGSTOP');
      const until = performance.now() + FREEZE_MS_MAX;
      while (!isStopped(child?.pid)) {
        if (performance.now() > until) throw new Error('The broker does not stop');
        // A turn for the broker, and none for this program: it may be caught before it answers.
        Atomics.wait(NOBODY, 0, 0, 1);
      }
    },
    thaw: () => child?.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The signal is taken thread by thread, and one that still runs may answer. */
function isStopped(pid: number | undefined): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) =>
      /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
    );
  } catch {
    return true;
  }
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  const until = performance.now() + START_MS_MAX;
  while (performance.now() < until && child.exitCode === null) {
    const socket = tcpConnect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await sleep(20);
  }
  throw new Error(`The broker did not start on port ${port}`);
}
