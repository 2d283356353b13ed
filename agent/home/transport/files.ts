import { readFileSync } from 'node:fs';
import { CodedError, codeOf } from '../../errors.ts';
import { readSecretFile } from '../../secrets.ts';

/** Certificates and key as PEM text; what is not configured is absent. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads the PEM files of a transport.
 * Throws CodedError: `certificate-unreadable`, and for the key those of `readSecretFile`.
 */
export function readTlsFiles(files: {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}): TlsMaterial {
  const { caFile, certFile, keyFile } = files;
  return {
    ...(caFile === undefined ? {} : { ca: readCertificate('caFile', caFile) }),
    ...(certFile === undefined ? {} : { cert: readCertificate('certFile', certFile) }),
    ...(keyFile === undefined ? {} : { key: readSecretFile(keyFile) }),
  };
}

function readCertificate(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CodedError(
      'certificate-unreadable',
      `The file of the setting ${setting} cannot be read (${codeOf(cause)})`,
      "Check that it exists and that the service's user may read it.",
      cause,
    );
  }
}
