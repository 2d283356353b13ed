import { expect } from 'vitest';
import type { Io } from '../../../agent/cli/io.ts';
import { main } from '../../../agent/main.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process, and keeps what it says. */
export async function iomt(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  typed: readonly string[] = [],
): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    stdin: (async function* () {
      yield* typed.map((line) => `${line}\n`);
    })(),
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    env,
    version: '0.0.0',
  };
  const code = await main(argv, io);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** What a command says that failed with this code. */
export const failing = (code: string) => ({
  code: 1,
  err: expect.stringContaining(`(${code})`),
});
