import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planHome } from '../../adapters/simulated/plan-home.ts';
import { lines } from '../../agent/demo-accounts.ts';
import { createLog } from '../../agent/log.ts';
import { startMunicipality } from '../../agent/municipality/municipality.ts';
import { ensureDemoKey, readStoreKey } from '../../agent/secrets.ts';
import { type Fault, planFaults } from './fault-plan.ts';
import type { FaultLine } from './faults.ts';
import { type BootReport, type BootSettings, homeTestConfig, ZONE } from './settings.ts';

const DAY_MS = 86_400_000;
/** What was measured last is fetched, asked about and sent in this time, virtual ms. */
const AFTER_MS = DAY_MS;
/** Boots that end by themselves before the run does: a fault of the gateway's program. */
const CRASHES_MAX = 5;

export interface RunOptions {
  readonly data: string;
  readonly port: number;
  readonly seed: number;
  readonly days: number;
  readonly people: number;
  /** First instant of the run, ms UTC; local midnight is best. */
  readonly startsAt: number;
  readonly say: (line: string) => void;
}

export interface RunResult {
  readonly faults: Readonly<Record<string, number>>;
  /** Times that the gateway's program ended by itself. */
  readonly crashes: number;
  /** On how many devices each quirk is. */
  readonly quirks: Readonly<Record<string, number>>;
}

/**
 * Runs the home for so many days in virtual time, with a real municipality in this process and the
 * gateway in a child, which is killed and started again at each power cut. Leaves the files for the
 * judge in `data`.
 */
export async function runHome(options: RunOptions): Promise<RunResult> {
  const { data, port, startsAt, days, seed } = options;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const keyFile = ensureDemoKey(data).file;
  const config = homeTestConfig({ data, port }).municipality;
  let virtualNow = startsAt;
  const municipality = await startMunicipality({
    config,
    key: readStoreKey({ keyFile, dataFolder: config.data, env: {} }),
    clock: { now: () => virtualNow, trusted: () => true },
    log: createLog({ level: 'silent', program: 'municipality' }),
    version: 'home-test',
  });
  try {
    const onTime = (at: number) => {
      virtualNow = Math.max(virtualNow, at);
    };
    const plan = planFaults({ seed, startsAt, days });
    const result = await bootUntilEnd(options, plan, onTime);
    await municipality.exportTo(data);
    return result;
  } finally {
    await municipality.stop();
  }
}

async function bootUntilEnd(
  options: RunOptions,
  plan: readonly Fault[],
  onTime: (at: number) => void,
): Promise<RunResult> {
  const { data, startsAt, days, say } = options;
  const planEnd = startsAt + days * DAY_MS;
  const common = { ...options, planEnd, endsAt: planEnd + AFTER_MS };
  let next: Pick<BootSettings, 'bootsAt' | 'clock' | 'faults'> = {
    bootsAt: startsAt,
    faults: plan,
  };
  let crashes = 0;
  for (;;) {
    const finished = await boot({ ...common, ...next }, onTime);
    const happened = faultLines(data);
    if (finished) {
      writeLines(join(data, 'people.ndjson'), finished.people);
      writeLines(join(data, 'held.ndjson'), finished.held);
      const faults = {
        ...countsOf(happened.map(({ kind }) => kind)),
        'boots-without-a-clock': plan.filter((one) => one.kind === 'power-cut' && one.clock).length,
      };
      return { faults, crashes, quirks: quirksOf(options) };
    }
    const last = happened.at(-1);
    const cut = plan.find((fault) => fault.kind === 'power-cut' && fault.at === last?.planned);
    const isCut = cut?.kind === 'power-cut' && last?.kind === 'power-cut';
    const isNew = isCut && next.faults.includes(cut);
    if (!isNew) {
      crashes += 1;
      say(`The gateway's program ended by itself: see ${join(data, 'home.log')}.`);
      if (crashes > CRASHES_MAX) throw new Error('the gateway does not stay up');
    }
    const done = new Set(happened.map(({ planned }) => planned));
    const at = (last?.at ?? startsAt) + (isNew ? cut.outageMs : 1_000);
    next = {
      bootsAt: at,
      faults: plan.filter((fault) => !done.has(fault.at)),
      ...(isNew && cut.clock ? { clock: cut.clock } : {}),
    };
    onTime(at);
  }
}

/** One boot; undefined when it ended before the run did. */
function boot(settings: BootSettings, onTime: (at: number) => void) {
  type Finished = Extract<BootReport, { tell: 'finished' }>;
  const log = openSync(join(settings.data, 'home.log'), 'a', 0o600);
  const child: ChildProcess = fork(join(import.meta.dirname, 'child.ts'), {
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, HOME_TEST: JSON.stringify(settings) },
  });
  closeSync(log);
  return new Promise<Finished | undefined>((resolve) => {
    let finished: Finished | undefined;
    child.on('message', (report: BootReport) => {
      if (report.tell === 'time') onTime(report.at);
      else finished = report;
    });
    child.on('exit', (code, signal) => {
      if (signal !== 'SIGKILL') appendFileSync(join(settings.data, 'home.log'), `exit ${code}\n`);
      resolve(finished);
    });
  });
}

const faultLines = (data: string) =>
  lines(join(data, 'faults.ndjson')).map((line) => JSON.parse(line) as FaultLine);

function quirksOf({ seed, people, days, startsAt }: RunOptions): Record<string, number> {
  const { units } = planHome({ seed, people, days, startsAt, zone: ZONE });
  return countsOf(units.flatMap(({ quirks }) => [...new Set(quirks.map(({ name }) => name))]));
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function writeLines(file: string, rows: readonly unknown[]): void {
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { mode: 0o600 });
}
