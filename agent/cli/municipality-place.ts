import type { Config, MunicipalityConfig } from '../../config/schema.ts';
import { CodedError } from '../errors.ts';
import { readStoreKey } from '../secrets.ts';
import type { Io } from './io.ts';
import { settings, type Where } from './settings.ts';

/** The receiving side's part of the configuration and its store key. Throws CodedError, UsageError. */
export function municipalityOf(
  where: Pick<Where, 'config'>,
  io: Io,
): { config: Config; municipality: MunicipalityConfig; key: Uint8Array } {
  const config = settings(where, io);
  const { municipality } = config;
  if (!municipality) {
    throw new CodedError(
      'config-no-municipality',
      'The configuration has no `municipality`',
      'Add it: see config/examples/municipality.yaml.',
    );
  }
  const { keyFile, data } = municipality;
  const key = readStoreKey({
    ...(keyFile === undefined ? {} : { keyFile }),
    dataFolder: data,
    env: io.env,
  });
  return { config, municipality, key };
}
