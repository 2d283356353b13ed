import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A memory disk, where a sync costs nothing but what is added. */
export const MEMORY_DISK = '/dev/shm';
/** Added to each sync: about what an SD card takes, and alike in all runs, ms. */
const SYNC_MS = 2;

const cache = join(import.meta.dirname, '../../node_modules/.cache/iomt/bench');

/** What to start a process with so that its syncs are slow and counted. */
export function slowSync(folder: string): { env: NodeJS.ProcessEnv; syncs: () => number } {
  mkdirSync(cache, { recursive: true });
  const library = join(cache, 'slow-sync.so');
  const source = join(import.meta.dirname, 'slow-sync.c');
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl']);
  const file = join(folder, 'syncs');
  writeFileSync(file, Buffer.alloc(8));
  return {
    env: { LD_PRELOAD: library, SYNC_MS: String(SYNC_MS), SYNC_COUNT: file },
    syncs: () => Number(readFileSync(file).readBigUInt64LE()),
  };
}
