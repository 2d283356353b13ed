import { at, isObject, type JsonObject, objects, parseJson, textOf } from '../json.ts';
import { FhirProblem, problemOf } from './problem.ts';
import type { ResourceStore, Stored } from './resource-store.ts';
import { parseCriteria, parseSearch } from './search-parse.ts';
import { searchsetOf } from './searchset.ts';
import { checkResource, isResourceType, type Resource } from './validate.ts';

/** What one entry became. */
export interface EntryResult {
  readonly status: number;
  readonly stored?: Stored;
  readonly resource?: JsonObject;
}

/** An entry that writes, and where it goes: decided before anything is written. */
interface Planned {
  readonly resource: Resource;
  readonly id: string;
  readonly does: 'create' | 'update' | 'keep';
  readonly ifMatch?: string;
}

/** Transactions and batches (R4 RESTful API, 3.1.0.11) over the store. */
export function createBundles(deps: {
  readonly store: ResourceStore;
  readonly acceptSimulated: boolean;
  /** Address of the server, for fullUrl. */
  readonly base: () => string;
}) {
  const { store } = deps;

  /** All or nothing in one SQLite transaction; the answer is given after its commit. */
  function transaction(bundle: JsonObject): JsonObject {
    const entries = entriesOf(bundle);
    const results = store.transaction(() => {
      const plans = plan(entries);
      const references = referencesOf(entries, plans);
      const written = plans.map((one) => one && write(one, references));
      return entries.map((entry, index) => written[index] ?? get(entry));
    });
    return responseBundle('transaction-response', results.map(responseEntry));
  }

  /** Each entry for itself: one that is refused leaves the others. */
  function batch(bundle: JsonObject): JsonObject {
    const answers = entriesOf(bundle).map((entry) => {
      try {
        return responseEntry(one(entry));
      } catch (error) {
        const { status, outcome } = problemOf(error);
        return { response: { status: String(status), outcome } };
      }
    });
    return responseBundle('batch-response', answers);
  }

  /** One conditional write as a request of its own. */
  function single(entry: JsonObject): { status: number; resource: JsonObject } {
    const { status, stored } = one(entry);
    return { status, resource: parseJson(stored?.body ?? 'null') as JsonObject };
  }

  function one(entry: JsonObject): EntryResult {
    return store.transaction(() => {
      const [planned] = plan([entry]);
      return planned ? write(planned, new Map()) : get(entry);
    });
  }

  function plan(entries: readonly JsonObject[]): (Planned | undefined)[] {
    const created = new Map<string, string>();
    const updated = new Set<string>();
    const claim = (name: string) => {
      // R4 3.1.0.11.2: two writes of one resource in a transaction have no order.
      if (updated.has(name) || created.has(name)) {
        throw new FhirProblem('invalid', 'Two entries write the same resource');
      }
      updated.add(name);
    };
    return entries.map((entry) => {
      const { method, type, query, id } = requestOf(entry);
      if (method === 'GET') return undefined;
      const resource = checkResource(entry.resource, {
        acceptSimulated: deps.acceptSimulated,
        expected: type,
      });
      if (method === 'POST') return planCreate(entry, resource, created);
      const ifMatch = textOf(at(entry, 'request', 'ifMatch'))?.replace(/^W\/"|"$/g, '');
      const target = id ?? store.match(parseCriteria(type, query));
      claim(target === undefined ? `${type}?${query}` : `${type}/${target}`);
      const does = target === undefined ? 'create' : 'update';
      checkId(resource, target);
      return {
        resource,
        id: target ?? store.newId(),
        does,
        ...(ifMatch === undefined ? {} : { ifMatch }),
      };
    });
  }

  /** Entries with one and the same condition are one resource: a joined backlog names its person often. */
  function planCreate(
    entry: JsonObject,
    resource: Resource,
    created: Map<string, string>,
  ): Planned {
    const condition = textOf(at(entry, 'request', 'ifNoneExist'));
    if (condition === undefined) return { resource, id: store.newId(), does: 'create' };
    const key = `${resource.resourceType}?${condition}`;
    const existing =
      created.get(key) ?? store.match(parseCriteria(resource.resourceType, condition));
    if (existing !== undefined) return { resource, id: existing, does: 'keep' };
    const id = store.newId();
    created.set(key, id);
    return { resource, id, does: 'create' };
  }

  function write(planned: Planned, references: ReadonlyMap<string, string>): EntryResult {
    const { resource, id, does, ifMatch } = planned;
    if (does === 'keep') {
      return { status: 200, ...withStored(store.read(resource.resourceType, id)) };
    }
    const resolved = resolve(resource, references) as Resource;
    if (does === 'create') return { status: 201, stored: store.create(resolved, id) };
    return { status: 200, stored: store.update(resolved, id, ifMatch) };
  }

  function get(entry: JsonObject): EntryResult {
    const { type, id, query } = requestOf(entry);
    if (id === undefined) {
      const search = parseSearch(type, new URLSearchParams(query));
      return { status: 200, resource: searchsetOf(store.search(search), { base: deps.base() }) };
    }
    const stored = isResourceType(type) ? store.read(type, id) : undefined;
    if (!stored) throw new FhirProblem('not-found', 'There is no resource with this id');
    return { status: 200, stored, resource: parseJson(stored.body) as JsonObject };
  }

  return { transaction, batch, single };
}

/** R4 3.1.0.4.3: a resource that states an id is written under that id, or not at all. */
export function checkId(resource: Resource, target: string | undefined): void {
  if (resource.id !== undefined && resource.id !== target) {
    throw new FhirProblem('invalid', 'The id in the resource is not the one that is written');
  }
}

function withStored(stored: Stored | undefined): { stored?: Stored } {
  return stored ? { stored } : {};
}

function entriesOf(bundle: JsonObject): JsonObject[] {
  const entries = bundle.entry ?? [];
  if (!Array.isArray(entries) || !entries.every(isObject)) {
    throw new FhirProblem('structure', 'Bundle.entry is not a list of entries');
  }
  return objects(entries);
}

function requestOf(entry: JsonObject) {
  const method = textOf(at(entry, 'request', 'method'));
  const url = textOf(at(entry, 'request', 'url'));
  if (method === undefined || url === undefined) {
    throw new FhirProblem('required', 'Bundle.entry.request with method and url is missing');
  }
  if (!['GET', 'POST', 'PUT'].includes(method)) {
    throw new FhirProblem('not-supported', 'Entries are GET, POST or PUT');
  }
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const [type = '', id, ...rest] = path.split('/').filter((part) => part !== '');
  if (rest.length > 0 || (method === 'POST' && id !== undefined)) {
    throw new FhirProblem('invalid', 'Bundle.entry.request.url is not an address of this server');
  }
  return { method, type, query, id };
}

/** Where each fullUrl of the Bundle points after it. Throws when one name means two resources. */
function referencesOf(
  entries: readonly JsonObject[],
  plans: readonly (Planned | undefined)[],
): Map<string, string> {
  const references = new Map<string, string>();
  entries.forEach((entry, index) => {
    const fullUrl = textOf(entry.fullUrl);
    const planned = plans[index];
    if (fullUrl === undefined || !planned) return;
    const reference = `${planned.resource.resourceType}/${planned.id}`;
    if ((references.get(fullUrl) ?? reference) !== reference) {
      throw new FhirProblem('invalid', 'One fullUrl names two resources');
    }
    references.set(fullUrl, reference);
  });
  return references;
}

/**
 * The value with each `reference` to an entry of the Bundle replaced by the server's. A reference
 * that only the Bundle could explain, and does not, is refused: it would dangle for ever.
 */
function resolve(value: unknown, references: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => resolve(one, references));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (name !== 'reference' || typeof inner !== 'string') {
        return [name, resolve(inner, references)];
      }
      const resolved = references.get(inner);
      if (resolved === undefined && /^urn:|\?/.test(inner)) {
        throw new FhirProblem('value', 'A reference names no entry of the Bundle');
      }
      return [name, resolved ?? inner];
    }),
  );
}

function responseEntry({ status, stored, resource }: EntryResult): JsonObject {
  return {
    ...(resource ? { resource } : {}),
    response: {
      status: status === 201 ? '201 Created' : '200 OK',
      ...(stored
        ? {
            location: `${stored.type}/${stored.id}/_history/${stored.version}`,
            etag: `W/"${stored.version}"`,
            lastModified: new Date(stored.updated).toISOString(),
          }
        : {}),
    },
  };
}

function responseBundle(type: string, entry: readonly JsonObject[]): JsonObject {
  return { resourceType: 'Bundle', type, entry };
}
