import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoCommand } from './cli/demo.ts';
import { doctorCommand } from './cli/doctor.ts';
import {
  auditCommand,
  consentsCommand,
  devicesCommand,
  exportCommand,
  outboxCommand,
  peopleCommand,
  readingsCommand,
} from './cli/household.ts';
import { type Io, UsageError } from './cli/io.ts';
import { homeCommand, municipalityCommand } from './cli/run.ts';
import { storeCommand } from './cli/store.ts';
import { decodeCommand } from './decode.ts';
import type { CodedError } from './errors.ts';

type Command = (argv: readonly string[], io: Io) => Promise<number>;

const COMMANDS: Record<string, { readonly run: Command; readonly help: string }> = {
  home: { run: homeCommand, help: 'run the gateway in the home' },
  municipality: { run: municipalityCommand, help: 'run the receiving side: relay and desk' },
  demo: { run: demoCommand, help: 'run both with a simulated household (what npm start does)' },
  decode: {
    run: decodeCommand,
    help: 'decode bytes: gatt UUID HEX | advertisement … HEX | - | --list',
  },
  devices: {
    run: devicesCommand,
    help: 'list | seen | pair ADDRESS | assign DEVICE | unpair DEVICE',
  },
  people: { run: peopleCommand, help: 'list | add NAME | remove PERSON' },
  consents: { run: consentsCommand, help: 'list | give | pause ID | resume ID | withdraw ID' },
  readings: { run: readingsCommand, help: 'list [--held] | assign ID PERSON | remove ID' },
  outbox: { run: outboxCommand, help: 'what waits, by recipient and state' },
  audit: { run: auditCommand, help: 'who decided what, and whether the trail is unbroken' },
  store: { run: storeCommand, help: 'check' },
  export: { run: exportCommand, help: '--person PERSON: all that the gateway holds of one person' },
  doctor: {
    run: doctorCommand,
    help: 'check store, clock, radio and receivers, and say what to do',
  },
};

const VERSION = (
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
    version: string;
  }
).version;

function help(): string {
  const rows = Object.entries(COMMANDS).map(
    ([name, { help: text }]) => `  iomt ${name.padEnd(13)} ${text}`,
  );
  return [
    'IoMT Agent: own health devices in, consented readings out.',
    '',
    ...rows,
    '',
    'Where the gateway is: --config FILE (default /etc/iomt/iomt.yaml) or --data DIR. --json prints JSON.',
    'Exit codes: 0 done, 1 it failed, 2 usage or configuration.',
  ].join('\n');
}

/** The command line, one line per command above. Data to standard output, messages to standard error. */
export async function main(argv: readonly string[]): Promise<number> {
  const io: Io = {
    stdin: process.stdin,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    env: process.env,
    version: VERSION,
  };
  const [name = '--help', ...rest] = argv;
  if (name === '--help' || name === 'help') return done(io, help());
  if (name === '--version') return done(io, VERSION);
  const command = COMMANDS[name];
  if (!command) {
    io.err(`There is no command \`${name}\`.\n\n${help()}`);
    return 2;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(error.message);
      return 2;
    }
    const coded = error as Partial<CodedError>;
    if (typeof coded.code !== 'string' || typeof coded.hint !== 'string') throw error;
    io.err(`${(error as Error).message} (${coded.code})\n${coded.hint}`);
    return STARTUP.test(coded.code) ? 2 : 1;
  }
}

/** Codes that a change of configuration mends: exit 2, so that a supervisor does not try again in vain. */
const STARTUP = /^(config|key|identity|port)-/;

function done(io: Io, text: string): number {
  io.out(text);
  return 0;
}
