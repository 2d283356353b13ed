import { CodedError } from '../../errors.ts';
import { type Database, openAsItIs, openStore, type StoreKey } from '../../store.ts';
import { ACCESS_TABLES } from '../journal/access-schema.ts';
import { HOME_MIGRATIONS } from '../journal/schema.ts';
import { type Mended, mend } from './mend.ts';
import { storeIn } from './open.ts';
import { isDamage } from './readable-rows.ts';
import { draftOf, finishReplacement } from './replacement.ts';
import { salvage, type TableReport } from './salvage.ts';

/**
 * Not taken from a store that was kept aside: what people decided stands in the present one, and a
 * permission of then may have been withdrawn since, a browser removed, a PIN changed.
 */
const DECIDED_SINCE: ReadonlySet<string> = new Set([
  'permission',
  'audit',
  'meta',
  'counter',
  ...ACCESS_TABLES,
]);

/**
 * Adds to the gateway's store what can be read of one that was kept aside and is not there yet. What
 * both have stands as it is in the present one. One transaction: killed, it has not happened. Captures
 * that gave no reading yet are derived at the next start, with the ids they always had. The file is
 * only read. Refused when a person was erased since the file was kept aside: it would bring them back.
 *
 * Throws CodedError `store-before-erasure`, `store-other-home`, and those of either store.
 */
export function mergeStore(options: {
  readonly aside: string;
  readonly folder: string;
  readonly key: StoreKey;
  readonly now: number;
}): Mended & { readonly tables: readonly TableReport[] } {
  const { aside, folder, key, now } = options;
  finishReplacement(storeIn(folder));
  const target = openStore({ file: storeIn(folder), key, migrations: HOME_MIGRATIONS });
  try {
    const source = openAsItIs(aside, key);
    try {
      mustKnowErasures(source.db, target);
      const present =
        source.version < HOME_MIGRATIONS.length ? broughtUp(source, options) : undefined;
      try {
        return merge(present?.db ?? source.db, target, { now, lost: present?.tables });
      } finally {
        present?.db.close();
      }
    } finally {
      source.db.close();
    }
  } finally {
    target.close();
    finishReplacement(storeIn(folder));
  }
}

function mustKnowErasures(source: Database, target: Database): void {
  const erasures = target
    .prepare<[], string>("SELECT hash FROM audit WHERE action = 'person-erased'")
    .pluck()
    .all();
  if (erasures.every((hash) => hasEntry(source, hash))) return;
  throw new CodedError(
    'store-before-erasure',
    'A person was erased since this store was kept aside, and would be brought back by it',
    'Delete the file. What others lost with it is in `iomt store export --file FILE`.',
  );
}

/** What cannot be read is not known to be there. */
function hasEntry(db: Database, hash: string): boolean {
  try {
    return db.prepare('SELECT 1 FROM audit WHERE hash = ?').get(hash) !== undefined;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return false;
  }
}

/** Of an older format: what can be read of it as a store of the present one, beside it. */
function broughtUp(
  source: ReturnType<typeof openAsItIs>,
  { folder, key }: { readonly folder: string; readonly key: StoreKey },
) {
  const file = draftOf(storeIn(folder));
  const then = openStore({ file, key, migrations: HOME_MIGRATIONS.slice(0, source.version) });
  then.pragma('foreign_keys = OFF');
  const tables = salvage(source.db, then);
  then.close();
  return { tables, db: openStore({ file, key, migrations: HOME_MIGRATIONS }) };
}

function merge(
  source: Database,
  target: Database,
  told: { readonly now: number; readonly lost: readonly TableReport[] | undefined },
) {
  target.pragma('foreign_keys = OFF');
  return target.transaction(() => {
    const copied = salvage(source, target, DECIDED_SINCE);
    const tables = copied.map((one) => told.lost?.find(({ table }) => table === one.table) ?? one);
    mustMatch(target);
    return { ...mend(target, tables, { reason: 'merged', now: told.now }), tables };
  })();
}

/** The first thing that a file of another gateway would break. */
function mustMatch(target: Database): void {
  const doubled = target
    .prepare('SELECT 1 FROM device WHERE removed_at IS NULL GROUP BY address HAVING count(*) > 1')
    .get();
  if (doubled === undefined) return;
  throw new CodedError(
    'store-other-home',
    'The file does not fit the store here',
    'Name a file that this gateway kept aside.',
  );
}
