import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, whole } from '../../../adapters/simulated/random.ts';
import { bundle } from '../../../agent/build.ts';
import { systemClock } from '../../../agent/clock.ts';
import { createLog } from '../../../agent/log.ts';
import { startMunicipality } from '../../../agent/municipality/municipality.ts';
import { municipalitySchema } from '../../../config/schema.ts';
import { freePort } from '../../support/free-port.ts';
import { startMosquitto } from '../../support/mosquitto.ts';
import { createFeeder, valuesOf } from './feeder.ts';
import { bootMachine, type Machine, makeDisk } from './machine.ts';

/** Emulated, booting and starting Node take some seconds; a busy machine several times that. */
const START_MS_MAX = 420_000;
const DRAIN_MS_MAX = 60_000;
const LOOK_MS = 100;
/** The power goes at the latest so long after the first answer, ms. */
const LIFE_MS_MAX = 1_500;
/** Starting one more costs an emulated machine a quarter of what its boot and the first one cost. */
const HOMES_PER_MACHINE = 4;
/** Between two measurements, ms: far more often than people measure. */
const EVERY_MS_MAX = 40;
/** The device tells whole seconds, and the machine's clock started at one. */
const PAIRING_SECOND_MS = 2_500;
const PERSON = 'Kari Eksempel';
const DEVICE = '00005e005321';

/** What came of it; `handedOver` is counted by the feeder, `stored` read from the FHIR server. */
export interface PowerAccount {
  readonly runs: number;
  readonly handedOver: number;
  readonly stored: number;
  readonly lost: number;
  readonly doubled: number;
  readonly seconds: number;
}

/**
 * `losses` times a gateway loses its power at a random instant; at the end all that it confirmed to its
 * feeder must be at its FHIR server, once. `parallel` machines share the losses; each has some gateways,
 * on a disk of their own, that lose it together: booting costs more than all else.
 * Throws at once when a gateway does not come back, or comes back without its device.
 */
export async function runPowerLosses(options: {
  readonly losses: number;
  readonly seed: number;
  readonly parallel: number;
  /** Empty; left behind for whoever looks for a cause. */
  readonly folder: string;
  /** Told after each machine that lost its power, with how many gateways that hit. */
  readonly progress?: (losses: number, line: string) => void;
  /** Ends it before its time, its machines too. */
  readonly signal: AbortSignal;
}): Promise<PowerAccount> {
  const { losses, seed, parallel, folder, progress } = options;
  const begun = performance.now();
  const program = await buildHome(join(folder, 'warm'));
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, options.signal]);
  const homes = Array.from({ length: parallel }, async (_, index) => {
    const own = join(folder, `machine-${index + 1}`);
    mkdirSync(own);
    return loseOften({
      losses: Math.floor(losses / parallel) + (index < losses % parallel ? 1 : 0),
      random: createRandom(seed, `power-loss-${index}`),
      folder: own,
      program,
      progress: (lost, line) => progress?.(lost, `machine ${index + 1}: ${line}`),
      signal,
    }).catch((error: unknown) => {
      // The others' machines go too.
      stopping.abort(error);
      throw error;
    });
  });
  const total = { runs: losses, handedOver: 0, stored: 0, lost: 0, doubled: 0 };
  await Promise.allSettled(homes);
  for (const account of await Promise.all(homes)) {
    for (const name of ['handedOver', 'stored', 'lost', 'doubled'] as const) {
      total[name] += account[name];
    }
  }
  return { ...total, seconds: Math.round((performance.now() - begun) / 1000) };
}

type Random = () => number;

/** A gateway on a disk of its own, with the device that feeds it. */
function makeHome(folder: string, index: number, losses: number) {
  mkdirSync(folder, { recursive: true });
  const url = 'mqtt://127.0.0.1:1883';
  const where = { data: `/run/disk-${index}/home`, port: 8_420 + index, url };
  return {
    folder,
    losses,
    isNew: true,
    disk: makeDisk(folder),
    config: configure(folder, where),
    feeder: createFeeder(DEVICE, index),
  };
}

type Home = ReturnType<typeof makeHome>;

/** Some gateways in one machine, fed from outside, delivering outside over one Mosquitto. */
async function loseOften(options: {
  readonly losses: number;
  readonly random: Random;
  readonly folder: string;
  readonly program: string;
  readonly progress: (losses: number, line: string) => void;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
}): Promise<ReturnType<typeof judge>> {
  const { losses, random, folder, program, progress, signal } = options;
  await using broker = await startMosquitto();
  const municipality = await startReceiver(join(folder, 'municipality'), broker.url);
  const count = Math.min(losses, HOMES_PER_MACHINE);
  const homes = Array.from({ length: count }, (_, index) => {
    const own = Math.floor(losses / count) + (index < losses % count ? 1 : 0);
    return makeHome(join(folder, `gateway-${index + 1}`), index, own);
  });
  const handedOver = () => homes.flatMap(({ feeder }) => feeder.handedOver());
  try {
    for (let lost = 0; lost < losses; ) {
      signal.throwIfAborted();
      const on = homes.filter((home) => home.losses > 0);
      const overlays = on.map(({ disk }) => disk.attach());
      const args = [process.execPath, program, String(broker.port)];
      const machine = await bootMachine(folder, overlays, [
        ...args,
        ...on.map((one) => one.config),
      ]);
      await liveAndLose(machine, { homes: on, random, signal }).catch((error: unknown) => {
        throw signal.aborted ? error : new Error(`After ${lost} losses of power: ${error}`);
      });
      for (const home of on) {
        home.disk.settle();
        home.losses -= 1;
      }
      lost += on.length;
      progress(on.length, `${lost} losses of power, ${handedOver().length} handed over`);
    }
    const started = await Promise.allSettled(
      homes.map((one) => lastStart(one, program, broker.url)),
    );
    try {
      for (const one of started) if (one.status === 'rejected') throw one.reason;
      return judge(handedOver(), await drained(municipality.fhirUrl, handedOver().length));
    } finally {
      for (const one of started) if (one.status === 'fulfilled') one.value.kill('SIGKILL');
    }
  } finally {
    await municipality.stop();
  }
}

/** One life of the machine, from its boot to a random instant. Whatever goes wrong, it is gone then. */
async function liveAndLose(
  machine: Machine,
  options: {
    readonly homes: readonly Home[];
    readonly random: Random;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { homes, random, signal } = options;
  const stopping = Promise.withResolvers<never>();
  stopping.promise.catch(() => undefined);
  const stop = () => stopping.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const visits: ReturnType<Home['feeder']['visit']>[] = [];
  try {
    await Promise.race([ready(machine, homes), stopping.promise]);
    for (const [n, { fed }] of machine.ports.entries()) {
      const visit = homes[n]?.feeder.visit(fed, whole(random, 2, EVERY_MS_MAX));
      if (visit) visits.push(visit);
    }
    const answered = Promise.all(visits.map((visit) => visit.answered));
    const life = answered.then(() => delay(whole(random, 0, LIFE_MS_MAX)));
    await Promise.race([life, stopping.promise, ...visits.map((visit) => visit.refused)]);
  } finally {
    signal.removeEventListener('abort', stop);
    await machine.cutPower();
    for (const visit of visits) await visit.end();
  }
}

/**
 * On this machine: what the disk holds is what counts, and it is faster. What was never answered the
 * device still has: it hands that over now, and nothing new. Fulfils when all is answered.
 */
async function lastStart({ folder, disk, feeder }: Home, program: string, url: string) {
  const data = join(folder, 'data');
  disk.copyOut('/home', data);
  const here = { data: join(data, 'home'), port: await freePort(), url };
  const home = spawn(process.execPath, [program, configure(folder, here)], { stdio: 'ignore' });
  try {
    const socket = join(here.data, 'fed.sock');
    rmSync(socket, { force: true });
    await until(() => existsSync(socket), 'the last start');
    const visit = feeder.visit(socket, 1_000_000_000);
    const allAnswered = until(() => feeder.open().length === 0, 'the last answers');
    await Promise.race([allAnswered, visit.refused]);
    await visit.end();
    return home;
  } catch (error) {
    home.kill('SIGKILL');
    throw error;
  }
}

/** Compares by value: no two measurements of the feeder are alike. */
function judge(handedOver: readonly number[], stored: readonly string[]) {
  const counts = new Map<string, number>();
  for (const values of stored) counts.set(values, (counts.get(values) ?? 0) + 1);
  const lost = handedOver.filter((n) => !counts.has(valuesOf(n))).length;
  return {
    handedOver: handedOver.length,
    stored: counts.size,
    lost,
    doubled: stored.length - counts.size,
  };
}

async function startReceiver(data: string, url: string) {
  const [http, fhir] = [await freePort(), await freePort()];
  return startMunicipality({
    config: municipalitySchema.parse({
      data,
      http: { port: http },
      mqtt: { type: 'mqtt', url },
      fhir: { type: 'embedded', port: fhir },
    }),
    key: randomBytes(32),
    clock: systemClock,
    log: createLog({ level: 'silent', program: 'municipality' }),
    version: '0.0.0',
  });
}

/** A configuration, and its key if there is none yet; the folder of the data may be another machine's. */
function configure(
  folder: string,
  { data, port, url }: { readonly data: string; readonly port: number; readonly url: string },
): string {
  const keyFile = join(folder, 'key');
  if (!existsSync(keyFile)) {
    writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  }
  const recipient = { id: 'lab', name: 'Lab municipality', transport: { type: 'mqtt', url } };
  const home = { data, zone: 'Etc/UTC', clock: 'assume-trusted', keyFile, http: { port } };
  const file = join(folder, 'home.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ home: { ...home, recipients: [recipient] } }));
  return file;
}

/** The gateway as it ships, fed over a socket; its compiled code comes from a start in `folder`. */
async function buildHome(folder: string): Promise<string> {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const url = `mqtt://127.0.0.1:${await freePort()}`;
  const config = configure(folder, { data, port: await freePort(), url });
  // Where the store's native driver is found above it.
  const built = join(import.meta.dirname, '../../../node_modules/.cache/iomt/power-loss/home.js');
  await bundle({
    entry: join(import.meta.dirname, '../../support/fed-home.ts'),
    outfile: built,
    warm: { argv: [config], until: /home-started/ },
  });
  return built;
}

/** The gateways answer; the first time each learns who lives there and what is shared. */
async function ready(machine: Machine, homes: readonly Home[]): Promise<void> {
  // Not by asking: a request costs an emulated machine seconds of its start.
  const started = (_: Home, n: number) =>
    new RegExp(`^home ${n}: .*"home-started"`, 'm').test(machine.said());
  await until(() => homes.every(started), 'the gateways', machine);
  const fresh = machine.ports.filter((_, n) => homes[n]?.isNew);
  for (const { control } of fresh) await furnish(control, machine);
  for (const home of homes) home.isNew = false;
  // What a device dates into the second of its pairing is from before it, and held.
  if (fresh.length > 0) await delay(PAIRING_SECOND_MS);
}

async function furnish(control: number, machine: Machine): Promise<void> {
  const ask = (method: string, path: string, body?: object) => call(control, method, path, body);
  await must(ask('POST', 'people', { name: PERSON }));
  const consent = { person: PERSON, recipient: 'lab', kinds: ['blood-pressure'] };
  await must(ask('POST', 'consents', consent));
  const device = { address: DEVICE, name: 'Cuff', whose: { owner: PERSON } };
  await must(ask('POST', 'pairing', device));
  const adopted = async () => (await ask('GET', 'devices'))?.body.includes('Cuff') === true;
  await until(adopted, 'the pairing', machine);
}

async function must(answer: ReturnType<typeof call>): Promise<void> {
  const given = await answer;
  if (given?.status !== 200) throw new Error(`The gateway refused: ${given?.status}`);
}

/** One request to the control socket; undefined when nobody answers. */
function call(
  port: number,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: string } | undefined> {
  return new Promise((resolve) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      host: 'gateway',
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const asked = request(
      { host: '127.0.0.1', port, method, path: `/api/${path}`, headers, timeout: 120_000 },
      (answer) => {
        let got = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          got += chunk;
        });
        answer.on('close', () => resolve({ status: answer.statusCode ?? 0, body: got }));
      },
    );
    asked.on('error', () => resolve(undefined));
    asked.on('timeout', () => asked.destroy());
    asked.end(text);
  });
}

async function until(
  what: () => boolean | Promise<boolean>,
  name: string,
  machine?: Machine,
): Promise<void> {
  const end = performance.now() + START_MS_MAX;
  while (!(await what())) {
    if (performance.now() > end || machine?.hasEnded()) {
      throw new Error(`Waited in vain for ${name}.\n${machine?.said() ?? ''}`);
    }
    await delay(LOOK_MS);
  }
}

/** What the FHIR server holds, once it is so many, or no more come. */
async function drained(fhirUrl: string, expected: number): Promise<string[]> {
  const end = performance.now() + DRAIN_MS_MAX;
  for (;;) {
    const stored = await storedAt(fhirUrl);
    if (new Set(stored).size >= expected || performance.now() > end) return stored;
    await delay(LOOK_MS);
  }
}

interface Page {
  readonly entry?: readonly { readonly resource: BloodPressure }[];
  readonly link?: readonly { readonly relation: string; readonly url: string }[];
}

interface BloodPressure {
  readonly component?: readonly { readonly valueQuantity?: { readonly value: number } }[];
}

/** Every blood pressure of the server, page by page. */
async function storedAt(fhirUrl: string): Promise<string[]> {
  const found: string[] = [];
  let next: string | undefined = `${fhirUrl}/Observation?code=85354-9&_count=200`;
  while (next !== undefined) {
    const page = (await (await fetch(next)).json()) as Page;
    for (const { resource } of page.entry ?? []) {
      const [systolic, diastolic] = (resource.component ?? []).map(
        (one) => one.valueQuantity?.value,
      );
      found.push(`${systolic?.toFixed(1)}/${diastolic?.toFixed(1)}`);
    }
    next = page.link?.find(({ relation }) => relation === 'next')?.url;
  }
  return found;
}
