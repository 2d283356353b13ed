import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { failuresOf } from './judge.ts';
import { judgeFiles } from './judge-files.ts';
import { runHome } from './run.ts';

/** Local midnight in spring: summer time begins within the first days. */
const STARTS_AT = Date.parse('2026-03-20T00:00:00+01:00');
/** In less, a device may be out of reach or without a battery before it could be paired. */
const DAYS_MIN = 2;
/** Ports in a row that a run needs. */
const PORTS = 4;
const HELP = `npm run home-test -- [--days 40] [--people 3] [--seed 1] [--data DIR] [--json]
npm run home-test -- --judge DIR   reckons an earlier run again, from its files`;

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '40' },
    people: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    data: { type: 'string' },
    judge: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const began = performance.now();
  const say = values.json ? () => undefined : (line: string) => console.error(line);
  const data = values.judge ?? values.data ?? mkdtempSync(join(tmpdir(), 'home-test-'));
  let crashes = 0;
  if (values.judge === undefined) {
    say(`Files are kept in ${data}`);
    const result = await runHome({
      data,
      port: await freePorts(),
      seed: number(values.seed, 0),
      days: number(values.days, DAYS_MIN),
      people: number(values.people, 1),
      startsAt: STARTS_AT,
      say,
    });
    crashes = result.crashes;
    say(`Quirks, on so many devices: ${JSON.stringify(result.quirks)}`);
    say(`Faults: ${JSON.stringify({ ...result.faults, crashes })}`);
  }
  const { account, words } = judgeFiles(data);
  for (const line of words) say(line);
  const failures = [...failuresOf(account), ...(crashes > 0 ? [`crashes: ${crashes}`] : [])];
  if (failures.length > 0) say(`Failed: ${failures.join('; ')}`);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  console.log(JSON.stringify({ ...account, seconds }));
  const isOurs = values.judge === undefined && values.data === undefined;
  if (isOurs && failures.length === 0) rmSync(data, { recursive: true, force: true });
  return failures.length > 0 ? 1 : 0;
}

function number(text: string, min: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new RangeError(`not a whole number of at least ${min}: ${text}`);
}

/** Some ports in a row that nothing listens on now. */
async function freePorts(): Promise<number> {
  const first = await freePort();
  for (let more = 1; more < PORTS; more += 1) {
    if ((await freePort()) !== first + more) return freePorts();
  }
  return first;
}

process.exitCode = await main();
