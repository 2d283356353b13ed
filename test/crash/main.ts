import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hasMosquitto } from '../support/mosquitto.ts';
import { crashHome, type HomeResult } from './crash-home.ts';
import { runPowerLosses } from './power/power-loss.ts';
import { buildPrograms } from './programs.ts';

/** Kills of one home before it is left alone and counted. */
const RUNS_PER_HOME = 40;
/** Every so many homes live on a disk that can be full; the second is the first of them. */
const SMALL_DISK_EVERY = 3;

/** A run of many says so often how far it is. */
const PROGRESS_EVERY_MS = 10_000;

const USAGE =
  'npm run crash-test -- --runs N [--seed S] [--parallel N] [--keep DIR] [--json] [--power]';

function settings() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      parallel: { type: 'string', default: '2' },
      keep: { type: 'string' },
      json: { type: 'boolean', default: false },
      // A virtual machine loses its power, instead of a process being killed.
      power: { type: 'boolean', default: false },
    },
  });
  const [runs, parallel] = [Number(values.runs), Number(values.parallel)];
  if (!(runs > 0 && parallel > 0)) throw new Error(USAGE);
  if (!hasMosquitto()) throw new Error('No Mosquitto here: apt-get install mosquitto');
  const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'iomt-crash-'));
  mkdirSync(folder, { recursive: true });
  return { ...values, runs, parallel, folder };
}

/** Adds up the homes, and says how far it is. */
function createAccount(say: (line: string) => void) {
  const began = performance.now();
  const total = { runs: 0, handedOver: 0, stored: 0, lost: 0, doubled: 0, unconsented: 0 };
  const tally: Record<string, number> = {};
  const whole = () => {
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    return JSON.stringify({ ...total, seconds });
  };
  return {
    add(name: string, result: HomeResult): void {
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += result[key];
      for (const [what, n] of Object.entries(result.tally)) tally[what] = (tally[what] ?? 0) + n;
      say(`${name}: ${whole()}`);
    },
    sayTally(): void {
      const rows = Object.entries(tally).toSorted(([a], [b]) => a.localeCompare(b));
      for (const [what, n] of rows) say(`  ${String(n).padStart(6)}  ${what}`);
    },
    whole,
  };
}

/** Says on stderr how far a long run is, now and then. */
function createProgress(of: number, what: string) {
  const began = performance.now();
  let done = 0;
  let saidAt = began;
  return (more = 1) => {
    done += more;
    const now = performance.now();
    if (now - saidAt < PROGRESS_EVERY_MS) return;
    saidAt = now;
    console.error(`${done} of ${of} ${what} after ${Math.round((now - began) / 1000)} s`);
  };
}

/** Gateways whose machines lose their power so many times. Consent stands throughout. */
async function losePower(asked: ReturnType<typeof settings>, signal: AbortSignal) {
  const { runs, seed, parallel, keep, json, folder } = asked;
  const far = createProgress(runs, 'losses of power');
  const progress = (losses: number, line: string) => {
    if (!json) console.log(line);
    far(losses);
  };
  const how = { losses: runs, seed: Number(seed), parallel, folder };
  const account = await runPowerLosses({ ...how, progress, signal });
  const isWhole = account.lost + account.doubled === 0;
  if (isWhole && keep === undefined) rmSync(folder, { recursive: true, force: true });
  console.log(JSON.stringify(account));
  return isWhole ? 0 : 1;
}

async function main(): Promise<number> {
  const asked = settings();
  const { runs, seed, parallel, keep, json, folder } = asked;
  const account = createAccount(json ? () => undefined : (line) => console.log(line));
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stopping.abort());
  }
  if (asked.power) return losePower(asked, stopping.signal);
  const programs = await buildPrograms();
  const homes = Math.max(parallel, Math.ceil(runs / RUNS_PER_HOME));
  const onKilled = createProgress(runs, 'kills');
  let next = 0;
  let isWhole = true;

  async function crash(index: number): Promise<void> {
    const own = join(folder, `home-${index + 1}`);
    const result = await crashHome({
      folder: own,
      seed: `${seed}/${index}`,
      runs: Math.floor(runs / homes) + (index < runs % homes ? 1 : 0),
      programs,
      smallDisk: index % SMALL_DISK_EVERY === 1,
      signal: stopping.signal,
      onKilled,
    });
    account.add(`home ${index + 1} of ${homes}`, result);
    if (result.lost + result.doubled + result.unconsented === 0) {
      rmSync(own, { recursive: true, force: true });
      return;
    }
    isWhole = false;
    console.error(`What does not agree: ${join(own, 'facts.json')}`);
  }

  async function work(): Promise<void> {
    while (next < homes && !stopping.signal.aborted) {
      const index = next;
      next += 1;
      // One home that cannot be counted must not hide the others.
      await crash(index).catch((error: unknown) => {
        isWhole = false;
        console.error(`home ${index + 1} was not counted:`, error);
      });
    }
  }
  await Promise.all(Array.from({ length: parallel }, work));
  account.sayTally();
  if (isWhole && keep === undefined) rmSync(folder, { recursive: true, force: true });
  console.log(account.whole());
  return isWhole ? 0 : 1;
}

process.exitCode = await main();
