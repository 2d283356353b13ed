import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceState } from '../../../adapters/adapter.ts';
import type { BluetoothAdapter } from '../../../adapters/bluetooth/bluetooth.ts';
import type { Capture } from '../../../adapters/measurement.ts';
import { systemClock } from '../../../agent/clock.ts';
import { CodedError } from '../../../agent/errors.ts';
import { type Home, startHome } from '../../../agent/home/home.ts';
import { createLog } from '../../../agent/log.ts';
import { startMunicipality } from '../../../agent/municipality/municipality.ts';
import { withEnrolled } from '../../../config/enrolled.ts';
import { configSchema } from '../../../config/schema.ts';
import { localMs } from '../../../fhir/time.ts';
import { freePort } from '../../support/free-port.ts';

export const ZONE = 'Europe/Oslo';
export const KEY = new Uint8Array(32).fill(7);
/** Clearly invented, and looked for in the logs. */
export const ALFA = 'Canary Testperson-Alfa';
export const BETA = 'Canary Testperson-Beta';
export const CUFF = '00005e005301';

/** What is to be undone after a test, last first. */
export function createCleanup() {
  const closing: (() => unknown)[] = [];
  return {
    add: (close: () => unknown) => void closing.push(close),
    folder(): string {
      const path = mkdtempSync(join(tmpdir(), 'iomt-home-'));
      closing.push(() => rmSync(path, { recursive: true, force: true }));
      return path;
    },
    async run(): Promise<void> {
      for (const close of closing.splice(0).reverse()) await close();
    },
  };
}

export type Cleanup = ReturnType<typeof createCleanup>;

interface Scripted {
  hand(capture: Capture): Promise<void>;
  /** The last visit to the cuff went wrong. */
  fail(failure: string): void;
}

/** A radio that says what the test says: captures go to `keep` as an adapter hands them over. */
function scriptedRadio(): BluetoothAdapter & Scripted {
  const states: DeviceState[] = [];
  let running: ((capture: Capture) => Promise<void>) | undefined;
  return {
    name: 'scripted',
    async run(keep, signal) {
      running = keep;
      await new Promise<void>((done) =>
        signal.addEventListener('abort', () => done(), { once: true }),
      );
      running = undefined;
    },
    fail(failure) {
      states.push({ address: CUFF, failedAt: Date.now(), failure, linked: true });
    },
    hand(capture) {
      if (!running) throw new Error('the adapter does not run');
      return running(capture);
    },
    seen: () => [
      { address: CUFF, services: ['1810'], rssi: -60, connectable: true, at: Date.now() },
    ],
    pair: () => Promise.reject(new CodedError('radio-not-heard', 'Not heard', 'Switch it on.')),
    unpair: () => Promise.resolve(),
    record: () => Promise.resolve([]),
    states: () => states,
    visiting: () => 0,
  };
}

export interface HomeBench {
  readonly home: Home;
  readonly data: string;
  /** Of the pages. */
  readonly port: number;
  readonly logLines: string[];
  /** Gateway time, ms. */
  now(): number;
  /** Hands captures over as one connection, in this order. */
  hand(captures: readonly { characteristic: string; bytes: Uint8Array }[]): Promise<void>;
  /** The last visit to the cuff went wrong. */
  fail(failure: string): void;
  /** The same home again, on the same folder. */
  stop(): Promise<void>;
}

/** A real gateway in this process, with a radio that the test plays. */
export async function startHomeBench(
  cleanup: Cleanup,
  options: {
    readonly recipients: readonly object[];
    readonly data?: string;
    /** Of the store; default {@link KEY}. */
    readonly key?: Uint8Array;
    readonly limits?: object;
    readonly logLines?: string[];
  },
): Promise<HomeBench> {
  const data = options.data ?? cleanup.folder();
  const logLines = options.logLines ?? [];
  const read = configSchema.parse({
    home: {
      data,
      zone: ZONE,
      clock: 'assume-trusted',
      http: { port: await freePort() },
      recipients: options.recipients,
      // Short, so that what was refused is tried again within a test.
      limits: { retryMinMs: 20, retryMaxMs: 100, receiptWaitMs: 5_000, ...options.limits },
    },
  });
  const { home: config } = withEnrolled(read);
  if (!config) throw new Error('no home in the configuration');
  const radio = scriptedRadio();
  const home = await startHome({
    config,
    key: options.key ?? KEY,
    clock: systemClock,
    log: createLog({
      level: 'debug',
      program: 'home',
      destination: { write: (line) => logLines.push(line) },
    }),
    version: '0.0.0',
    bluetooth: () => radio,
  });
  let running = true;
  const stop = async () => {
    if (running) await home.stop();
    running = false;
  };
  cleanup.add(stop);
  return {
    home,
    data,
    port: config.http.port,
    logLines,
    now: () => systemClock.now(),
    fail: radio.fail,
    async hand(captures) {
      const session = randomUUID();
      for (const { characteristic, bytes } of captures) {
        await radio.hand({
          peripheral: CUFF,
          at: systemClock.now(),
          session,
          source: { service: '1810', characteristic },
          bytes,
        });
      }
    },
    stop,
  };
}

/** A receiving side with a broker by address; its own FHIR server on a free port. */
export async function startReceiver(
  cleanup: Cleanup,
  broker?: string,
  login: object = {},
  fhirUrl?: string,
) {
  const [http, fhir, mqtt] = [await freePort(), await freePort(), await freePort()];
  const { municipality: config } = configSchema.parse({
    municipality: {
      data: cleanup.folder(),
      http: { port: http },
      fhir: fhirUrl ? { type: 'https', url: fhirUrl } : { type: 'embedded', port: fhir },
      mqtt: broker ? { type: 'mqtt', url: broker, ...login } : { type: 'embedded', port: mqtt },
      acceptSimulated: true,
    },
  });
  if (!config) throw new Error('no municipality in the configuration');
  const logLines: string[] = [];
  const municipality = await startMunicipality({
    config,
    key: KEY,
    clock: systemClock,
    log: createLog({
      level: 'debug',
      program: 'municipality',
      destination: { write: (line) => logLines.push(line) },
    }),
    version: '0.0.0',
  });
  cleanup.add(municipality.stop);
  return { ...municipality, logLines };
}

/** At home: two people and a cuff with a readable clock, which is Alfa's own. Adopted a while ago. */
export async function furnish(home: Home, recipients: readonly string[], from?: string) {
  const alfa = await home.decisions.addPerson('test', ALFA);
  const beta = await home.decisions.addPerson('test', BETA);
  const cuff = await home.adoption.adopt('test', {
    address: CUFF,
    name: 'Cuff',
    slotKind: 'none',
    facts: { systemId: '00-00-5E-FF-FE-00-53-01', hasClock: true },
    simulated: true,
  });
  await home.decisions.assignDevice('test', cuff.id, { owner: alfa.id });
  for (const recipient of recipients) {
    await home.decisions.givePermission('test', {
      person: alfa.id,
      recipient,
      kinds: ['blood-pressure'],
      ...(from === undefined ? {} : { from }),
    });
  }
  return { alfa, beta, cuff };
}

/** Blood pressure with time, pulse and status, as a cuff sends it (0x2A35). */
export function cuffFrame(value: { systolic: number; at: number; zone?: string }): {
  characteristic: string;
  bytes: Uint8Array;
} {
  const bytes = Buffer.alloc(18);
  bytes.writeUInt8(0x16, 0);
  bytes.writeUInt16LE(value.systolic, 1);
  bytes.writeUInt16LE(84, 3);
  bytes.writeUInt16LE(102, 5);
  dateTime(value.at).copy(bytes, 7);
  bytes.writeUInt16LE(71, 14);
  bytes.writeUInt16LE(0, 16);
  return { characteristic: '2a35', bytes };
}

/** The device's clock as it is read (0x2A2B). */
export function clockFrame(at: number): { characteristic: string; bytes: Uint8Array } {
  return { characteristic: '2a2b', bytes: Buffer.concat([dateTime(at), Buffer.from([0, 0, 0])]) };
}

function dateTime(at: number): Buffer {
  const local = new Date(localMs(at, ZONE));
  const bytes = Buffer.alloc(7);
  bytes.writeUInt16LE(local.getUTCFullYear(), 0);
  bytes.set(
    [
      local.getUTCMonth() + 1,
      local.getUTCDate(),
      local.getUTCHours(),
      local.getUTCMinutes(),
      local.getUTCSeconds(),
    ],
    2,
  );
  return bytes;
}

/** A FHIR search at a receiver, as parsed JSON. */
export async function observations(fhirUrl: string): Promise<Observed[]> {
  const answer = await fetch(`${fhirUrl}/Observation?_count=200`);
  const bundle = (await answer.json()) as { entry?: { resource: Observed }[] };
  return (bundle.entry ?? []).map(({ resource }) => resource);
}

export interface Observed {
  readonly status: string;
  readonly code: { readonly coding: readonly { code: string }[] };
  readonly subject?: { readonly identifier?: { readonly value: string } };
  readonly effectiveDateTime?: string;
  readonly component?: readonly { valueQuantity?: { value: number } }[];
  readonly valueQuantity?: { value: number };
}

/** Panels only, each with its systolic value if any. */
export async function panels(fhirUrl: string) {
  const all = await observations(fhirUrl);
  return all
    .filter(({ code }) => code.coding.some((one) => one.code === '85354-9'))
    .map((one) => ({
      status: one.status,
      systolic: one.component?.[0]?.valueQuantity?.value,
      subject: one.subject?.identifier?.value,
      effective: one.effectiveDateTime,
    }));
}
