import { readFileSync } from 'node:fs';
import { CodedError, codeOf } from '../../errors.ts';

/** Certificates and key as text; what is not configured is absent. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

interface TlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** Reads the PEM files of a transport. @throws CodedError `transport-file-unreadable` naming the setting. */
export function readTlsFiles(files: TlsFiles): TlsMaterial {
  return {
    ...(files.caFile === undefined ? {} : { ca: readSetting('caFile', files.caFile) }),
    ...(files.certFile === undefined ? {} : { cert: readSetting('certFile', files.certFile) }),
    ...(files.keyFile === undefined ? {} : { key: readSetting('keyFile', files.keyFile) }),
  };
}

/** A password or token: the file's text without the line break editors add. @throws as above. */
export function readSecretFile(setting: 'passwordFile' | 'tokenFile', path: string): string {
  return readSetting(setting, path).replace(/\r?\n$/, '');
}

function readSetting(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CodedError(
      'transport-file-unreadable',
      `The file of the setting ${setting} cannot be read (${codeOf(cause)}).`,
      `Check that it exists and that the service's user may read it.`,
      cause,
    );
  }
}
