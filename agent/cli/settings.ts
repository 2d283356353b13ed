import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, problemsText } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { CodedError } from '../errors.ts';
import { readStoreKey } from '../secrets.ts';
import { type Io, UsageError } from './io.ts';

const CONFIG_FILE = '/etc/iomt/iomt.yaml';

export interface Where {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
}

/** The configuration that the command names, whole; every problem is listed (exit 2). */
export function settings(where: Where, io: Io): Config {
  const loaded = loadConfig({
    file: where.config ?? io.env.IOMT_CONFIG ?? CONFIG_FILE,
    env: io.env,
  });
  if (loaded.ok) return loaded.config;
  throw new UsageError(
    `The configuration has ${loaded.problems.length} problem(s):\n${problemsText(loaded.problems)}`,
  );
}

/** The gateway's data folder: `--data`, a demo's folder included, else from the configuration. */
export function homeFolder(where: Where, io: Io): string {
  if (where.data !== undefined) {
    const demo = join(where.data, 'home');
    return existsSync(join(demo, 'home.db')) ? demo : where.data;
  }
  const { home } = settings(where, io);
  if (home) return home.data;
  throw new CodedError(
    'config-no-home',
    'The configuration has no `home`',
    "Name the gateway's own file with --config.",
  );
}

/** The key file of that folder: a demo's lies beside its programs. */
export function keyFileOf(where: Where, folder: string, io: Io): string | undefined {
  if (where.data !== undefined) {
    const demo = join(folder, '..', 'demo.key');
    return existsSync(demo) ? demo : undefined;
  }
  return settings(where, io).home?.keyFile;
}

/** The key of that folder's store, 32 bytes. Throws the coded errors of a key that cannot be had. */
export function storeKeyOf(where: Where, folder: string, io: Io): Uint8Array {
  const keyFile = keyFileOf(where, folder, io);
  const named = keyFile === undefined ? {} : { keyFile };
  return readStoreKey({ ...named, dataFolder: folder, env: io.env });
}
