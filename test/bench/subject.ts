import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundle, NODE_FLAGS } from '../../agent/build.ts';
import { ask } from '../../agent/cli/control.ts';
import { freePort } from '../support/free-port.ts';
import { createFeeder, type Feeder } from './feeder.ts';
import { ADDRESS, CURRENT_TIME, clockFrame, HISTORY_MS, KIND, measurementFrame } from './frames.ts';
import { end, pidOf } from './processes.ts';

export const RECIPIENT = 'example-municipality';
const OWNER = 'Ola Eksempel';
const root = join(import.meta.dirname, '../..');
/** Below `node_modules`, where the store's driver is found; of this run alone. */
const built = join(root, `node_modules/.cache/iomt/bench-${process.pid}`);
const shipped = join(built, 'fed-home.js');

/** Where the readings go: a transport of the configuration. */
export type Transport = Readonly<Record<string, unknown>> & { readonly type: 'mqtt' | 'https' };

export interface Home extends AsyncDisposable {
  readonly folder: string;
  readonly config: string;
}

/** Bundles the gateway as it ships, fed over a socket instead of by a radio. Once for a run. */
export async function buildSubject(): Promise<void> {
  process.once('exit', () => rmSync(built, { recursive: true, force: true }));
  await using home = makeHome({ type: 'mqtt', url: 'mqtt://127.0.0.1:1' }, await freePort());
  await bundle({
    entry: join(root, 'test/support/fed-home.ts'),
    outfile: shipped,
    warm: { argv: [home.config], until: /"home-started"/ },
  });
}

/** A folder with a configuration and a store key; on `disk`, a folder, e.g. of a tmpfs. */
export function makeHome(transport: Transport, port: number, disk = tmpdir()): Home {
  const folder = mkdtempSync(join(disk, 'iomt-bench-'));
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  const keyFile = join(folder, 'store.key');
  writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const config = join(folder, 'iomt.yaml');
  const recipients = [{ id: RECIPIENT, name: 'Eksempel kommune', transport }];
  const home = { zone: 'Europe/Oslo', data, keyFile, http: { port }, recipients };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ home: { ...home, clock: 'assume-trusted' } }));
  const remove = async () => rmSync(folder, { recursive: true, force: true });
  return { folder: data, config, [Symbol.asyncDispose]: remove };
}

export interface Subject extends AsyncDisposable {
  readonly pid: number;
  readonly feeder: Feeder;
  /** The next so many measurements of the device. */
  frames(count: number): Generator<string>;
  next(): string;
  /** Asks the gateway over its control socket. */
  ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** Envelopes that wait, or were sent and are not answered. */
  open(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the gateway process on a home that was made, before anything is known in it. */
export function startHomeProcess(home: Home, env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [...NODE_FLAGS, shipped, home.config], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** A gateway with one person, one device of that person's, and a permission that covers it. */
export async function startSubject(home: Home, env: NodeJS.ProcessEnv = {}): Promise<Subject> {
  // Asking loads the web server, which a home that nobody looks at does without.
  const isNew = !existsSync(join(home.folder, 'home.db'));
  const child = startHomeProcess(home, env);
  const feeder = await createFeeder(join(home.folder, 'fed.sock'));
  const call: Subject['ask'] = (method, path, body) => ask(home.folder, method, path, body);
  if (isNew) {
    // What was measured before the device was paired would be held.
    await feeder.setClock(-2 * HISTORY_MS);
    await settleIn(call);
    await feeder.setClock(0);
  }
  const now = Date.now();
  await feeder.feed(CURRENT_TIME, clockFrame(now));
  const from = now - HISTORY_MS;
  let index = 0;
  const next = () => measurementFrame(from, index++);
  const stop = async () => {
    feeder.close();
    await end(child);
  };
  return {
    pid: pidOf(child),
    feeder,
    next,
    *frames(count) {
      for (let at = 0; at < count; at += 1) yield next();
    },
    ask: call,
    open: async () => {
      const waiting = await call<{ n: number }[]>('GET', '/api/outbox?state=open');
      return waiting.reduce((sum, { n }) => sum + n, 0);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function settleIn(call: Subject['ask']): Promise<void> {
  await call('POST', '/api/people', { name: OWNER });
  await call('POST', '/api/pairing', {
    address: ADDRESS,
    name: 'Oximeter',
    whose: { owner: OWNER },
  });
  for (;;) {
    const view = await call<{ device?: { owner?: string }; state: string }>('GET', '/api/pairing');
    if (view.state === 'failed') throw new Error('The device was not paired');
    if (view.device?.owner) break;
    await sleep(5);
  }
  // It is paired; no first measurement is waited for.
  await call('DELETE', '/api/pairing');
  await call('POST', '/api/consents', {
    person: OWNER,
    recipient: RECIPIENT,
    kinds: [KIND],
  });
}
