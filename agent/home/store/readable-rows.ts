import { codeOf } from '../../errors.ts';
import type { Database } from '../../store.ts';

export type Row = Readonly<Record<string, unknown>>;

/** SQLite's codes for a page that does not hold what it should. */
const DAMAGE = /^SQLITE_(CORRUPT|NOTADB)/;

/** Also a table that is not there: the page that describes it is lost. */
export const isDamage = (error: unknown): boolean =>
  DAMAGE.test(codeOf(error)) || (error instanceof Error && /^no such table/.test(error.message));

/** Letters of a text key that tell where a row stands: 7 bits each, which a number holds exactly. */
const LETTERS = 7;
const PLACE_MAX = { INTEGER: Number.MAX_SAFE_INTEGER, TEXT: 128 ** LETTERS - 1 } as const;

/** Where rows stand, as numbers that can be counted up: by the first column of the table's key. */
interface Key {
  readonly columns: readonly string[];
  readonly type: keyof typeof PLACE_MAX;
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly pk: number;
}

/** The key of a table of ours; of one without, its row number. */
export function keyOf(db: Database, table: string): Key {
  const columns = db.pragma(`table_info(${table})`) as Column[];
  const key = columns.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk);
  const [first] = key;
  if (!first) return { columns: ['rowid'], type: 'INTEGER' };
  return {
    columns: key.map(({ name }) => name),
    type: first.type === 'INTEGER' ? 'INTEGER' : 'TEXT',
  };
}

function placeOf(row: Row, key: Key): number {
  const value = row[key.columns[0] ?? ''];
  if (key.type === 'INTEGER') return Number(value);
  return [...String(value).padEnd(LETTERS, '\0').slice(0, LETTERS)].reduce(
    (place, letter) => place * 128 + Math.min(letter.charCodeAt(0), 127),
    0,
  );
}

function valueAt(place: number, key: Key): string | number {
  if (key.type === 'INTEGER') return place;
  let [text, rest] = ['', place];
  for (let at = 0; at < LETTERS; at += 1) {
    text = String.fromCharCode(rest % 128) + text;
    rest = Math.floor(rest / 128);
  }
  return text.replace(/\0+$/, '');
}

/**
 * The rows of a table that can be read, in the order of its key. What lies on a damaged page is
 * jumped over, by the shortest jump after which rows come again; `onGap` is called for each. Other
 * failures of the disk throw.
 */
export function* readableRows(
  db: Database,
  table: string,
  key: Key,
  onGap: () => void,
): Generator<Row> {
  const [first] = key.columns;
  const text = `SELECT ${key.columns[0] === 'rowid' ? 'rowid, *' : '*'} FROM ${table}
    WHERE ${first} >= ? ORDER BY ${key.columns.join(', ')}`;
  const reads = (place: number): boolean => {
    try {
      db.prepare(`${text} LIMIT 1`).get(valueAt(place, key));
      return true;
    } catch (error) {
      if (!isDamage(error)) throw error;
      return false;
    }
  };
  let from: number | undefined = 0;
  while (from !== undefined) {
    try {
      for (const row of db.prepare<unknown[], Row>(text).iterate(valueAt(from, key))) {
        from = placeOf(row, key) + 1;
        yield row;
      }
      return;
    } catch (error) {
      if (!isDamage(error)) throw error;
      onGap();
    }
    from = nextReadable(reads, from, PLACE_MAX[key.type]);
  }
}

/** The first place after a bad one from which rows can be read, found by doubling, then halving. */
function nextReadable(
  reads: (place: number) => boolean,
  after: number,
  max: number,
): number | undefined {
  let bad = after;
  let good = after;
  for (let step = 1; good === after; step *= 2) {
    if (after + step > max) return undefined;
    if (reads(after + step)) good = after + step;
    else bad = after + step;
  }
  while (good - bad > 1) {
    const middle = bad + Math.floor((good - bad) / 2);
    if (reads(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
