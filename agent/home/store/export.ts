import { type Database, openAsItIs, type StoreKey } from '../../store.ts';
import { HOME_MIGRATIONS } from '../journal/schema.ts';
import { keyOf, readableRows } from './readable-rows.ts';

/** What a person with rights may ask for; keys and codes are nobody's data and stay. */
const TABLES = [
  'person',
  'device',
  'capture',
  'reading',
  'permission',
  'delivery',
  'event',
  'sharing_notice',
  'audit',
] as const;
/** Columns that hold JSON: given as it is, not as text in text. */
const JSON_COLUMNS = new Set([
  'content',
  'time',
  'resource',
  'detail',
  'facts',
  'slots',
  'source',
  'body',
]);

/** The format of a store that first has the table: an older one lacks it, and nothing is lost. */
const formatWith = (table: string): number =>
  1 + HOME_MIGRATIONS.findIndex((sql) => sql.includes(`CREATE TABLE ${table} (`));

function plain(name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (!JSON_COLUMNS.has(name) || typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/**
 * Every row that can be read of a store, damaged or not, one JSON object a line: `table`, then its
 * columns; bytes in hex. `onGap` is called where rows are missing. Throws CodedError of the store.
 */
export function* exportedLines(options: {
  readonly file: string;
  readonly key: StoreKey;
  readonly onGap: (table: string) => void;
}): Generator<string> {
  const { db, version } = openAsItIs(options.file, options.key);
  try {
    const tables = TABLES.filter((table) => version >= formatWith(table));
    for (const table of tables) yield* linesOf(db, table, options.onGap);
  } finally {
    db.close();
  }
}

function* linesOf(db: Database, table: string, onGap: (table: string) => void): Generator<string> {
  for (const row of readableRows(db, table, keyOf(db, table), () => onGap(table))) {
    const values = Object.entries(row).map(([name, value]) => [name, plain(name, value)]);
    yield JSON.stringify({ table, ...Object.fromEntries(values) });
  }
}
