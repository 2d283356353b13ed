import type { Database } from '../../store.ts';
import { isObject, parseJson } from '../json.ts';
import { indexValues } from './index-values.ts';
import { FhirProblem } from './problem.ts';
import type { Search } from './search-parse.ts';
import { matchSql, pageSql, totalSql } from './search-sql.ts';
import type { Resource, ResourceType } from './validate.ts';

/** A version of a resource as it is served, number text kept. */
export interface Stored {
  readonly type: ResourceType;
  readonly id: string;
  readonly version: number;
  /** Milliseconds since 1970 UTC. */
  readonly updated: number;
  readonly body: string;
}

export interface Page {
  readonly rows: readonly Stored[];
  readonly total: number;
  /** Names the next page; absent on the last. */
  readonly cursor?: string;
}

export type ResourceStore = ReturnType<typeof createResourceStore>;

type Row = Omit<Stored, 'type'>;

/**
 * Resources on SQLite. Every call is synchronous, so that a transaction of many is one SQLite
 * transaction and nobody else's statement can stand between. Throws FhirProblem for what a client
 * did; anything else is the store's own failure.
 */
export function createResourceStore(deps: {
  readonly db: Database;
  readonly now: () => number;
  readonly newId: () => string;
}) {
  const { db, now, newId } = deps;
  const rows = createRows(db);

  function create(resource: Resource, id: string = newId()): Stored {
    return put(resource, { id, version: 1 });
  }

  /** Same content again is no new version: a repeated correction leaves one. */
  function update(resource: Resource, id: string, ifMatch?: string): Stored {
    const before = read(resource.resourceType, id);
    if (!before) throw new FhirProblem('not-found', 'There is no resource with this id');
    if (ifMatch !== undefined && ifMatch !== String(before.version)) {
      throw new FhirProblem('conflict', 'The resource has another version by now');
    }
    if (content(parseJson(before.body)) === content(resource)) return before;
    rows.keepVersion.run(before);
    const after = put(resource, { id, version: before.version + 1 });
    if (isTakenBack(resource)) forgetValues(resource, id);
    return after;
  }

  /** Taken back, it is nobody's to read any more: earlier versions stay countable, without what they said. */
  function forgetValues(resource: Resource, id: string): void {
    for (const { version, updated } of rows.versions.all(resource.resourceType, id)) {
      const body = served(resource, { id, version, updated });
      rows.rewriteVersion.run(body, resource.resourceType, id, version);
    }
  }

  function put(resource: Resource, as: { id: string; version: number }): Stored {
    const updated = now();
    const body = served(resource, { ...as, updated });
    const values = indexValues(resource);
    const { date, tokens, ...columns } = values;
    const bound = { type: resource.resourceType, ...as, updated, body, ...columns };
    const row = rows.put.get({ ...bound, dateLow: date.low, dateHigh: date.high })?.row;
    rows.dropTokens.run(row);
    for (const token of tokens) rows.putToken.run({ ...token, row });
    return { type: resource.resourceType, ...as, updated, body };
  }

  function read(type: ResourceType, id: string): Stored | undefined {
    const row = rows.read.get(type, id);
    return row && { type, ...row };
  }

  function version(type: ResourceType, id: string, version: number): Stored | undefined {
    const current = read(type, id);
    if (current?.version === version) return current;
    const row = rows.version.get(type, id, version);
    return row && { type, ...row };
  }

  /** Newest first. */
  function history(type: ResourceType, id: string): Stored[] {
    const current = read(type, id);
    if (!current) return [];
    return [current, ...rows.versions.all(type, id).map((row) => ({ type, ...row }))];
  }

  function search(asked: Search): Page {
    const page = pageSql(asked);
    const found = db
      .prepare<unknown[], Row & { row: number; sortValue: number }>(page.text)
      .all(...page.values);
    const total = totalSql(asked);
    const last = found.length > asked.count ? found[asked.count - 1] : undefined;
    return {
      rows: found.slice(0, asked.count).map(({ id, version, updated, body }) => {
        return { type: asked.type, id, version, updated, body };
      }),
      total: db.prepare<unknown[], { total: number }>(total.text).get(...total.values)?.total ?? 0,
      ...(last ? { cursor: `${last.sortValue}.${last.row}` } : {}),
    };
  }

  /** The one id that a condition names, if any. Throws 412 when it names several. */
  function match(asked: Search): string | undefined {
    const sql = matchSql(asked);
    const ids = db.prepare<unknown[], { id: string }>(sql.text).all(...sql.values);
    if (ids.length > 1) {
      throw new FhirProblem('multiple-matches', 'The condition matches more than one resource');
    }
    return ids[0]?.id;
  }

  return {
    create,
    update,
    read,
    version,
    history,
    search,
    match,
    newId,
    /** Everything of a type as stored, in the order in which it was created. */
    all: (type: ResourceType): IterableIterator<{ body: string }> => rows.all.iterate(type),
    /** All or nothing; the commit is on disk when it returns. */
    transaction: <T>(work: () => T): T => db.transaction(work).immediate(),
  };
}

function createRows(db: Database) {
  return {
    read: db.prepare<[string, string], Row>(
      'SELECT id, version, updated, body FROM resources WHERE type = ? AND id = ?',
    ),
    version: db.prepare<[string, string, number], Row>(
      'SELECT id, version, updated, body FROM versions WHERE type = ? AND id = ? AND version = ?',
    ),
    versions: db.prepare<[string, string], Row>(
      `SELECT id, version, updated, body FROM versions WHERE type = ? AND id = ?
       ORDER BY version DESC`,
    ),
    all: db.prepare<[string], { body: string }>(
      'SELECT body FROM resources WHERE type = ? ORDER BY row',
    ),
    keepVersion: db.prepare<[Stored]>(
      'INSERT INTO versions VALUES (:type, :id, :version, :updated, :body)',
    ),
    rewriteVersion: db.prepare<[string, string, string, number]>(
      'UPDATE versions SET body = ? WHERE type = ? AND id = ? AND version = ?',
    ),
    put: db.prepare<[Record<string, unknown>], { row: number }>(
      `INSERT INTO resources (type, id, version, updated, subject, subject_system, subject_value,
         device, date_low, date_high, body)
       VALUES (:type, :id, :version, :updated, :subject, :subjectSystem, :subjectValue,
         :device, :dateLow, :dateHigh, :body)
       ON CONFLICT (type, id) DO UPDATE SET version = :version, updated = :updated,
         subject = :subject, subject_system = :subjectSystem, subject_value = :subjectValue,
         device = :device, date_low = :dateLow, date_high = :dateHigh, body = :body
       RETURNING row`,
    ),
    dropTokens: db.prepare('DELETE FROM tokens WHERE row = ?'),
    putToken: db.prepare<[Record<string, unknown>]>(
      'INSERT OR IGNORE INTO tokens VALUES (:parameter, :value, :row, :system)',
    ),
  };
}

/** A reading of somebody else's, entered in error (FHIR R4, ObservationStatus). */
const isTakenBack = (resource: Resource): boolean =>
  resource.resourceType === 'Observation' && resource.status === 'entered-in-error';

/** The text that is stored and served: the resource with the server's id, version and time. */
function served(resource: Resource, as: { id: string; version: number; updated: number }): string {
  const { resourceType, id: _id, meta, ...rest } = resource;
  return JSON.stringify({
    resourceType,
    id: as.id,
    meta: {
      ...(isObject(meta) ? meta : {}),
      versionId: String(as.version),
      lastUpdated: new Date(as.updated).toISOString(),
    },
    ...rest,
  });
}

/** What a client wrote, without what the server adds. */
function content(resource: unknown): string {
  if (!isObject(resource)) return '';
  const { id: _id, meta, ...rest } = resource;
  const { versionId: _version, lastUpdated: _updated, ...own } = isObject(meta) ? meta : {};
  return JSON.stringify({ ...rest, meta: own });
}
