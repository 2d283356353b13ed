import { type Io, parse, UsageError, WHERE } from './io.ts';
import type { StoreValues } from './store-place.ts';

const USAGE = `store check [--file FILE]
       iomt store repair [FILE]
       iomt store export [--file FILE] [--out FILE]
       iomt store backup --out FILE --passphrase-file FILE
       iomt store restore FILE --passphrase-file FILE`;

const OPTIONS = {
  ...WHERE,
  file: { type: 'string' },
  out: { type: 'string' },
  'passphrase-file': { type: 'string' },
} as const;

type Verb = (values: StoreValues, operand: string | undefined, io: Io) => Promise<number>;

/** What a verb takes; another option with it is a usage error, not silently left aside. */
const VERBS: Record<string, { takes: RegExp; load: () => Promise<Verb> }> = {
  check: { takes: /^(file)$/, load: async () => (await import('./store-check.ts')).check },
  repair: {
    takes: /^(operand)$/,
    load: async () => (await import('./store-repair.ts')).repair,
  },
  export: {
    takes: /^(file|out)$/,
    load: async () => (await import('./store-repair.ts')).exportStore,
  },
  backup: {
    takes: /^(out|passphrase-file)$/,
    load: async () => (await import('./store-backup.ts')).backup,
  },
  restore: {
    takes: /^(operand|passphrase-file)$/,
    load: async () => (await import('./store-backup.ts')).restore,
  },
};

/** `iomt store`: look at the store, save what can be saved of a broken one, carry it to another box. */
export async function storeCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(argv, OPTIONS, USAGE);
  const [name = '', operand] = positionals;
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  const given = ['file', 'out', 'passphrase-file'].filter((one) => Object.hasOwn(values, one));
  if (operand !== undefined) given.push('operand');
  if (!verb || positionals.length > 2 || !given.every((one) => verb.takes.test(one))) {
    throw new UsageError(`Usage: iomt ${USAGE}`);
  }
  return (await verb.load())(values, operand, io);
}
