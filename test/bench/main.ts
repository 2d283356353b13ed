import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { cpu } from './cpu.ts';
import { drain } from './drain.ts';
import { type Family, type GateRow, judge, type Scale } from './gate.ts';
import { growth } from './growth.ts';
import { https } from './https.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { nodeRed } from './rate.ts';
import { start } from './start.ts';
import { buildSubject } from './subject.ts';

const FAMILIES: readonly Family[] = [nodeRed, cpu, latency, drain, memory, start, https, growth];

const FULL: Scale = {
  rounds: 5,
  burst: 30_000,
  backlog: 100_000,
  slow: 1_000,
  fast: 5_000,
  starts: 15,
  grown: [1_000, 1_000_000],
};
/** Under two minutes in all. */
const QUICK: Scale = {
  rounds: 1,
  burst: 5_000,
  backlog: 5_000,
  slow: 100,
  fast: 1_000,
  starts: 5,
  grown: [1_000, 20_000],
};

const rounded = (value: number) => Number(value.toPrecision(3));

function row({ name, value, goal, met, min, max }: GateRow): string {
  const range = `[${rounded(min)} - ${rounded(max)}]`;
  const verdict = met ? 'met' : 'NOT MET';
  return `${name.padEnd(52)} ${String(rounded(value)).padStart(8)}  ${range.padEnd(20)} ${goal.padEnd(10)} ${verdict}`;
}

function machine() {
  const [first] = cpus();
  const load = readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
  const memoryGiB = rounded(totalmem() / 2 ** 30);
  return { cpu: first?.model, cores: cpus().length, memoryGiB, node: process.version, load };
}

/** `npm run bench`: measures, prints a table and, last, one JSON line. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, only: { type: 'string' } },
  });
  const families = FAMILIES.filter(({ name }) => values.only === undefined || name === values.only);
  if (families.length === 0) {
    throw new Error(`--only takes one of: ${FAMILIES.map(({ name }) => name).join(', ')}`);
  }
  await buildSubject();
  const gates: GateRow[] = [];
  for (const family of families) {
    const from = performance.now();
    for (const result of await family.run(values.quick ? QUICK : FULL)) {
      const judged = judge(result);
      gates.push(judged);
      console.log(row(judged));
      if (result.note) console.log(`    ${result.note}`);
    }
    console.error(`${family.name}: ${((performance.now() - from) / 1_000).toFixed(0)} s`);
  }
  console.log(JSON.stringify({ gates, machine: machine() }));
}

await main();
