import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CodedError, codeOf } from '../../errors.ts';
import {
  type Database,
  openAsItIs,
  openStore,
  STORE_SUFFIXES,
  type StoreKey,
} from '../../store.ts';
import { HOME_MIGRATIONS } from '../journal/schema.ts';
import { fillFrom, openHouseholdCopy } from './household-copy.ts';
import { type Mended, mend } from './mend.ts';
import { draftOf, finishReplacement, replaceStore, stamp } from './replacement.ts';
import { salvage, type TableReport } from './salvage.ts';

/** A store was kept aside, and another took its place. */
export interface Replaced extends Mended {
  /** Why, as a code. */
  readonly reason: 'corrupt' | 'first-page' | 'without-file';
  /** Where the former one lies, with the files beside it. */
  readonly aside: string;
  readonly tables: readonly TableReport[];
}

/** Left free beside the copy that salvaging makes: what is captured meanwhile, and the system's own. */
const SPARE_BYTES = 16 * 1024 * 1024;

export const storeIn = (folder: string) => join(folder, 'home.db');

/**
 * Opens the gateway's store, and goes on without a person where that is safe.
 *
 * Damaged pages (`store-corrupt`): the file is kept aside as it is, what can be read of it is copied
 * row by row under the same keys, and capturing goes on. Safe, because nobody is asked to choose: no
 * identity changes, permissions that are not whole are not in force, and the damaged file stays.
 *
 * It stops, with the error, where going on would make two histories of one or hide a mistake that a
 * person can undo: a wrong key (the right one opens everything, and what is captured under the wrong
 * one would be lost with it; devices keep their memory meanwhile, and a supervisor does not start it
 * again in vain), the file of a newer program, a migration that failed (the former program still
 * runs), a disk that refuses or is full, and too little room for the copy. A wrong key and a damaged
 * first page look alike; the household's copy, which has the same key, tells them apart.
 *
 * Throws CodedError as {@link openStore} does, and `store-no-room`.
 */
export function openOrMend(options: {
  readonly folder: string;
  readonly key: StoreKey;
  readonly now: () => number;
  /** Something was read wrong while it was open: every index is compared too. */
  readonly suspect?: boolean;
}): { readonly db: Database; readonly replaced?: Replaced } {
  const { folder, key, suspect = false } = options;
  const file = storeIn(folder);
  finishReplacement(file);
  const open = (check: 'quick' | 'full') =>
    openStore({ file, key, migrations: HOME_MIGRATIONS, check });
  const reason = isLogAlone(file) ? 'without-file' : undefined;
  if (reason) return replaced(options, reason);
  try {
    return { db: open(suspect ? 'full' : 'quick') };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    if (error.code === 'store-corrupt') return replaced(options, 'corrupt');
    if (error.code === 'store-wrong-key' && isRightKey(folder, key)) {
      return replaced(options, 'first-page');
    }
    throw error;
  }
}

/** SQLite would throw away what is in a log whose store is not there. */
const isLogAlone = (file: string) => !existsSync(file) && sizeOf(`${file}-wal`) > 0;

function isRightKey(folder: string, key: StoreKey): boolean {
  const copy = openHouseholdCopy(folder, key);
  copy?.close();
  return copy !== undefined;
}

function replaced(
  options: { readonly folder: string; readonly key: StoreKey; readonly now: () => number },
  reason: Replaced['reason'],
): { db: Database; replaced: Replaced } {
  const { folder, key } = options;
  const file = storeIn(folder);
  const now = options.now();
  const tag = freeTag(file, reason, now);
  mustHaveRoom(file);
  const report = writeDraft({ folder, key, reason, now });
  replaceStore(file, tag);
  const db = openStore({ file, key, migrations: HOME_MIGRATIONS });
  return { db, replaced: { ...report, reason, aside: `${file}.${tag}` } };
}

/** A box without a clock starts at the same second each time: what was kept then stays too. */
function freeTag(file: string, reason: Replaced['reason'], now: number): string {
  const tag = `${reason}-${stamp(now)}`;
  const isTaken = STORE_SUFFIXES.some((suffix) => existsSync(`${file}.${tag}${suffix}`));
  return isTaken ? freeTag(file, reason, now + 1000) : tag;
}

/** What can be read of the store, and of the household's copy for what cannot, as a store of its own. */
function writeDraft(options: {
  readonly folder: string;
  readonly key: StoreKey;
  readonly reason: Replaced['reason'];
  readonly now: number;
}): Mended & { tables: TableReport[] } {
  const { folder, key, reason, now } = options;
  const source = reason === 'corrupt' ? openWhatIsLeft(storeIn(folder), key) : undefined;
  const version = source?.version ?? HOME_MIGRATIONS.length;
  if (version > HOME_MIGRATIONS.length) {
    source?.db.close();
    throw new CodedError(
      'store-newer',
      'The store is damaged, and of a newer program',
      'Run the program version that wrote it, which can copy what is left of it.',
    );
  }
  const migrations = HOME_MIGRATIONS.slice(0, version);
  const copy = openHouseholdCopy(folder, key);
  const target = openStore({ file: draftOf(storeIn(folder)), key, migrations });
  try {
    // Not worth a journal: a draft that was cut off is made again.
    target.pragma('journal_mode = OFF');
    target.pragma('foreign_keys = OFF');
    const found = source ? salvage(source.db, target) : lostAll(target);
    const isUsable = copy !== undefined && version === HOME_MIGRATIONS.length;
    const tables = found.map((one) =>
      isUsable && one.lost !== 0
        ? { ...one, saved: one.saved + fillFrom(copy, target, one.table) }
        : one,
    );
    return { ...mend(target, tables, { reason, now }), tables };
  } finally {
    target.close();
    copy?.close();
    source?.db.close();
  }
}

/** Undefined when not even its first pages tell anything. */
function openWhatIsLeft(file: string, key: StoreKey) {
  try {
    return openAsItIs(file, key);
  } catch (error) {
    if (codeOf(error) === 'store-corrupt') return undefined;
    throw error;
  }
}

function lostAll(target: Database): TableReport[] {
  const names = target
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .pluck();
  return names.all().map((table) => ({ table, saved: 0, lost: 'some' }));
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function mustHaveRoom(file: string): void {
  const bytes = STORE_SUFFIXES.reduce((sum, suffix) => sum + sizeOf(`${file}${suffix}`), 0);
  const { bavail, bsize } = statfsSync(dirname(file));
  const missing = bytes + SPARE_BYTES - bavail * bsize;
  if (missing <= 0) return;
  throw new CodedError(
    'store-no-room',
    'The store is damaged, and there is no room for a copy of what can be read of it',
    `Free ${Math.ceil(missing / 1_000_000)} MB on the disk of the data folder. Nothing was changed.`,
  );
}
