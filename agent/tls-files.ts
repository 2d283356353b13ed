import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CodedError, codeOf } from './errors.ts';
import { readSecretFile } from './secrets.ts';
import { certificatesIn } from './x509/pem.ts';

/** Settings of a transport that name PEM files. */
export interface TlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** Certificates and key as PEM text; what is not configured is absent. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads the PEM files of a transport, and sees that they are what they should be: a renewal that is
 * half done must not end a connection that works. `readKey`: who else may read the key's file.
 * Throws CodedError: `certificate-unreadable`, `certificate-malformed`, `certificate-key-unusable`,
 * `certificate-key-mismatch`, and for the key those of `readSecretFile`.
 */
export function readTlsFiles(
  { caFile, certFile, keyFile }: TlsFiles,
  readKey: (path: string) => string = readSecretFile,
): TlsMaterial {
  const ca = caFile === undefined ? undefined : readCertificates('caFile', caFile);
  const cert = certFile === undefined ? undefined : readCertificates('certFile', certFile);
  const key = keyFile === undefined ? undefined : readKey(keyFile);
  if (cert && key !== undefined) checkPair(cert.all[0], key);
  return {
    ...(ca ? { ca: ca.text } : {}),
    ...(cert ? { cert: cert.text } : {}),
    ...(key === undefined ? {} : { key }),
  };
}

/** The certificates in a PEM file, first the first. Throws CodedError as `readTlsFiles`. */
export function readCertificates(
  setting: 'caFile' | 'certFile',
  path: string,
): { readonly text: string; readonly all: readonly X509Certificate[] } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CodedError(
      'certificate-unreadable',
      `The file of the setting ${setting} cannot be read (${codeOf(cause)})`,
      "Check that it exists and that the service's user may read it.",
      cause,
    );
  }
  try {
    const all = certificatesIn(text);
    if (all.length > 0) return { text, all };
  } catch {
    // Said below: the library's error may quote the file.
  }
  throw new CodedError(
    'certificate-malformed',
    `The file of the setting ${setting} holds no certificate that can be read`,
    'It must be in PEM form, with the lines BEGIN CERTIFICATE and END CERTIFICATE.',
  );
}

function checkPair(certificate: X509Certificate | undefined, key: string): void {
  let fits: boolean | undefined;
  try {
    fits = certificate?.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new CodedError(
      'certificate-key-unusable',
      'The file of the setting keyFile holds no private key that can be used',
      'It must be in PEM form and without a passphrase.',
    );
  }
  if (fits) return;
  throw new CodedError(
    'certificate-key-mismatch',
    'The files of the settings certFile and keyFile do not belong together',
    'Put the certificate and the key of one renewal there, the own certificate first in its file.',
  );
}
