import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
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
 * The gateway on a disk of its own in a virtual machine, fed from outside, delivering to a
 * municipality outside over Mosquitto; `losses` times the machine is killed at a random instant, and
 * at the end all that the gateway confirmed to the feeder must be at the FHIR server, once.
 */
export async function runPowerLosses(options: {
  readonly losses: number;
  readonly seed: number;
  /** Empty; left behind for whoever looks for a cause. */
  readonly folder: string;
  readonly progress?: (line: string) => void;
}): Promise<PowerAccount> {
  const { losses, seed, folder, progress } = options;
  const begun = performance.now();
  const random = createRandom(seed, 'power-loss');
  await using broker = await startMosquitto();
  const municipality = await startReceiver(join(folder, 'municipality'), broker.url);
  const disk = makeDisk(folder);
  const program = await prepareHome(folder);
  const feeder = createFeeder(DEVICE);
  const boot = () =>
    bootMachine(folder, disk.attach(), [process.execPath, ...program, String(broker.port)]);
  try {
    for (let loss = 0; loss < losses; loss += 1) {
      const machine = await boot();
      await ready(machine, loss === 0);
      const visit = feeder.visit(machine.fed, whole(random, 2, EVERY_MS_MAX));
      await Promise.race([visit.answered, delay(START_MS_MAX)]);
      await delay(whole(random, 0, LIFE_MS_MAX));
      await machine.cutPower();
      await visit.end();
      disk.settle();
      progress?.(`power lost ${loss + 1} times, ${feeder.handedOver().length} handed over`);
    }
    const machine = await boot();
    await ready(machine, losses === 0);
    // What was never answered the device still has: it hands that over now, and nothing new.
    const visit = feeder.visit(machine.fed, 1_000_000_000);
    await until(() => feeder.open().length === 0, 'the last answers', machine);
    const stored = await drained(municipality.fhirUrl, feeder.handedOver().length);
    await visit.end();
    await machine.cutPower();
    return {
      runs: losses,
      ...judge(feeder.handedOver(), stored),
      seconds: Math.round((performance.now() - begun) / 1000),
    };
  } finally {
    await municipality.stop();
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

/** The gateway as it ships, and its configuration for the disk of the machine. */
async function prepareHome(folder: string): Promise<[program: string, config: string]> {
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const write = (name: string, data: string, port: number, url: string) => {
    const file = join(folder, name);
    const recipient = { id: 'lab', name: 'Lab municipality', transport: { type: 'mqtt', url } };
    const home = { data, zone: 'Etc/UTC', clock: 'assume-trusted', keyFile, http: { port } };
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ home: { ...home, recipients: [recipient] } }));
    return file;
  };
  const config = write('home.yaml', '/run/disk/home', 8420, 'mqtt://127.0.0.1:1883');
  const here = join(folder, 'warm');
  mkdirSync(here, { mode: 0o700 });
  const warm = write('warm.yaml', here, await freePort(), `mqtt://127.0.0.1:${await freePort()}`);
  // Where the store's native driver is found above it.
  const built = join(import.meta.dirname, '../../../node_modules/.cache/iomt/power-loss/home.js');
  await bundle({
    entry: join(import.meta.dirname, '../../support/fed-home.ts'),
    outfile: built,
    warm: { argv: [warm], until: /home-started/ },
  });
  return [built, config];
}

/** The gateway answers; the first time it learns who lives there and what is shared. */
async function ready(machine: Machine, first: boolean): Promise<void> {
  const ask = (method: string, path: string, body?: object) =>
    call(machine.control, method, path, body);
  await until(async () => (await ask('GET', 'status'))?.status === 200, 'the gateway', machine);
  if (!first) return;
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
  machine: Machine,
): Promise<void> {
  const end = performance.now() + START_MS_MAX;
  while (!(await what())) {
    if (performance.now() > end) {
      throw new Error(`Waited in vain for ${name}. The machine said:\n${machine.said()}`);
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
