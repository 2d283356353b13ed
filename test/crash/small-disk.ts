import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Room for a home's store and its log many times over, and filled in a moment. */
const SIZE_MB = 48;
const BLOCK_BYTES = 64 * 1024;

export interface SmallDisk {
  /** Takes all that is free. */
  fill(): void;
  free(): void;
  /** Unmounts it. */
  close(): void;
}

/** Mounts a small disk (tmpfs) on a folder; undefined where that is not allowed: root may. */
export function mountSmallDisk(folder: string): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m,mode=0700`, 'crash', folder], {
      stdio: 'ignore',
    });
  } catch {
    return undefined;
  }
  const filler = join(folder, 'filler');
  return {
    fill: () => fillUp(filler),
    free: () => rmSync(filler, { force: true }),
    close: () => void execFileSync('umount', ['-l', folder], { stdio: 'ignore' }),
  };
}

/** Blocks, then what is left of the last one, until the disk refuses. */
function fillUp(file: string): void {
  const handle = openSync(file, 'a', 0o600);
  try {
    for (let block = Buffer.alloc(BLOCK_BYTES, 1); block.length > 0; ) {
      try {
        writeSync(handle, block);
      } catch {
        block = block.subarray(0, block.length >> 1);
      }
    }
  } finally {
    closeSync(handle);
  }
}
