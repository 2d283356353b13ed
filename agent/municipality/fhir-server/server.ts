import { FhirRouter } from '@medplum/fhir-router';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { codeOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../store.ts';
import { at, isObject, type JsonObject, parseJson } from '../json.ts';
import { capabilityStatement } from './metadata.ts';
import { FhirProblem, problemOf, statusOf } from './problem.ts';
import { SqliteRepository } from './repository.ts';
import { createResourceStore } from './resource-store.ts';
import { parseSearch } from './search-parse.ts';
import { searchsetOf } from './searchset.ts';
import { createBundles } from './transaction.ts';

/** Largest request body, bytes: an envelope and its joined backlog fit. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

const FHIR_JSON = 'application/fhir+json; charset=utf-8';

export interface FhirServerDeps {
  /** Opened with FHIR_MIGRATIONS. */
  readonly db: Database;
  readonly now: () => number;
  readonly newId: () => string;
  readonly version: string;
  readonly acceptSimulated: boolean;
  /** Address of the server, `http://HOST:PORT/fhir`, once it listens. */
  readonly base: () => string;
  readonly log: Log;
  /** Told of each transaction that came over HTTP, after its commit and before its answer. */
  readonly afterTransaction?: (bundle: JsonObject, response: JsonObject) => void;
}

export type FhirServer = ReturnType<typeof createFhirServer>;

/** The embedded FHIR R4 server: the store, its transactions, and its routes under `/fhir`. */
export function createFhirServer(deps: FhirServerDeps) {
  const { acceptSimulated, base, log } = deps;
  const store = createResourceStore(deps);
  const bundles = createBundles({ store, acceptSimulated, base });
  const onFailure = (error: unknown) => log.warn({ event: 'fhir-failed', code: codeOf(error) });
  const repository = new SqliteRepository({ store, acceptSimulated, onFailure });
  const router = new FhirRouter();
  const started = new Date(deps.now()).toISOString();

  /** Takes a Bundle; the answer is after the commit. Throws FhirProblem, or the store's own error. */
  function bundle(body: unknown): JsonObject {
    const type = at(body, 'type');
    if (!isObject(body) || body.resourceType !== 'Bundle') {
      throw new FhirProblem('structure', 'A Bundle is POSTed to the base address');
    }
    if (type === 'transaction') return bundles.transaction(body);
    if (type === 'batch') return bundles.batch(body);
    throw new FhirProblem('code-invalid', 'Bundle.type is neither transaction nor batch');
  }

  function search(type: string, query: string): JsonObject {
    const page = store.search(parseSearch(type, new URLSearchParams(query)));
    return searchsetOf(page, { base: base(), asked: { path: type, query } });
  }

  /** One entry, as a request of its own: the conditional forms, which the Bundle rules decide. */
  function conditional(request: FastifyRequest<Typed>, reply: FastifyReply, condition: JsonObject) {
    const entry = { resource: request.body, request: condition };
    const answer = bundles.single(entry);
    return send(reply, answer.status, answer.resource, base());
  }

  async function routed(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const path = (request.url.split('?')[0] ?? '').replace(/^\/fhir/, '');
    const [outcome, resource] = await router.handleRequest(
      {
        method: request.method as 'GET' | 'POST' | 'PUT',
        url: path,
        pathname: '',
        body: request.body,
        params: {},
        query: {},
        headers: request.headers,
      },
      repository,
    );
    if (!resource) return send(reply, statusOf(outcome), outcome, base());
    return send(reply, outcome.id === 'created' ? 201 : 200, resource, base());
  }

  function routes(app: FastifyInstance): void {
    speakFhir(app, onFailure);
    app.post('/', (request, reply) => {
      const answer = bundle(request.body);
      if (answer.type === 'transaction-response') {
        deps.afterTransaction?.(request.body as JsonObject, answer);
      }
      return send(reply, 200, answer, base());
    });
    app.get('/metadata', (_request, reply) =>
      send(
        reply,
        200,
        capabilityStatement({ version: deps.version, base: base(), date: started }),
        base(),
      ),
    );
    app.get<Typed>('/:type', (request, reply) =>
      send(reply, 200, search(request.params.type, queryOf(request)), base()),
    );
    app.post<Typed>('/:type/_search', (request, reply) => {
      const form = typeof request.body === 'string' ? request.body : '';
      const query = [queryOf(request), form].filter((part) => part !== '').join('&');
      return send(reply, 200, search(request.params.type, query), base());
    });
    app.post<Typed>('/:type', (request, reply) => {
      const ifNoneExist = request.headers['if-none-exist'];
      if (ifNoneExist === undefined) return routed(request, reply);
      const url = request.params.type;
      return conditional(request, reply, { method: 'POST', url, ifNoneExist: `${ifNoneExist}` });
    });
    app.put<Typed>('/:type', (request, reply) => {
      const url = `${request.params.type}?${queryOf(request)}`;
      return conditional(request, reply, { method: 'PUT', url });
    });
    app.get('/:type/:id', routed);
    app.put('/:type/:id', routed);
    app.get('/:type/:id/_history', routed);
    app.get('/:type/:id/_history/:version', routed);
  }

  /** Adds the routes under `/fhir`. */
  function register(app: FastifyInstance): void {
    app.register(
      (scope, _options, done) => {
        routes(scope);
        done();
      },
      { prefix: '/fhir' },
    );
  }

  return { bundle, store, register };
}

type Typed = { Params: { type: string } };

function queryOf(request: FastifyRequest): string {
  return request.url.split(/\?(.*)/s)[1] ?? '';
}

/** Answers with a resource; one with a version says where it is and which (R4 3.1.0.1.6). */
function send(reply: FastifyReply, status: number, resource: unknown, base: string): FastifyReply {
  const version = at(resource, 'meta', 'versionId');
  if (typeof version === 'string') {
    const { resourceType, id } = resource as { resourceType: string; id: string };
    reply.header('etag', `W/"${version}"`);
    reply.header('last-modified', new Date(`${at(resource, 'meta', 'lastUpdated')}`).toUTCString());
    reply.header('location', `${base}/${resourceType}/${id}/_history/${version}`);
  }
  return reply.code(status).type(FHIR_JSON).send(JSON.stringify(resource));
}

/** FHIR's media types in, OperationOutcome for whatever is refused. */
function speakFhir(app: FastifyInstance, onFailure: (error: unknown) => void): void {
  app.removeAllContentTypeParsers();
  const json = ['application/fhir+json', 'application/json'];
  const read = { parseAs: 'string', bodyLimit: BODY_BYTES_MAX } as const;
  app.addContentTypeParser(json, read, async (_: unknown, body: string) => {
    try {
      return parseJson(body);
    } catch {
      throw new FhirProblem('structure', 'The body is not JSON');
    }
  });
  const form = 'application/x-www-form-urlencoded';
  app.addContentTypeParser(form, { parseAs: 'string' }, async (_: unknown, body: string) => body);
  app.setErrorHandler((error, _request, reply) => {
    const status = (error as { statusCode?: number }).statusCode;
    const problem =
      status === 413
        ? new FhirProblem('too-long', 'The body is larger than this server takes')
        : status !== undefined && status < 500
          ? new FhirProblem('invalid', 'The request cannot be read')
          : problemOf(error);
    if (problem.status >= 500) onFailure(error);
    return reply
      .code(status !== undefined && status < 500 ? status : problem.status)
      .type(FHIR_JSON)
      .send(JSON.stringify(problem.outcome));
  });
  app.setNotFoundHandler((request, reply) => {
    const method = ['DELETE', 'PATCH'].includes(request.method);
    const problem = method
      ? new FhirProblem('not-supported', 'This interaction is not supported')
      : new FhirProblem('not-found', 'There is no such address here');
    return reply
      .code(method ? 405 : problem.status)
      .type(FHIR_JSON)
      .send(JSON.stringify(problem.outcome));
  });
}
