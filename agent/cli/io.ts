import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The world a command may touch besides files: so that tests can be it. */
export interface Io {
  readonly stdin: AsyncIterable<string | Buffer>;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

/** The command was written wrongly: exit 2, with how to write it. */
export class UsageError extends Error {}

/** Options that say where the gateway is; every command takes them. */
export const WHERE = {
  config: { type: 'string' },
  data: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** Somebody asked how a command is written: printed, exit 0. */
export class HelpAsked extends Error {}

/** More words than the command takes would be silently left aside: a usage error instead. */
export function nothingMore(positionals: readonly string[], max: number, usage: string): void {
  if (positionals.length > max) throw new UsageError(`Usage: iomt ${usage}`);
}

/** `node:util` parseArgs, strict, with our usage error. */
export function parse<T extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: T,
  usage: string,
) {
  if (argv.includes('--help')) throw new HelpAsked(`Usage: iomt ${usage}`);
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : '';
    throw new UsageError(`${reason}\nUsage: iomt ${usage}`);
  }
}

/** A whole number within bounds, or a usage error that names the option. */
export function wholeNumber(text: string, option: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`--${option} takes a whole number from ${min} to ${max}.`);
}
