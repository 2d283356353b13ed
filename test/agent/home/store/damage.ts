import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOME_MIGRATIONS } from '../../../../agent/home/journal/schema.ts';
import { openStore } from '../../../../agent/store.ts';
import { KEY } from '../household.ts';

const PAGE_BYTES = 4096;

/** One bit of a page flipped, as a worn card does; pages count from 1. */
export function damagePage(file: string, page: number): void {
  const bytes = readFileSync(file);
  const at = (page - 1) * PAGE_BYTES + 1000;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

/** Pages of a table or index of a closed store: the leaves, which hold rows. */
export function leavesOf(file: string, name: string): number[] {
  const db = openStore({ file, key: KEY, migrations: HOME_MIGRATIONS, readonly: true });
  try {
    return db
      .prepare<[string], number>("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'")
      .pluck()
      .all(name);
  } finally {
    db.close();
  }
}

/** Every file of a folder with its bytes: what must not have changed. */
export const bytesIn = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
