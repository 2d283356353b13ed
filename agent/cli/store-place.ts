import { join } from 'node:path';
import { CodedError } from '../errors.ts';
import { storeIn } from '../home/store/open.ts';
import { isAnswered } from '../http-door.ts';
import type { Io } from './io.ts';
import { homeFolder, storeKeyOf, type Where } from './settings.ts';

export interface StoreValues extends Where {
  readonly json?: boolean | undefined;
  readonly file?: string | undefined;
  readonly out?: string | undefined;
  readonly 'passphrase-file'?: string | undefined;
}

/** The gateway's folder, its store and the key to it. */
export function placeOf(where: Where, io: Io) {
  const folder = homeFolder(where, io);
  return { folder, key: storeKeyOf(where, folder, io), file: storeIn(folder) };
}

export async function mustBeDown(folder: string): Promise<void> {
  if (!(await isAnswered(join(folder, 'control.sock')))) return;
  throw new CodedError(
    'gateway-running',
    'The gateway is running, and writes in its store',
    'Stop it first: systemctl stop iomt-home.',
  );
}
