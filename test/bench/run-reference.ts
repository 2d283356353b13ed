import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Rate {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** Runs one of reference.ts's comparisons in a process of its own. */
export async function reference(
  what: 'json' | 'sqlite' | 'mqtt' | 'https',
  body: string,
  count: number,
  ...where: readonly string[]
): Promise<Rate> {
  const file = join(import.meta.dirname, 'reference.ts');
  const { stdout } = await run(process.execPath, [file, what, body, String(count), ...where]);
  return JSON.parse(stdout) as Rate;
}
