import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const KIB = 1024;

/** Time on a processor of all threads of a process so far, µs. */
export function cpuUs(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readOr(`/proc/${pid}/task/${thread}/schedstat`, '0');
    sum += Number(text.split(' ')[0]) / 1_000;
  }
  return sum;
}

/** Memory that a process has in RAM now, and the most it had since resetPeak, bytes. */
export function memoryOf(pid: number): { rss: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))?.[1]);
  return { rss: kib('VmRSS') * KIB, peak: kib('VmHWM') * KIB };
}

/** Linux forgets the peak (proc_pid_clear_refs(5), 5). */
export const resetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** A thread may end while it is looked at. */
function readOr(file: string, instead: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return instead;
  }
}

export const pidOf = (child: ChildProcess): number => {
  if (child.pid === undefined) throw new Error('The process did not start');
  return child.pid;
};

/** Ends a process that this benchmark started. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
