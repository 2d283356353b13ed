import { NO_DATE } from './index-values.ts';
import type { DatePrefix, Filter, Search, Token } from './search-parse.ts';

type Value = string | number;

/** A condition in SQL and its values, in order. */
interface Sql {
  readonly text: string;
  readonly values: readonly Value[];
}

const COLUMN = { date: 'date_low', updated: 'updated', order: 'row' } as const;

/** The page of a search, one row more than asked: it says whether there is a next page. */
export function pageSql(search: Search): Sql {
  const { by, descending } = search.sort;
  const direction = descending ? 'DESC' : 'ASC';
  const column = COLUMN[by];
  const conditions = [where(search)];
  if (search.after) {
    conditions.push({
      text: `(${column}, row) ${descending ? '<' : '>'} (?, ?)`,
      values: [search.after.value, search.after.row],
    });
  }
  const all = join(conditions, ' AND ');
  return {
    text: `SELECT row, ${column} AS sortValue, id, version, updated, body FROM resources
      WHERE ${all.text} ORDER BY ${column} ${direction}, row ${direction} LIMIT ?`,
    values: [...all.values, search.count + 1],
  };
}

/** How many match, on all pages. */
export function totalSql(search: Search): Sql {
  const all = where(search);
  return {
    text: `SELECT count(*) AS total FROM resources WHERE ${all.text}`,
    values: all.values,
  };
}

/** Ids of the first two matches: none, one, or more than one is all a condition asks. */
export function matchSql(search: Search): Sql {
  const all = where(search);
  return { text: `SELECT id FROM resources WHERE ${all.text} LIMIT 2`, values: all.values };
}

function where(search: Search): Sql {
  return join(
    [{ text: 'type = ?', values: [search.type] }, ...search.filters.map(filterSql)],
    ' AND ',
  );
}

function filterSql(filter: Filter): Sql {
  const alternatives = (() => {
    switch (filter.by) {
      case 'id':
        return filter.any.map((id) => ({ text: 'id = ?', values: [id] }));
      case 'subject':
      case 'device':
        return filter.any.map((value) => ({ text: `${filter.by} = ?`, values: [value] }));
      case 'identifier':
        return filter.any.map(identifierSql);
      case 'code':
        return filter.any.map(codeSql);
      case 'subject-identifier':
        return filter.any.map((token) =>
          tokenSql(token, { value: 'subject_value', system: 'subject_system' }),
        );
      case 'date':
        return filter.any.map(({ prefix, range }) => {
          const sql = dateSql(prefix, range, { low: 'date_low', high: 'date_high' });
          return { text: `(${sql.text} AND date_high > ?)`, values: [...sql.values, NO_DATE] };
        });
      case 'updated':
        return filter.any.map(({ prefix, range }) =>
          dateSql(prefix, range, { low: 'updated', high: 'updated' }),
        );
    }
  })();
  const any = join(alternatives, ' OR ');
  return { text: `(${any.text})`, values: any.values };
}

/** An identifier names few rows: they are looked up first. */
function identifierSql(token: Token): Sql {
  const sql = tokenSql(token, { value: 'value', system: 'system' });
  return {
    text: `row IN (SELECT row FROM tokens WHERE parameter = 'identifier' AND ${sql.text})`,
    values: sql.values,
  };
}

/** A code names very many rows: each row found otherwise is asked for it. */
function codeSql(token: Token): Sql {
  const sql = tokenSql(token, { value: 'tokens.value', system: 'tokens.system' });
  return {
    text: `EXISTS (SELECT 1 FROM tokens
      WHERE parameter = 'code' AND tokens.row = resources.row AND ${sql.text})`,
    values: sql.values,
  };
}

function tokenSql(token: Token, columns: { value: string; system: string }): Sql {
  const parts: Sql[] = [];
  if (token.value !== undefined)
    parts.push({ text: `${columns.value} = ?`, values: [token.value] });
  if (token.system !== undefined) {
    parts.push({ text: `${columns.system} = ?`, values: [token.system] });
  }
  return join(parts, ' AND ');
}

/** R4 search, 3.1.1.5.6: the ranges of the parameter and of the resource are compared. */
function dateSql(
  prefix: DatePrefix,
  range: { low: number; high: number },
  { low, high }: { low: string; high: string },
): Sql {
  switch (prefix) {
    case 'eq':
      return { text: `(${low} >= ? AND ${high} <= ?)`, values: [range.low, range.high] };
    case 'ne':
      return { text: `(${low} < ? OR ${high} > ?)`, values: [range.low, range.high] };
    case 'gt':
      return { text: `${high} > ?`, values: [range.high] };
    case 'ge':
      return { text: `${high} >= ?`, values: [range.low] };
    case 'lt':
      return { text: `${low} < ?`, values: [range.low] };
    case 'le':
      return { text: `${low} <= ?`, values: [range.high] };
    case 'sa':
      return { text: `${low} > ?`, values: [range.high] };
    case 'eb':
      return { text: `${high} < ?`, values: [range.low] };
  }
}

function join(parts: readonly Sql[], by: string): Sql {
  return {
    text: parts.map((part) => part.text).join(by),
    values: parts.flatMap((part) => part.values),
  };
}
