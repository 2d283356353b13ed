import { readFileSync } from 'node:fs';
import Sqlite, { type Database } from 'better-sqlite3-multiple-ciphers';

/** The clones of one row differ in the last part of their ids. */
const OWN_PART = 24;
/** Random ids touch all of an index: it is to stay in memory, KiB. */
const GROWING_KIB = 2_000_000;
/** And in when they came. */
const APART_MS = 60_000;

/**
 * Makes a delivered store larger by copies of its readings, with captures and deliveries, under ids
 * of their own: feeding a million would take the better part of an hour.
 */
function grow(file: string, keyFile: string, times: number): void {
  const key = readFileSync(keyFile, 'utf8');
  const db = new Sqlite(file);
  db.pragma("cipher='aegis'");
  db.pragma(`key="x'${key}'"`);
  // Nothing of it has to survive: in memory until the end, and each page written once.
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.pragma(`cache_size = -${GROWING_KIB}`);
  const last = Number(db.prepare('SELECT max(id) FROM capture').pluck().get());
  const ownId = (column: string) => `substr(t.${column}, 1, ${OWN_PART}) || printf('%012x', :copy)`;
  const shifted = (column: string) => `t.${column} - :copy * ${last + 1}`;
  const earlier = (column: string) => `t.${column} - :copy * ${APART_MS}`;
  const insert = (table: string, changes: Readonly<Record<string, string>>, where = '1') =>
    db.prepare(copyText(db, table, changes, where));
  // Before all that came first: what comes next finds the newest as it left them.
  const statements = [
    insert('capture', { id: shifted('id'), at: earlier('at') }, "t.state = 'read' AND t.id > 0"),
    insert(
      'reading',
      {
        id: ownId('id'),
        capture: shifted('capture'),
        near: shifted('near'),
        captured_at: earlier('captured_at'),
        measured_at: earlier('measured_at'),
      },
      't.capture > 0',
    ),
    insert(
      'delivery',
      { seq: shifted('seq'), id: ownId('id'), reading: ownId('reading'), near: shifted('near') },
      't.seq > 0',
    ),
  ];
  const copyAll = db.transaction(() => {
    for (const statement of statements) {
      for (let copy = 1; copy < times; copy += 1) statement.run({ copy });
    }
  });
  copyAll();
  db.close();
}

function copyText(
  db: Database,
  table: string,
  changes: Readonly<Record<string, string>>,
  where: string,
): string {
  const columns = db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck();
  const names = columns.all(table);
  const values = names.map((name) => changes[name] ?? `t.${name}`);
  return `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')} FROM ${table} t WHERE ${where}`;
}

const [file = '', keyFile = '', times] = process.argv.slice(2);
grow(file, keyFile, Number(times));
