import { CodedError } from '../errors.ts';
import { createAudit } from '../home/audit.ts';
import { HOME_MIGRATIONS } from '../home/journal/schema.ts';
import { setAside } from '../home/store/replacement.ts';
import { type Database, openStore } from '../store.ts';
import type { Io } from './io.ts';
import { placeOf, type StoreValues } from './store-place.ts';

const FOUND: Readonly<Record<string, string>> = { 'store-corrupt': 'damaged' };

/**
 * `iomt store check`: every page, index and reference, the trail, and what is in it; only looks, so
 * the gateway may run. Exit 1 when something is not well, also when a former store lies beside it.
 */
export async function check(values: StoreValues, _: string | undefined, io: Io): Promise<number> {
  const { key, file: own } = placeOf(values, io);
  const file = values.file ?? own;
  const keptAside = setAside(own).filter((one) => one !== file);
  const found = { ...examined(file, key), keptAside };
  const isWell = found.pages === 'ok' && found.references === 'ok' && found.audit === 'ok';
  if (values.json) io.out(JSON.stringify(found));
  else {
    for (const [name, value] of Object.entries(found)) {
      if (typeof value === 'string' || typeof value === 'number') io.out(`${name}: ${value}`);
    }
    for (const [table, n] of Object.entries(found.rows ?? {})) io.out(`${table}: ${n} rows`);
    for (const one of keptAside) io.out(`kept aside: ${one}`);
  }
  if (!isWell) io.err('Save what can be saved: iomt store repair, or iomt store export.');
  if (keptAside.length > 0) {
    io.err('A former store was kept aside: iomt store repair FILE, then delete it by hand.');
  }
  return isWell && keptAside.length === 0 ? 0 : 1;
}

interface Found {
  readonly version?: number;
  readonly pages: string;
  readonly references?: string;
  readonly audit?: string;
  readonly rows?: Readonly<Record<string, number>>;
}

function examined(file: string, key: Uint8Array): Found {
  let db: Database;
  try {
    db = openStore({ file, key, migrations: HOME_MIGRATIONS, readonly: true, check: 'full' });
  } catch (error) {
    const pages = error instanceof CodedError ? FOUND[error.code] : undefined;
    if (pages === undefined) throw error;
    return { pages };
  }
  try {
    const broken = createAudit(db).firstBroken();
    const references = (db.pragma('foreign_key_check') as unknown[]).length;
    return {
      version: Number(db.pragma('user_version', { simple: true })),
      pages: 'ok',
      references: references === 0 ? 'ok' : `${references} broken`,
      audit: broken === undefined ? 'ok' : `broken at ${broken}`,
      rows: countsOf(db),
    };
  } finally {
    db.close();
  }
}

function countsOf(db: Database): Record<string, number> {
  const count = (table: string) =>
    Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  const tables = ['capture', 'reading', 'delivery', 'permission', 'person', 'device', 'audit'];
  return Object.fromEntries(tables.map((table) => [table, count(table)]));
}
