import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { balance, lines, readReceived, readTruth, type TruthLine } from './demo-accounts.ts';
import type { DemoReport, DemoSettings } from './demo-programs.ts';
import type { Summary } from './home/views.ts';
import { ensureDemoKey } from './secrets.ts';

/** A program that died is started again after this, ms. */
const RESTART_MS = 500;
const CLOCK_WRITE_MS = 500;
/** A program that does not answer is left alone after this, ms. */
const ANSWER_MS_MAX = 30_000;

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

type ProgramName = 'home' | 'municipality';

/** One program in its own process, kept running until it is told to stop. */
function supervise(
  name: ProgramName,
  settings: DemoSettings,
  onReport: (report: DemoReport) => void,
) {
  const main = join(import.meta.dirname, 'iomt.js');
  let child: ChildProcess | undefined;
  let stopping = false;
  let failures = 0;
  let failed: (error: Error) => void = () => undefined;
  const gaveUp = new Promise<never>((_resolve, reject) => {
    failed = reject;
  });
  gaveUp.catch(() => undefined);
  let readyAt = 0;

  function start(): void {
    const logFile = openSync(join(settings.data, `${name}.log`), 'a', 0o600);
    child = fork(main, ['demo', name], {
      stdio: ['ignore', logFile, 'inherit', 'ipc'],
      env: { ...process.env, IOMT_DEMO: JSON.stringify(settings) },
    });
    closeSync(logFile);
    child.on('message', (report: DemoReport) => {
      if (report.tell === 'ready') readyAt = Date.now();
      onReport(report);
    });
    child.on('exit', (code) => {
      if (stopping) return;
      failures = readyAt > 0 ? 0 : failures + 1;
      readyAt = 0;
      // A fault of configuration (a taken port, a wrong key) does not mend itself by trying again.
      if (code === 2 || failures > 5)
        failed(new Error(`The ${name} program does not start; see ${name}.log`));
      else setTimeout(start, RESTART_MS);
    });
  }
  start();

  return {
    gaveUp,
    async ready(): Promise<void> {
      while (readyAt === 0) await Promise.race([delay(20), gaveUp]);
    },
    /** Asks the program to finish; undefined when it does not answer. */
    finish(): Promise<unknown> {
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve(undefined), ANSWER_MS_MAX);
        child?.on('message', (report: DemoReport) => {
          if (report.tell !== 'finished') return;
          clearTimeout(timer);
          resolve(report.result);
        });
        child?.send({ ask: 'finish' });
      });
    },
    stop(): Promise<void> {
      stopping = true;
      return new Promise((resolve) => {
        if (!child || child.exitCode !== null) return resolve();
        const timer = setTimeout(() => child?.kill('SIGKILL'), ANSWER_MS_MAX);
        child.once('exit', () => {
          clearTimeout(timer);
          resolve();
        });
        child.disconnect();
      });
    },
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The demo clock goes on from where the folder's last run left it, never back. */
function clockStart(data: string): number {
  let stored = 0;
  try {
    stored = (JSON.parse(readFileSync(join(data, 'clock.json'), 'utf8')) as { at: number }).at;
  } catch {
    // First run, or the file was never written.
  }
  const last = lines(join(data, 'ground-truth.ndjson')).at(-1);
  const measured =
    last === undefined ? 0 : Date.parse((JSON.parse(last) as TruthLine).trueTime) + 1_000;
  return Math.max(stored, measured) || Date.now();
}

function storeClock(data: string, at: number): void {
  const file = join(data, 'clock.json');
  writeFileSync(`${file}.new`, JSON.stringify({ at }));
  renameSync(`${file}.new`, file);
}

/** Runs both programs on embedded defaults with a simulated household (design 3). Resolves with the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { data, port, speed, seed, say } = options;
  const began = Date.now();
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const key = ensureDemoKey(data);
  if (key.made)
    say(`Made ${key.file}: the key of this demo's stores. A real gateway keeps its key elsewhere.`);
  const realStart = Date.now();
  const startsAt = clockStart(data);
  const settings: DemoSettings = {
    data,
    port,
    speed,
    seed,
    startsAt,
    realStart,
    version: options.version,
  };
  const demoNow = () => Math.round(startsAt + (Date.now() - realStart) * speed);
  const clockTimer = setInterval(() => storeClock(data, demoNow()), CLOCK_WRITE_MS);

  const narrate = narrator(say);
  const municipality = supervise('municipality', settings, () => undefined);
  const stop = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  let home: ReturnType<typeof supervise> | undefined;
  try {
    await Promise.race([municipality.ready(), stop]);
    home = supervise(
      'home',
      settings,
      (report) => report.tell === 'summary' && narrate(report.summary),
    );
    await Promise.race([home.ready(), stop]);
    welcome(options);
    const timeUp =
      options.forSeconds > 0
        ? delay(Math.max(0, options.forSeconds * 1000))
        : new Promise<void>(() => undefined);
    await Promise.race([timeUp, stop, home.gaveUp, municipality.gaveUp]);
    say('Stopping: devices hand over what they have, then both programs close.');
    const atHome = (await home.finish()) as HomeResult | undefined;
    const devices = await deviceNames(port);
    await municipality.finish();
    const seconds = Math.round((Date.now() - began) / 1000);
    options.out(JSON.stringify(result({ data, speed, atHome, devices, seconds })));
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : 'The demo failed');
    return 1;
  } finally {
    clearInterval(clockTimer);
    storeClock(data, demoNow());
    await home?.stop();
    await municipality.stop();
  }
}

interface HomeResult {
  readonly accounts: readonly {
    readonly systemId: string;
    readonly kind: string;
    readonly measuredAt?: number;
    readonly capturedAt: number;
    readonly quantities: Readonly<Record<string, { value?: string }>>;
    readonly place: string;
  }[];
  readonly summary: Summary;
  readonly household: { readonly measured: number; readonly handedOver: number };
}

/** The demo's last line. Figures count readings, over the folder's life. */
function result(parts: {
  data: string;
  speed: number;
  atHome: HomeResult | undefined;
  devices: ReadonlyMap<string, string>;
  seconds: number;
}) {
  const truth = readTruth(join(parts.data, 'ground-truth.ndjson'));
  const received = readReceived(join(parts.data, 'received.ndjson'), (reference) =>
    parts.devices.get(reference),
  );
  const waiting = (parts.atHome?.accounts ?? [])
    .filter(({ place }) => place !== 'received')
    .map((reading) => ({
      device: reading.systemId,
      kind: reading.kind,
      at: reading.measuredAt ?? reading.capturedAt,
      values: Object.fromEntries(
        Object.entries(reading.quantities).flatMap(([name, quantity]) =>
          quantity.value === undefined ? [] : [[name, quantity.value]],
        ),
      ),
    }));
  const { lost, doubled } = balance(truth, received, waiting, parts.speed);
  const summary = parts.atHome?.summary;
  return {
    measured: parts.atHome?.household.measured ?? truth.length,
    handedOver: truth.length,
    captured: summary?.captured ?? 0,
    held: summary?.held ?? 0,
    withheld: summary?.withheld ?? 0,
    queued: summary?.queued ?? 0,
    sent: summary?.sent ?? 0,
    received: summary?.received ?? 0,
    rejected: summary?.rejected ?? 0,
    lost,
    doubled,
    kinds: [...new Set(received.map(({ kind }) => kind))].sort(),
    seconds: parts.seconds,
  };
}

/** System ID behind each Device reference of the FHIR server. */
async function deviceNames(port: number): Promise<Map<string, string>> {
  const answer = await fetch(`http://127.0.0.1:${port + 20}/fhir/Device?_count=200`);
  const bundle = (await answer.json()) as {
    entry?: { resource?: { id?: string; identifier?: { value?: string }[] } }[];
  };
  return new Map(
    (bundle.entry ?? []).map(({ resource }) => [
      `Device/${resource?.id}`,
      resource?.identifier?.[0]?.value ?? '',
    ]),
  );
}

function welcome({ port, speed, data, say }: DemoOptions): void {
  say(
    [
      '',
      'IoMT Agent demo: a home with seven virtual devices, and the municipality that receives from it.',
      `  The desk of the care service   http://127.0.0.1:${port + 10}/`,
      `  The gateway in the home        http://127.0.0.1:${port}/`,
      `  The FHIR R4 server             http://127.0.0.1:${port + 20}/fhir/Observation?_sort=-date`,
      `  Everything is kept in          ${data}`,
      ...(speed === 1 ? [] : [`  Time runs ${speed} times faster than life.`]),
      '  Ctrl-C stops it; starting again goes on with the same data.',
      '',
    ].join('\n'),
  );
}

/** Says in words what happens, when it changes. */
function narrator(say: (line: string) => void) {
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
        'Held: a reading whose person is unknown (the shared cuff did not say who). It waits for an answer and is sent to nobody.',
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
