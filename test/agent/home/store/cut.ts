import { disk, type Files } from '../../../../agent/home/store/replacement.ts';

export class PowerCut extends Error {}

/** File operations of which the n-th, from 0, is not done any more; nor is any after it. */
export function cutAt(n: number): { readonly files: Files; readonly done: () => number } {
  let count = 0;
  const guarded =
    <A extends unknown[]>(work: (...args: A) => void) =>
    (...args: A): void => {
      if (count >= n) throw new PowerCut();
      count += 1;
      work(...args);
    };
  return {
    files: {
      rename: guarded(disk.rename),
      remove: guarded(disk.remove),
      sync: guarded(disk.sync),
    },
    done: () => count,
  };
}

/** Runs a work once for each of its file operations, cut there, then once whole. */
export async function forEachCut(
  work: (files: Files) => void,
  check: (step: number, isWhole: boolean) => void | Promise<void>,
  before: () => void,
): Promise<number> {
  for (let step = 0; ; step += 1) {
    before();
    const { files, done } = cutAt(step);
    let isWhole = true;
    try {
      work(files);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      isWhole = false;
    }
    await check(step, isWhole);
    if (isWhole) return done();
  }
}
