import packageJson from '../package.json' with { type: 'json' };
import { HelpAsked, type Io, UsageError } from './cli/io.ts';
import type { CodedError } from './errors.ts';

type Command = (argv: readonly string[], io: Io) => Promise<number>;

/** Each command loads only what it needs: `iomt decode` starts no broker library. */
const household = () => import('./cli/household.ts');
const COMMANDS: Record<string, { readonly load: () => Promise<Command>; readonly help: string }> = {
  home: {
    load: async () => (await import('./cli/run.ts')).homeCommand,
    help: 'run the gateway in the home',
  },
  municipality: {
    load: async () => (await import('./cli/run.ts')).municipalityCommand,
    help: 'run the receiving side: relay and desk | enrol FILE: answer a gateway | move: a person to another',
  },
  demo: {
    load: async () => (await import('./cli/demo.ts')).demoCommand,
    help: 'run both with a simulated household (what npm start does)',
  },
  decode: {
    load: async () => (await import('./decode.ts')).decodeCommand,
    help: 'decode bytes: gatt UUID HEX | advertisement … HEX | - | --list',
  },
  devices: {
    load: async () => (await household()).devicesCommand,
    help: 'list | seen | pair ADDRESS | key DEVICE | record ADDRESS | user-code DEVICE | assign DEVICE | unpair DEVICE',
  },
  people: {
    load: async () => (await household()).peopleCommand,
    help: 'list | add NAME | remove PERSON | erase PERSON',
  },
  consents: {
    load: async () => (await household()).consentsCommand,
    help: 'list | give | pause ID | resume ID | withdraw ID',
  },
  portal: {
    load: async () => (await import('./cli/portal.ts')).portalCommand,
    help: 'code [--person PERSON]: let a browser in on the pages',
  },
  readings: {
    load: async () => (await household()).readingsCommand,
    help: 'list [--held] | assign ID PERSON | date ID | remove ID | reread',
  },
  outbox: {
    load: async () => (await household()).outboxCommand,
    help: 'what waits, by recipient and state',
  },
  audit: {
    load: async () => (await household()).auditCommand,
    help: 'who decided what, and whether the trail is unbroken',
  },
  store: {
    load: async () => (await import('./cli/store.ts')).storeCommand,
    help: 'check | repair [FILE] | export | backup --out FILE | restore FILE',
  },
  export: {
    load: async () => (await household()).exportCommand,
    help: '--person PERSON: all that the gateway holds of one person',
  },
  'oauth-key': {
    load: async () => (await import('./cli/oauth-key.ts')).oauthKeyCommand,
    help: '--out FILE: make the key that a receiver with OAuth 2.0 asks for',
  },
  enrol: {
    load: async () => (await import('./cli/enrol.ts')).enrolCommand,
    help: 'request --out FILE | apply FILE: certificates from a municipality',
  },
  doctor: {
    load: async () => (await import('./cli/doctor.ts')).doctorCommand,
    help: 'check store, clock, radio and receivers, and say what to do',
  },
};

const VERSION = packageJson.version;

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

const processIo = (): Io => ({
  stdin: process.stdin,
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  env: process.env,
  version: VERSION,
});

/**
 * The command line, one line per command above. Data to standard output, messages to standard error.
 * Fulfils with the exit code; throws only on a fault of the program.
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const [name = '--help', ...rest] = argv;
  if (name === '--help' || name === 'help') return done(io, help());
  if (name === '--version') return done(io, VERSION);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    io.err(`There is no command \`${name}\`.\n\n${help()}`);
    return 2;
  }
  try {
    const run = await command.load();
    return await run(rest, io);
  } catch (error) {
    if (error instanceof HelpAsked) return done(io, error.message);
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
const STARTUP =
  /^((config|key|identity|port|secret|certificate)-|store-(wrong-key|newer|migration)$)/;

function done(io: Io, text: string): number {
  io.out(text);
  return 0;
}
