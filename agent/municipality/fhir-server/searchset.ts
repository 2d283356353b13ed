import { type JsonObject, parseJson } from '../json.ts';
import type { Page, Stored } from './resource-store.ts';

/** A page of results as a searchset; `base` is the server's address, `asked` what was asked of it. */
export function searchsetOf(
  page: Page,
  { base, asked }: { base: string; asked?: { path: string; query: string } },
): JsonObject {
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: page.total,
    ...(asked ? { link: links(page, { ...asked, path: `${base}/${asked.path}` }) } : {}),
    entry: page.rows.map((row) => ({
      fullUrl: `${base}/${row.type}/${row.id}`,
      resource: parseJson(row.body),
      search: { mode: 'match' },
    })),
  };
}

/** The versions of one resource, newest first. */
export function historyOf(versions: readonly Stored[]): JsonObject {
  return {
    resourceType: 'Bundle',
    type: 'history',
    total: versions.length,
    entry: versions.map((row) => ({
      resource: parseJson(row.body),
      request: { method: row.version === 1 ? 'POST' : 'PUT', url: row.type },
      response: {
        status: row.version === 1 ? '201 Created' : '200 OK',
        etag: `W/"${row.version}"`,
        lastModified: new Date(row.updated).toISOString(),
      },
    })),
  };
}

function links(page: Page, { path, query }: { path: string; query: string }): JsonObject[] {
  const link = (relation: string, parameters: string) => ({
    relation,
    url: parameters === '' ? path : `${path}?${parameters}`,
  });
  if (page.cursor === undefined) return [link('self', query)];
  const next = new URLSearchParams(query);
  next.set('_cursor', page.cursor);
  return [link('self', query), link('next', next.toString())];
}
