import { randomInt } from 'node:crypto';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { balance, readDevices, readReceived, readTruth } from './demo-accounts.ts';
import { clockStart, holdLock, keepClock, makeFolder } from './demo-folder.ts';
import type { DemoSettings, HomeResult } from './demo-programs.ts';
import { type Supervised, supervise } from './demo-supervisor.ts';
import type { Summary } from './home/views.ts';
import { ensureDemoKey } from './secrets.ts';

/** A terminal's Ctrl-C may come twice, from the terminal and from npm; a later one means it, ms. */
const SIGNAL_AGAIN_MS = 1_000;
/** Longest time a timer can hold, ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;
/** Lost readings named on standard error. */
const NAMED_MAX = 20;

export interface DemoOptions {
  readonly forSeconds: number;
  readonly speed: number;
  readonly seed: number;
  readonly port: number;
  readonly data: string;
  readonly version: string;
  readonly out: (line: string) => void;
  readonly say: (line: string) => void;
}

/** Fulfils at the first signal to stop; a second one, a moment later, ends the program at once. */
function untilSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let first = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (first > 0 && performance.now() - first > SIGNAL_AGAIN_MS) process.exit(1);
      first ||= performance.now();
      resolve();
    });
  }
  return promise;
}

/**
 * Runs both programs on embedded defaults with a simulated household (design 3); the last line out
 * is the account. Resolves with the exit code. Throws CodedError when it cannot start or be accounted
 * for: what was started is stopped by then.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  makeFolder(options.data);
  const release = await holdLock(join(options.data, 'demo.lock'), 0);
  try {
    return await runAlone(options);
  } finally {
    release();
  }
}

async function runAlone(options: DemoOptions): Promise<number> {
  const { data, port, speed, seed, version, say } = options;
  const stop = untilSignal();
  const key = ensureDemoKey(data);
  if (key.made)
    say(`Made ${key.file}: the key of this demo's stores. A real gateway keeps its key elsewhere.`);
  const { at: startsAt, speedMax: fastest } = clockStart(data);
  const realStart = Date.now();
  const speedMax = Math.max(fastest, speed);
  const now = () => Math.round(startsAt + (Date.now() - realStart) * speed);
  const clock = keepClock(data, { now, speed, speedMax });
  const code = String(randomInt(10 ** 8)).padStart(8, '0');
  const settings: DemoSettings = { data, port, speed, seed, startsAt, realStart, version, code };
  const narrate = narrator(say, data);
  const municipality = supervise<undefined>('municipality', settings, () => undefined);
  let home: Supervised<HomeResult> | undefined;
  try {
    await municipality.ready();
    home = supervise<HomeResult>('home', settings, (report) => {
      if (report.tell === 'summary') narrate(report.summary);
    });
    await home.ready();
    welcome(options, code);
    await Promise.race([timeUp(options.forSeconds), stop, home.gaveUp, municipality.gaveUp]);
    say('Stopping: devices hand over what they have, then both programs close.');
    const atHome = await home.finish();
    narrate(atHome.summary);
    await municipality.finish();
    const seconds = Math.round((Date.now() - realStart) / 1000);
    const { line, lostLines } = result({ data, speedMax, atHome, seconds });
    if (lostLines.length > 0)
      say(`Lost: lines ${lostLines.slice(0, NAMED_MAX).join(', ')} of ground-truth.ndjson.`);
    await home.stop();
    await municipality.stop();
    options.out(JSON.stringify(line));
    return 0;
  } finally {
    clock.stop();
    await home?.stop();
    await municipality.stop();
  }
}

/** Fulfils after so many seconds; never, for 0. Does not keep the program alive. */
async function timeUp(seconds: number): Promise<void> {
  if (seconds === 0) return new Promise<void>(() => undefined);
  for (let left = seconds * 1_000; left > 0; left -= TIMER_MS_MAX)
    await delay(Math.min(left, TIMER_MS_MAX), undefined, { ref: false });
}

/** The demo's last line. Figures count readings, over the folder's life. */
function result(parts: { data: string; speedMax: number; atHome: HomeResult; seconds: number }) {
  const { data, atHome, seconds } = parts;
  const truth = readTruth(join(data, 'ground-truth.ndjson'));
  const devices = readDevices(join(data, 'devices.ndjson'));
  const received = readReceived(join(data, 'received.ndjson'), (name) => devices.get(name));
  const { lost, doubled, lostLines } = balance(truth, received, atHome.waiting, parts.speedMax);
  const { summary } = atHome;
  const line = {
    measured: atHome.household.measured,
    handedOver: truth.length,
    captured: summary.captured,
    held: summary.held,
    withheld: summary.withheld,
    queued: summary.queued,
    sent: summary.sent,
    received: summary.received,
    rejected: summary.rejected,
    lost,
    doubled,
    kinds: [...new Set(received.map(({ kind }) => kind))].sort(),
    seconds,
  };
  return { line, lostLines };
}

/** A command to paste, with the shortest name of the folder. */
function command(words: string, data: string): string {
  const near = relative('', data);
  const folder = near === '' || near.startsWith('..') ? data : near;
  return `npx --no iomt ${words} --data ${/[^\w./-]/.test(folder) ? `'${folder}'` : folder}`;
}

function welcome({ port, speed, data, say }: DemoOptions, code: string): void {
  say(
    [
      '',
      'IoMT Agent demo: a home with seven virtual devices, and the municipality that receives from it.',
      `  The desk of the care service   http://127.0.0.1:${port + 10}/`,
      `  The pages of the home          http://127.0.0.1:${port}/`,
      `    Code to sign in as Kari      ${code.slice(0, 4)} ${code.slice(4)}   (on this machine, as often as you like while the demo runs)`,
      '    A new cuff lies there to be paired, under Devices (Apparater).',
      `  The FHIR R4 server             http://127.0.0.1:${port + 20}/fhir/Observation?_sort=-date`,
      `  Everything is kept in          ${data}`,
      ...(speed === 1 ? [] : [`  Time runs ${speed} times faster than life.`]),
      `  Ask the gateway                ${command('doctor', data)}`,
      '  Ctrl-C stops it; starting again goes on with the same data.',
      '',
    ].join('\n'),
  );
}

/** Says in words what happens, when it changes. */
function narrator(say: (line: string) => void, data: string) {
  let last = '';
  const said = new Set<string>();
  const once = (what: string, text: string) => {
    if (said.has(what)) return;
    said.add(what);
    say(text);
  };
  return (summary: Summary) => {
    const { received, held, withheld } = summary;
    if (held > 0) {
      once(
        'held',
        `Held: a reading whose person is unknown (the shared cuff did not say who). It waits for an answer and is sent to nobody.\n  See it: ${command('readings list --held', data)}`,
      );
    }
    if (withheld > 0) {
      once(
        'withheld',
        'Withheld: a reading of a kind that no permission covers (body temperature). It stays at home.',
      );
    }
    const line = `${received} received by the municipality, ${held} held, ${withheld} withheld`;
    if (line !== last) say(line);
    last = line;
  };
}
