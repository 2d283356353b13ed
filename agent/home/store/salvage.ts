import type { Database } from '../../store.ts';
import { isDamage, keyOf, type Row, readableRows } from './readable-rows.ts';

/** What became of one table's rows. */
export interface TableReport {
  readonly table: string;
  readonly saved: number;
  /** How many could not be read; `some` where that cannot be counted. */
  readonly lost: number | 'some';
}

export const hasLoss = (reports: readonly TableReport[], table: string): boolean =>
  reports.some((one) => one.table === table && one.lost !== 0);

const tablesOf = (db: Database): string[] =>
  db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .pluck()
    .all();

/** Devices that a person paired anew meanwhile: what the old file says of them is these devices'. */
function pairedAnew(source: Database, target: Database): ReadonlyMap<string, string> {
  const known = target.prepare<[string, string, string], string>(
    'SELECT id FROM device WHERE id <> ? AND removed_at IS NULL AND (address = ? OR key = ?) LIMIT 1',
  );
  const same = new Map<string, string>();
  const ids = target.prepare<[string], number>('SELECT 1 FROM device WHERE id = ?').pluck();
  for (const row of readableRows(source, 'device', keyOf(target, 'device'), () => undefined)) {
    const { id, address, key } = row as { id: string; address: string; key: string };
    const now = ids.get(id) === 1 ? undefined : known.pluck().get(id, address, key);
    if (now !== undefined) same.set(id, now);
  }
  return same;
}

/**
 * Copies what can be read of one store into another of the same format, row by row under the same
 * keys: reading ids, capture numbers and timelines stay what they were, so nothing is derived or sent
 * as something else (promise 2). A row that the target has already stands. References are not looked
 * at: see {@link mend}. Tables in `except` are left out.
 */
export function salvage(
  source: Database,
  target: Database,
  except: ReadonlySet<string> = new Set(),
): TableReport[] {
  const same = except.size > 0 ? devicesOf(source, target) : new Map<string, string>();
  return tablesOf(target)
    .filter((table) => !except.has(table))
    .map((table) => copyTable(source, target, table, same));
}

function devicesOf(source: Database, target: Database): ReadonlyMap<string, string> {
  try {
    return pairedAnew(source, target);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return new Map();
  }
}

function copyTable(
  source: Database,
  target: Database,
  table: string,
  same: ReadonlyMap<string, string>,
): TableReport {
  const key = keyOf(target, table);
  const columns = (target.pragma(`table_info(${table})`) as { name: string }[]).map(
    ({ name }) => name,
  );
  const insert = target.prepare(
    `INSERT OR IGNORE INTO ${table} (${columns.join(', ')})
     VALUES (${columns.map((name) => `@${name}`).join(', ')})`,
  );
  let saved = 0;
  let gaps = 0;
  const copy = target.transaction(() => {
    for (const row of readableRows(source, table, key, () => {
      gaps += 1;
    })) {
      saved += insert.run(joined(row, same)).changes;
    }
  });
  copy();
  return { table, saved, lost: gaps === 0 ? 0 : lostOf(source, table, saved) };
}

function joined(row: Row, same: ReadonlyMap<string, string>): Row {
  const now = same.get(String(row.device));
  return now === undefined ? row : { ...row, device: now };
}

/** An index that is whole still counts the rows that its table has lost. */
function lostOf(source: Database, table: string, saved: number): number | 'some' {
  try {
    const all = source.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
    return all > saved ? all - saved : 'some';
  } catch (error) {
    if (!isDamage(error)) throw error;
    return 'some';
  }
}
