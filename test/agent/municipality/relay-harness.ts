import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { type Receipt, receiptSchema } from '../../../agent/contract/messages.ts';
import { topics } from '../../../agent/contract/topics.ts';
import { createLog } from '../../../agent/log.ts';
import { createMetrics } from '../../../agent/municipality/metrics.ts';
import { createRelay } from '../../../agent/municipality/relay.ts';
import { RELAY_MIGRATIONS } from '../../../agent/municipality/relay-schema.ts';
import { createRelayStore } from '../../../agent/municipality/relay-store.ts';
import { embeddedSink, type Sink } from '../../../agent/municipality/sink.ts';
import { openStore } from '../../../agent/store.ts';
import { KEY, startFhir } from './fhir-harness.ts';

export const HOME = 'gw-aaaabbbbccccdddd';
export const OTHER_HOME = 'gw-eeeeffffgggghhhh';
const OBSERVATIONS = topics.observations(HOME, 'homecare');

/**
 * For the tests of a file: each has a FHIR server and a folder of its own, in which a relay can be
 * started, stopped and started again.
 */
export function relayGround() {
  let fhir: ReturnType<typeof startFhir>;
  let folder: string;
  beforeEach(() => {
    fhir = startFhir();
    folder = mkdtempSync(join(tmpdir(), 'iomt-relay-'));
  });
  afterEach(async () => {
    vi.useRealTimers();
    await fhir.stop();
    rmSync(folder, { recursive: true });
  });
  return {
    get fhir() {
      return fhir;
    },
    start: (options: RelayOptions = {}) =>
      startRelay(folder, { sink: embeddedSink(fhir.server), acceptSimulated: true, ...options }),
    observationsStored: async () => (await fhir.ask('GET', '/Observation')).body.total,
  };
}

interface RelayOptions {
  readonly sink?: Sink;
  readonly acceptSimulated?: boolean;
}

/** A relay without a broker: what comes is handed to it, and what it answers is kept. */
function startRelay(folder: string, options: Required<RelayOptions>) {
  const db = openStore({ file: join(folder, 'relay.db'), key: KEY, migrations: RELAY_MIGRATIONS });
  const store = createRelayStore({ db, now: () => Date.parse('2026-11-20T06:32:07Z') });
  const sent: { topic: string; receipt: Receipt }[] = [];
  const lines: string[] = [];
  const relay = createRelay({
    store,
    ...options,
    publish: (topic, payload) =>
      sent.push({ topic, receipt: receiptSchema.parse(JSON.parse(payload)) }),
    log: createLog({
      level: 'debug',
      program: 'test',
      destination: { write: (line) => lines.push(line) },
    }),
    metrics: createMetrics(),
  });
  return {
    relay,
    store,
    db,
    lines,
    take: (payload: string | Uint8Array, topic = OBSERVATIONS) =>
      relay.take(topic, typeof payload === 'string' ? new TextEncoder().encode(payload) : payload),
    /** What was answered since the last look, shortly. */
    answers: () =>
      sent
        .splice(0)
        .map(({ receipt }) => [
          receipt.seq,
          receipt.id,
          receipt.state,
          ...(receipt.reason ? [receipt.reason] : []),
        ]),
    sent,
    stop: () => {
      relay.close();
      db.close();
    },
    status: (receiptSeq: number, online = true, gateway = HOME) =>
      relay.take(
        topics.status(gateway),
        new TextEncoder().encode(
          JSON.stringify({
            v: 1,
            online,
            version: '0.0.0',
            since: '2026-11-20T06:00:00Z',
            receiptSeq,
          }),
        ),
      ),
  };
}
