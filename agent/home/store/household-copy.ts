import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../errors.ts';
import { type Database, openStore, STORE_SUFFIXES, type StoreKey } from '../../store.ts';
import { HOME_MIGRATIONS } from '../journal/schema.ts';

/**
 * What capturing needs and nobody can measure again: who lives here, what is paired, its keys, and
 * the timelines that reading ids rest on. What recipients were told of sharing, by which they are told
 * how it went on. No permission: one of yesterday may have been withdrawn today. No reading.
 */
const TABLES = [
  'person',
  'pseudonym',
  'device',
  'advertisement_key',
  'user_code',
  'timeline',
  'sharing_notice',
  'meta',
] as const;

/** These change all day and are not worth a write. */
const LIVELY = new Set(['last_heard_at', 'battery']);

const fileIn = (folder: string) => join(folder, 'household.db');

type Rows = Readonly<Record<string, unknown>>[];

const contents = (db: Database) =>
  TABLES.map(
    (table) => [table, db.prepare<[], Rows[number]>(`SELECT * FROM ${table}`).all()] as const,
  );

function markOf(tables: ReturnType<typeof contents>): string {
  const still = (name: string, value: unknown) => (LIVELY.has(name) ? undefined : value);
  return createHash('sha256').update(JSON.stringify(tables, still)).digest('hex');
}

function write(db: Database, tables: ReturnType<typeof contents>): void {
  db.pragma('foreign_keys = OFF');
  db.transaction(() => {
    for (const [table, rows] of tables) {
      db.prepare(`DELETE FROM ${table}`).run();
      for (const row of rows) {
        const names = Object.keys(row);
        const values = names.map((name) => `@${name}`).join(', ');
        db.prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${values})`).run(row);
      }
    }
  })();
}

function openCopy(folder: string, key: StoreKey): Database {
  const options = { file: fileIn(folder), key, migrations: HOME_MIGRATIONS };
  try {
    return openStore(options);
  } catch (error) {
    // Only a copy, of a store that was opened: made anew.
    if (!(error instanceof CodedError) || !/-(corrupt|wrong-key)$/.test(error.code)) throw error;
    for (const suffix of STORE_SUFFIXES) rmSync(`${options.file}${suffix}`, { force: true });
    return openStore(options);
  }
}

/**
 * Keeps `household.db` beside the store, under the same key: from it capturing goes on when the
 * store's own first page is damaged, and by it a damaged store is told from a wrong key. Rewritten in
 * place with deleted content overwritten, so that who is erased from the store is from it too.
 */
export function createHouseholdCopy(db: Database, folder: string, key: StoreKey) {
  let written: string | undefined;
  return {
    /** Brings the copy up to date, if anything in it has changed. Throws CodedError of the disk. */
    refresh(): void {
      const tables = contents(db);
      const mark = markOf(tables);
      if (mark === written) return;
      const copy = openCopy(folder, key);
      try {
        write(copy, tables);
        written = mark;
      } finally {
        copy.close();
      }
    },
  };
}

/** The copy, to look only; undefined when it is not there or does not open with this key. */
export function openHouseholdCopy(folder: string, key: StoreKey): Database | undefined {
  const file = fileIn(folder);
  if (!existsSync(file)) return undefined;
  try {
    return openStore({ file, key, migrations: HOME_MIGRATIONS, readonly: true });
  } catch {
    return undefined;
  }
}

/** Adds what the copy has of a table to a store that lost some of it. How many rows. */
export function fillFrom(copy: Database, target: Database, table: string): number {
  const [, rows = []] = contents(copy).find(([name]) => name === table) ?? [];
  let added = 0;
  for (const row of rows) {
    const names = Object.keys(row);
    const values = names.map((name) => `@${name}`).join(', ');
    added += target
      .prepare(`INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${values})`)
      .run(row).changes;
  }
  return added;
}
