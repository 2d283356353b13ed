import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Makes a new or renamed entry of the folder survive a power cut. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Replaces a file whole: a crash leaves the old text or the new. On disk when it returns. */
export function replaceFile(file: string, text: string): void {
  const fresh = `${file}.new`;
  const handle = openSync(fresh, 'w', 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
  syncFolder(dirname(file));
}

/** The file's text, or undefined when there is none yet. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A file of whole lines that only grows. */
export interface LineFile {
  /** The whole lines found when it was opened. */
  readonly found: readonly string[];
  /** On disk when it returns; throws when it is not, and then the file is as before. */
  append(line: string): void;
  /** May be called again. */
  close(): void;
}

/** Opens or makes the file, and cuts off a last line that a crash left torn. */
export function openLineFile(file: string): LineFile {
  const before = readIfThere(file) ?? '';
  const whole = before.slice(0, before.lastIndexOf('\n') + 1);
  const handle = openSync(file, 'a', 0o600);
  let bytes = Buffer.byteLength(whole);
  let open = true;
  ftruncateSync(handle, bytes);
  fsyncSync(handle);
  syncFolder(dirname(file));
  return {
    found: whole.split('\n').slice(0, -1),
    append: (line) => {
      // the number of a closed file may be another file's by now
      if (!open) throw new Error('the file is closed');
      const data = Buffer.from(`${line}\n`);
      try {
        if (writeSync(handle, data) !== data.length) throw new Error('the line was cut short');
        fsyncSync(handle);
      } catch (error) {
        ftruncateSync(handle, bytes);
        throw error;
      }
      bytes += data.length;
    },
    close: () => {
      if (open) closeSync(handle);
      open = false;
    },
  };
}
