import { join, resolve } from 'node:path';
import { runDemo } from '../demo.ts';
import { folderError, holdLock } from '../demo-folder.ts';
import {
  type DemoProgram,
  type DemoReport,
  type DemoRequest,
  type DemoSettings,
  demoHome,
  demoMunicipality,
} from '../demo-programs.ts';
import { CodedError, codeOf } from '../errors.ts';
import { type Io, parse, UsageError, wholeNumber } from './io.ts';

const USAGE = 'demo [--for SECONDS] [--speed N] [--seed S] [--port P] [--data DIR]';
const DAY_S = 86_400;
const SPEED_MAX = 10_000;
/** The demo uses P, P+10, P+20 and P+30. */
const PORT_MAX = 65_505;
const SUMMARY_MS = 1_000;
/** Programs whose parent was killed close by themselves within this, ms. */
const FORMER_CLOSES_MS_MAX = 15_000;
/** A program that does not close in this time is ended, ms. */
const CLOSE_MS_MAX = 9_000;

/** `iomt demo`: both programs on embedded defaults. Runs until stopped unless `--for` says how long. */
export async function demoCommand(argv: readonly string[], io: Io): Promise<number> {
  if (argv.length === 1 && (argv[0] === 'home' || argv[0] === 'municipality'))
    return child(argv[0], io);
  const { values, positionals } = parse(
    argv,
    {
      for: { type: 'string', default: '0' },
      speed: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      port: { type: 'string', default: '8420' },
      data: { type: 'string', default: 'data' },
    },
    USAGE,
  );
  if (positionals.length > 0) throw new UsageError(`Usage: iomt ${USAGE}`);
  return runDemo({
    forSeconds: wholeNumber(values.for, 'for', 0, DAY_S * 365),
    speed: wholeNumber(values.speed, 'speed', 1, SPEED_MAX),
    seed: wholeNumber(values.seed, 'seed', 0, Number.MAX_SAFE_INTEGER),
    port: wholeNumber(values.port, 'port', 1, PORT_MAX),
    data: resolve(values.data),
    version: io.version,
    out: io.out,
    say: io.err,
  });
}

/** One program of the demo, in a process of its own; ends when its parent does. */
async function child(name: 'home' | 'municipality', io: Io): Promise<number> {
  const text = io.env.IOMT_DEMO;
  const send = process.send?.bind(process);
  if (text === undefined || send === undefined) throw new UsageError(`Usage: iomt ${USAGE}`);
  const settings = JSON.parse(text) as DemoSettings;
  const tell = (report: DemoReport) =>
    new Promise<void>((told) => send(report, undefined, {}, () => told()));
  const fail = ({ code, message, hint }: CodedError) =>
    tell({ tell: 'failed', code, message, hint });
  // A terminal's signals reach the whole group; the parent decides what happens then.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  const parentGone = new Promise<void>((gone) => process.once('disconnect', gone));
  let program: DemoProgram;
  try {
    // Of a killed parent the former programs may still be closing.
    await holdLock(join(settings.data, `${name}.lock`), FORMER_CLOSES_MS_MAX);
    program = await (name === 'home' ? demoHome(settings) : demoMunicipality(settings));
  } catch (error) {
    await fail(inWords(error));
    process.exit(2);
  }
  process.on('message', (request: DemoRequest) => {
    if (request.ask !== 'finish') return;
    program
      .finish()
      .then((result) => tell({ tell: 'finished', result }))
      .catch((error: unknown) => fail(inWords(error)));
  });
  const timer = setInterval(() => {
    const summary = program.summary?.();
    if (summary) void tell({ tell: 'summary', summary });
  }, SUMMARY_MS);
  void tell({ tell: 'ready' });
  await parentGone;
  clearInterval(timer);
  setTimeout(() => process.exit(1), CLOSE_MS_MAX).unref();
  await program.stop();
  return 0;
}

/** What a person can mend has a code; a fault of ours keeps its trace. */
function inWords(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  if (/^(E[A-Z]+|SQLITE_.*)$/.test(codeOf(error))) return folderError(error);
  throw error;
}
