import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFree } from './free-port.ts';

const bin = join(import.meta.dirname, '../../agent/iomt.js');

/** The demo's last line. */
export interface Account {
  readonly measured: number;
  readonly handedOver: number;
  readonly captured: number;
  readonly held: number;
  readonly withheld: number;
  readonly queued: number;
  readonly sent: number;
  readonly received: number;
  readonly rejected: number;
  readonly lost: number;
  readonly doubled: number;
  readonly kinds: readonly string[];
  readonly seconds: number;
}

export type ProgramName = 'home' | 'municipality';

/** A demo in processes of its own, and in a group of its own, as a terminal would start it. */
export function startDemo(data: string, ...args: string[]) {
  const parent = spawn(process.execPath, [bin, 'demo', '--data', data, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let out = '';
  let said = '';
  parent.stdout.on('data', (chunk) => {
    out += chunk;
  });
  parent.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise<number | null>((resolve) => parent.on('close', resolve));
  const pid = parent.pid ?? 0;
  return {
    pid,
    /** Exit code; null when it was killed. */
    ended,
    said: () => said,
    account: () => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as Account,
    /** The program's process now; undefined while it is being started again. */
    child: (name: ProgramName) => childOf(pid, name),
    /** What a terminal does at Ctrl-C. */
    interrupt: () => process.kill(-pid, 'SIGINT'),
  };
}

function childOf(pid: number, name: ProgramName): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return children
      .map(Number)
      .find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(`demo\0${name}`));
  } catch {
    return undefined;
  }
}

/** Kills with SIGKILL; false when it was gone already. */
export function kill(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** P such that P, P + 10, P + 20 and P + 30 are free now. */
export async function demoPort(): Promise<number> {
  for (let port = 21_000 + (process.pid % 200) * 40; ; port += 40) {
    const free = await Promise.all([0, 10, 20, 30].map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}
