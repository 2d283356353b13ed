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
import { startMosquitto } from '../../support/mosquitto.ts';
import { createFeeder, valuesOf } from './feeder.ts';
import { bootMachine, freePort, type Machine, makeDisk } from './machine.ts';

/** Emulated, booting and starting Node take some seconds; a busy machine several times that. */
const START_MS_MAX = 90_000;
const DRAIN_MS_MAX = 60_000;
const LOOK_MS = 100;
/** The power goes at the latest so long after the first answer, ms. */
const LIFE_MS_MAX = 1_500;
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
 * `losses` times the machine of a gateway is killed at a random instant; at the end all that a gateway
 * confirmed to its feeder must be at its FHIR server, once. `parallel` gateways share the losses.
 * Throws at once when a gateway does not come back, or comes back without its device.
 */
export async function runPowerLosses(options: {
  readonly losses: number;
  readonly seed: number;
  readonly parallel: number;
  /** Empty; left behind for whoever looks for a cause. */
  readonly folder: string;
  readonly progress?: (line: string) => void;
}): Promise<PowerAccount> {
  const { losses, seed, parallel, folder, progress } = options;
  const begun = performance.now();
  const program = await buildHome(join(folder, 'warm'));
  const stopping = new AbortController();
  const homes = Array.from({ length: parallel }, async (_, index) => {
    const own = join(folder, `home-${index + 1}`);
    mkdirSync(own);
    return loseOften({
      losses: Math.floor(losses / parallel) + (index < losses % parallel ? 1 : 0),
      random: createRandom(seed, `power-loss-${index}`),
      folder: own,
      program,
      progress: (line) => progress?.(`home ${index + 1}: ${line}`),
      signal: stopping.signal,
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

/** One gateway on a disk of its own, fed from outside, delivering outside over Mosquitto. */
async function loseOften(options: {
  readonly losses: number;
  readonly random: () => number;
  readonly folder: string;
  readonly program: string;
  readonly progress: (line: string) => void;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
}): Promise<ReturnType<typeof judge>> {
  const { losses, random, folder, program, progress, signal } = options;
  await using broker = await startMosquitto();
  const municipality = await startReceiver(join(folder, 'municipality'), broker.url);
  const disk = makeDisk(folder);
  const url = 'mqtt://127.0.0.1:1883';
  const config = configure(folder, { data: '/run/disk/home', port: 8420, url });
  const feeder = createFeeder(DEVICE);
  const boot = () =>
    bootMachine(folder, disk.attach(), [process.execPath, program, config, String(broker.port)]);
  try {
    for (let loss = 0; loss < losses; loss += 1) {
      signal.throwIfAborted();
      await liveAndLose(await boot(), { feeder, random, isFirst: loss === 0, signal }).catch(
        (error: unknown) => {
          throw signal.aborted ? error : new Error(`After ${loss} losses of power: ${error}`);
        },
      );
      disk.settle();
      progress(`power lost ${loss + 1} times, ${feeder.handedOver().length} handed over`);
    }
    // The last start is on this machine: what the disk holds is what counts, and it is faster.
    const data = join(folder, 'data');
    disk.copyOut('/home', data);
    const here = { data: join(data, 'home'), port: await freePort(), url: broker.url };
    const home = spawn(process.execPath, [program, configure(folder, here)], { stdio: 'ignore' });
    try {
      const socket = join(here.data, 'fed.sock');
      rmSync(socket, { force: true });
      await until(() => existsSync(socket), 'the last start');
      // What was never answered the device still has: it hands that over now, and nothing new.
      const visit = feeder.visit(socket, 1_000_000_000);
      const allAnswered = until(() => feeder.open().length === 0, 'the last answers');
      await Promise.race([allAnswered, visit.refused]);
      const stored = await drained(municipality.fhirUrl, feeder.handedOver().length);
      await visit.end();
      return judge(feeder.handedOver(), stored);
    } finally {
      home.kill('SIGKILL');
    }
  } finally {
    await municipality.stop();
  }
}

/** One life of the machine, from its boot to a random instant. Whatever goes wrong, it is gone then. */
async function liveAndLose(
  machine: Machine,
  options: {
    readonly feeder: ReturnType<typeof createFeeder>;
    readonly random: () => number;
    readonly isFirst: boolean;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { feeder, random, isFirst, signal } = options;
  const stopping = Promise.withResolvers<never>();
  stopping.promise.catch(() => undefined);
  const stop = () => stopping.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([ready(machine, isFirst), stopping.promise]);
    const visit = feeder.visit(machine.fed, whole(random, 2, EVERY_MS_MAX));
    try {
      const life = visit.answered.then(() => delay(whole(random, 0, LIFE_MS_MAX)));
      await Promise.race([life, visit.refused, stopping.promise]);
      await machine.cutPower();
    } finally {
      await visit.end();
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await machine.cutPower();
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

/** The gateway answers; the first time it learns who lives there and what is shared. */
async function ready(machine: Machine, first: boolean): Promise<void> {
  const ask = (method: string, path: string, body?: object) =>
    call(machine.control, method, path, body);
  // Not by asking: a request costs an emulated machine seconds of its start.
  await until(() => machine.said().includes('"home-started"'), 'the gateway', machine);
  if (!first) return;
  await must(ask('POST', 'people', { name: PERSON }));
  const consent = { person: PERSON, recipient: 'lab', kinds: ['blood-pressure'] };
  await must(ask('POST', 'consents', consent));
  const device = { address: DEVICE, name: 'Cuff', whose: { owner: PERSON } };
  await must(ask('POST', 'pairing', device));
  const adopted = async () => (await ask('GET', 'devices'))?.body.includes('Cuff') === true;
  await until(adopted, 'the pairing', machine);
  // What a device dates into the second of its pairing is from before it, and held.
  await delay(PAIRING_SECOND_MS);
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
      { host: '127.0.0.1', port, method, path: `/api/${path}`, headers, timeout: 20_000 },
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
