import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hasMosquitto } from '../support/mosquitto.ts';
import { crashHome, type HomeResult } from './crash-home.ts';
import { buildPrograms } from './programs.ts';

/** Kills of one home before it is left alone and counted. */
const RUNS_PER_HOME = 40;
/** Every so many homes live on a disk that can be full; the second is the first of them. */
const SMALL_DISK_EVERY = 3;

const USAGE = 'npm run crash-test -- --runs N [--seed S] [--parallel N] [--keep DIR] [--json]';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      parallel: { type: 'string', default: '2' },
      keep: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [runs, parallel] = [Number(values.runs), Number(values.parallel)];
  if (!(runs > 0 && parallel > 0)) throw new Error(USAGE);
  if (!hasMosquitto()) throw new Error('No Mosquitto here: apt-get install mosquitto');
  const say = values.json ? () => undefined : (line: string) => console.log(line);
  const began = performance.now();
  const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'iomt-crash-'));
  const programs = await buildPrograms();
  const total = { runs: 0, handedOver: 0, stored: 0, lost: 0, doubled: 0, unconsented: 0 };
  const tally: Record<string, number> = {};
  const homes = Math.max(parallel, Math.ceil(runs / RUNS_PER_HOME));
  const seconds = () => Math.round((performance.now() - began) / 100) / 10;
  let next = 0;

  function add(index: number, result: HomeResult): void {
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += result[name];
    for (const [what, n] of Object.entries(result.tally)) tally[what] = (tally[what] ?? 0) + n;
    say(`home ${index + 1} of ${homes}: ${JSON.stringify({ ...total, seconds: seconds() })}`);
  }

  async function worker(): Promise<void> {
    while (next < homes) {
      const index = next;
      next += 1;
      const own = join(folder, `home-${index + 1}`);
      const result = await crashHome({
        folder: own,
        seed: `${values.seed}/${index}`,
        runs: Math.floor(runs / homes) + (index < runs % homes ? 1 : 0),
        programs,
        smallDisk: index % SMALL_DISK_EVERY === 1,
      });
      add(index, result);
      const isWhole = result.lost + result.doubled + result.unconsented === 0;
      if (isWhole) rmSync(own, { recursive: true, force: true });
      else console.error(`What does not agree: ${join(own, 'facts.json')}`);
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, homes) }, worker));
  const rows = Object.entries(tally).toSorted(([a], [b]) => a.localeCompare(b));
  for (const [what, n] of rows) say(`  ${String(n).padStart(6)}  ${what}`);
  const isWhole = total.lost + total.doubled + total.unconsented === 0;
  if (isWhole && values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  else if (!isWhole) console.error(`Kept: ${folder}`);
  console.log(JSON.stringify({ ...total, seconds: seconds() }));
  return isWhole ? 0 : 1;
}

process.exitCode = await main();
