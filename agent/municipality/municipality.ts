import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { HttpsTransportConfig, MunicipalityConfig } from '../../config/schema.ts';
import { bearer, createFhirClient, type FhirClient } from '../../fhir/client.ts';
import type { Clock } from '../clock.ts';
import { CodedError, codeOf } from '../errors.ts';
import { createHttp } from '../http.ts';
import type { Log } from '../log.ts';
import { openStore } from '../store.ts';
import { startBroker } from './broker.ts';
import { registerDesk } from './desk/desk.ts';
import { FHIR_MIGRATIONS } from './fhir-server/schema.ts';
import { createFhirServer, type FhirServer, type FhirServerDeps } from './fhir-server/server.ts';
import { createMetrics } from './metrics.ts';
import { createRelay, type Relay } from './relay.ts';
import { RELAY_MIGRATIONS } from './relay-schema.ts';
import { createRelayStore } from './relay-store.ts';
import { embeddedSink, remoteSink, type Sink } from './sink.ts';
import { type Subscriber, subscribe } from './subscriber.ts';

/** One try at a FHIR server by address: within the relay's own limit for an envelope. */
const FHIR_TIMEOUT_MS = 9_000;

export interface MunicipalityOptions {
  readonly config: MunicipalityConfig;
  /** Store key, 32 bytes. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
}

export interface Municipality {
  /** FHIR base: where the envelope is POSTed, and where readings are read. */
  readonly fhirUrl: string;
  readonly deskUrl: string;
  /** The embedded broker; absent with a broker by address. */
  readonly mqttUrl?: string;
  /**
   * Writes each resource as one JSON line, as stored, in the order of arrival: `received.ndjson` has
   * the Observations, `devices.ndjson` the Devices they refer to. How many Observations.
   */
  exportTo(folder: string): Promise<number>;
  /** Stops listening, then closes the stores. */
  stop(): Promise<void>;
}

/**
 * Starts the receiving side: FHIR server, desk, then the relay, which is subscribed when this
 * fulfils if the broker is the embedded one. Throws CodedError when a store or port cannot be had;
 * whatever was started by then is stopped again.
 */
export async function startMunicipality(options: MunicipalityOptions): Promise<Municipality> {
  const { config, key, clock, log } = options;
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const closing: (() => unknown)[] = [];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const file = join(config.data, 'relay.db');
    const db = openStore({ file, key, migrations: RELAY_MIGRATIONS });
    closing.push(() => db.close());
    const store = createRelayStore({ db, now: clock.now });
    const metrics = createMetrics();
    let relay: Relay | undefined;
    let subscriber: Subscriber | undefined;
    const fhir = await startFhir(options, closing, (...posted) => relay?.posted(...posted));
    relay = createRelay({
      store,
      sink: fhir.sink,
      acceptSimulated: config.acceptSimulated,
      publish: (topic, payload) => subscriber?.publish(topic, payload),
      log,
      metrics,
    });
    closing.push(relay.close);
    const checks = () => [
      { name: 'store', ok: db.open },
      {
        name: 'broker',
        ok: subscriber?.connected() ?? false,
        ...(subscriber?.connected() ? {} : { code: 'broker-unavailable' }),
      },
    ];
    const desk = createHttp({ log, checks, metrics: metrics.registry, hosts: [config.http.host] });
    registerDesk(desk, { store, relay });
    const deskUrl = await listen(desk, config.http, closing);
    const embedded = config.mqtt.type === 'embedded' ? await startBroker(config.mqtt) : undefined;
    if (embedded) closing.push(embedded.close);
    const ready = Promise.withResolvers<void>();
    subscriber = subscribe({
      broker: config.mqtt.type === 'embedded' ? { url: embedded?.url ?? '' } : config.mqtt,
      // What the embedded broker speaks.
      protocolVersion: embedded ? 4 : 5,
      take: relay.take,
      onChange: (on) => {
        metrics.connected.set(on ? 1 : 0);
        if (on) ready.resolve();
      },
      log,
    });
    closing.push(subscriber.close);
    // A broker of one's own is there at once; another may come later, and is waited for in operation.
    if (embedded) await ready.promise;
    log.info({ event: 'municipality-started', version: options.version });
    return {
      fhirUrl: fhir.url,
      deskUrl,
      ...(embedded ? { mqttUrl: embedded.url } : {}),
      exportTo: async (folder) => exportTo(fhir.server, folder),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Fhir {
  readonly url: string;
  readonly sink: Sink;
  readonly server?: FhirServer;
}

async function startFhir(
  options: MunicipalityOptions,
  closing: (() => unknown)[],
  posted: NonNullable<FhirServerDeps['afterTransaction']>,
): Promise<Fhir> {
  const { config, key, clock, log, version } = options;
  if (config.fhir.type === 'https') {
    const client = fhirClient(config.fhir);
    closing.push(client.close);
    return { url: config.fhir.url, sink: remoteSink(client) };
  }
  const file = join(config.data, 'fhir.db');
  const db = openStore({ file, key, migrations: FHIR_MIGRATIONS });
  closing.push(() => db.close());
  let url = '';
  const server = createFhirServer({
    db,
    now: clock.now,
    newId: randomUUID,
    version,
    acceptSimulated: config.acceptSimulated,
    base: () => url,
    log,
    afterTransaction: posted,
  });
  const checks = () => [{ name: 'store', ok: db.open }];
  const app = createHttp({ log, checks, hosts: [config.fhir.host] });
  server.register(app);
  url = `${await listen(app, config.fhir, closing)}/fhir`;
  return { url, server, sink: embeddedSink(server) };
}

function fhirClient(config: HttpsTransportConfig): FhirClient {
  const { url, tokenFile, caFile, certFile, keyFile } = config;
  return createFhirClient({
    baseUrl: url,
    timeoutMs: FHIR_TIMEOUT_MS,
    ...(tokenFile === undefined
      ? {}
      : { token: bearer(() => readFileSync(tokenFile, 'utf8').trim()) }),
    proxy: config.proxy,
    tls: () => ({
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }),
      ...(certFile === undefined ? {} : { cert: readFileSync(certFile, 'utf8') }),
      ...(keyFile === undefined ? {} : { key: readFileSync(keyFile, 'utf8') }),
    }),
  });
}

/** Listens and returns the address. Throws CodedError `port-taken`. */
async function listen(
  app: FastifyInstance,
  at: { readonly host: string; readonly port: number },
  closing: (() => unknown)[],
): Promise<string> {
  closing.push(() => app.close());
  try {
    // A copy: the configuration is frozen, and fastify writes on what it is given.
    await app.listen({ host: at.host, port: at.port });
  } catch (error) {
    throw new CodedError(
      'port-taken',
      `The municipality cannot listen on port ${at.port} (${codeOf(error)})`,
      'Stop the program that uses the port, or choose another: in the configuration, or with --port in the demo.',
      error,
    );
  }
  return `http://${at.host}:${(app.server.address() as AddressInfo).port}`;
}

function exportTo(server: FhirServer | undefined, folder: string): number {
  if (!server) {
    throw new CodedError(
      'export-elsewhere',
      'The Observations are at the FHIR server by address, not here',
      'Read them there, or run the municipality with its embedded FHIR server.',
    );
  }
  writeLines(join(folder, 'devices.ndjson'), server.store.all('Device'));
  return writeLines(join(folder, 'received.ndjson'), server.store.all('Observation'));
}

function writeLines(file: string, rows: Iterable<{ readonly body: string }>): number {
  const out = openSync(file, 'w', 0o600);
  try {
    let count = 0;
    for (const { body } of rows) {
      writeSync(out, `${body}\n`);
      count += 1;
    }
    return count;
  } finally {
    closeSync(out);
  }
}
