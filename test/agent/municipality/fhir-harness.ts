import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttp } from '../../../agent/http.ts';
import { createLog } from '../../../agent/log.ts';
import { FHIR_MIGRATIONS } from '../../../agent/municipality/fhir-server/schema.ts';
import {
  createFhirServer,
  type FhirServerDeps,
} from '../../../agent/municipality/fhir-server/server.ts';
import { parseJson } from '../../../agent/municipality/json.ts';
import { openStore } from '../../../agent/store.ts';

export const KEY = new Uint8Array(32).fill(7);
export const PERSON = '4d6f0c1e-9a3b-4c55-8f27-1f2d6f5b7a90';
export const JSON_TYPE = { 'content-type': 'application/fhir+json' };

/** A FHIR server on a fresh encrypted store, asked without a socket. */
export function startFhir(options: Partial<FhirServerDeps> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-fhir-'));
  const db = openStore({ file: join(folder, 'fhir.db'), key: KEY, migrations: FHIR_MIGRATIONS });
  const log = createLog({ level: 'silent', program: 'test' });
  let now = Date.parse('2026-11-20T06:00:00Z');
  const server = createFhirServer({
    db,
    now: () => {
      now += 1;
      return now;
    },
    newId: randomUUID,
    version: '0.0.0',
    acceptSimulated: true,
    base: () => 'http://127.0.0.1:8440/fhir',
    log,
    ...options,
  });
  const app = createHttp({ log, checks: () => [] });
  server.register(app);

  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await app.inject({
      method,
      url: `/fhir${path}`,
      headers: { host: 'localhost', ...(body === undefined ? {} : JSON_TYPE), ...headers },
      ...(body === undefined ? {} : { payload: text }),
    });
    return {
      status: answer.statusCode,
      text: answer.body,
      headers: answer.headers,
      // biome-ignore lint/suspicious/noExplicitAny: an answer is looked into freely here
      body: parseJson(answer.body || 'null') as any,
    };
  }

  async function stop(): Promise<void> {
    await app.close();
    db.close();
    rmSync(folder, { recursive: true });
  }

  return { db, server, ask, stop, [Symbol.asyncDispose]: stop };
}

/** An invented Observation; `changes` replaces members. */
export function observation(identifier: string, changes: object = {}) {
  return {
    resourceType: 'Observation',
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${identifier}` }],
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '15074-8' }] },
    subject: {
      reference: 'Patient/p1',
      identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${PERSON}` },
    },
    effectiveDateTime: '2026-11-20T07:31:12+01:00',
    valueQuantity: {
      value: 6,
      unit: 'mmol/L',
      system: 'http://unitsofmeasure.org',
      code: 'mmol/L',
    },
    ...changes,
  };
}

/** A create entry of a transaction, conditional on the resource's first identifier. */
export function createEntry(resource: {
  resourceType: string;
  identifier: { system: string; value: string }[];
}) {
  const { system, value } = resource.identifier[0] ?? { system: '', value: '' };
  return {
    fullUrl: `urn:uuid:${randomUUID()}`,
    resource,
    request: {
      method: 'POST',
      url: resource.resourceType,
      ifNoneExist: `identifier=${system}|${value}`,
    },
  };
}

export function transaction(entry: unknown[], id: string = randomUUID()) {
  return {
    resourceType: 'Bundle',
    identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` },
    type: 'transaction',
    entry,
  };
}
