import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { STORE_SUFFIXES } from '../../store.ts';

/** What a change of files is made of, so that a test can cut the power between any two. */
export interface Files {
  readonly rename: (from: string, to: string) => void;
  readonly remove: (path: string) => void;
  /** Content or, of a folder, names are on the disk. */
  readonly sync: (path: string) => void;
}

export const disk: Files = {
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  sync: (path) => {
    const handle = openSync(path, 'r');
    fsyncSync(handle);
    closeSync(handle);
  },
};

/** Where a store is written that is to take a place: not there yet for anybody who looks. */
export const draftOf = (file: string) => `${file}.draft`;

/** A finished draft that has not yet taken its place: from here on there is no way back. */
const NEXT = '.next.';

/** `20261122T223000Z`: what it names sorts by time. */
export const stamp = (now: number) => `${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}`;

/**
 * The draft takes the place of a store, which is kept aside as `FILE.TAG` with the files beside it.
 * The one step that counts is the renaming of the draft: a program that is killed before it leaves the
 * old store as it was, one killed after it is finished by {@link finishReplacement}.
 */
export function replaceStore(file: string, tag: string, files: Files = disk): void {
  const draft = draftOf(file);
  asFolder(draft);
  files.sync(draft);
  files.rename(draft, `${file}${NEXT}${tag}`);
  finishReplacement(file, files);
}

/**
 * To be called before a store is opened for writing: ends a replacement that was cut off, and clears
 * away a draft that never counted. Never removes or overwrites a store.
 */
export function finishReplacement(file: string, files: Files = disk): void {
  const folder = dirname(file);
  const names = readdirSync(folder);
  const next = names.find((name) => name.startsWith(`${basename(file)}${NEXT}`));
  if (next === undefined) {
    const left = names.filter((name) => name.startsWith(basename(draftOf(file))));
    for (const name of left) files.remove(join(folder, name));
    return;
  }
  files.sync(folder);
  const tag = next.slice(basename(file).length + NEXT.length);
  // The store itself last: while it stands, what is in its log belongs to it.
  for (const suffix of [...STORE_SUFFIXES].reverse()) {
    if (existsSync(`${file}${suffix}`)) files.rename(`${file}${suffix}`, `${file}.${tag}${suffix}`);
  }
  files.sync(folder);
  files.rename(join(folder, next), file);
  files.sync(folder);
}

/** Stores that were kept aside, oldest first, by the file or, where there was none, by its log. */
export function setAside(file: string): string[] {
  const kept = new RegExp(`^${basename(file)}\\.[a-z-]+-\\d{8}T\\d{6}Z(?=$|-wal$)`);
  const folder = dirname(file);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder)
    .filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size !== 0)
    .flatMap((name) => kept.exec(name)?.[0] ?? []);
  return [...new Set(names)].sort().map((name) => join(folder, name));
}

/** Made by root, it would be closed to the service, to which its folder belongs. */
export function asFolder(path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  chownSync(path, uid, gid);
}
