import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CodedError, codeOf } from '../../errors.ts';
import { readPrivate } from '../../secrets.ts';
import { makeCertificate } from '../../x509/certificate.ts';
import { chainProblem, isInDate, isLinked } from '../../x509/chain.ts';
import { certificatesIn } from '../../x509/pem.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A broker's clock may be behind: valid since so long. */
const BACK_MS = 60 * MINUTE_MS;

/** Who issues the certificates of the gateways. */
export interface Authority {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  /** The PEM file as it is: itself first, then those above it. */
  readonly text: string;
}

export interface Issued {
  /** PEM. */
  readonly certificate: string;
  readonly serial: string;
  readonly from: Date;
  readonly to: Date;
}

/**
 * The municipality's authority: its certificate first in the file, and the key of that, 0600.
 * Throws CodedError: `authority-unreadable`, `authority-malformed`, `authority-not-one`,
 * `authority-not-whole`, `authority-ended`, `authority-key-unusable`, `authority-key-mismatch`, and those of `readPrivate`.
 */
export function readAuthority(files: {
  readonly certFile: string;
  readonly keyFile: string;
  readonly passphrase?: string | undefined;
  /** Ms since 1970. */
  readonly now: number;
}): Authority {
  const { text, certificates } = readChain(files.certFile);
  const [certificate] = certificates;
  if (!certificate.ca) {
    throw wrong('not-one', 'The first certificate of --ca is not that of an authority', CA_HINT);
  }
  const top = certificates.at(-1) ?? certificate;
  // TLS libraries trust what stands at the top, not what is on the way.
  if (!isLinked([...certificates, top])) {
    const message = 'The certificates of --ca do not lead to one that vouches for itself';
    throw wrong('not-whole', message, CA_HINT);
  }
  if (!isInDate(certificate, files.now)) {
    throw wrong(
      'ended',
      'The authority is not valid now',
      "Renew it, or see this machine's clock.",
    );
  }
  const key = keyIn(readPrivate(files.keyFile, 'secret'), files.passphrase);
  if (certificate.checkPrivateKey(key)) return { certificate, key, text };
  throw wrong('key-mismatch', 'The files of --ca and --ca-key do not belong together', CA_HINT);
}

/** Certificates of a PEM file, in its order. Throws CodedError: `authority-unreadable`, `-malformed`. */
export function readChain(file: string): {
  readonly text: string;
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
} {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const message = `The file ${file} cannot be read (${codeOf(error)})`;
    throw wrong('unreadable', message, 'Name a PEM file that you may read.');
  }
  try {
    const [first, ...others] = certificatesIn(text);
    // Only the certificates: whatever else is in the file is not for others.
    if (first) return { text: [first, ...others].join(''), certificates: [first, ...others] };
  } catch {
    // Said below: the library's error may quote the file.
  }
  throw wrong('malformed', `The file ${file} holds no certificate that can be read`, CA_HINT);
}

/**
 * A client certificate for a gateway: its id as common name and as name in DNS, valid from now for
 * `days`, but not longer than its authority. Throws CodedError: `key-unsuitable`,
 * `authority-chain-broken`.
 */
export function issueClientCertificate(
  { certificate: above, key, text }: Authority,
  wanted: {
    readonly gateway: string;
    readonly publicKey: KeyObject;
    readonly days: number;
    /** Ms since 1970. */
    readonly now: number;
  },
): Issued {
  const { gateway, publicKey, now } = wanted;
  const from = Math.max(now - BACK_MS, above.validFromDate.getTime());
  const to = Math.min(now + wanted.days * DAY_MS, above.validToDate.getTime());
  const pem = makeCertificate({
    commonName: gateway,
    dns: [gateway],
    addresses: [],
    usage: 'client',
    from,
    to,
    publicKey,
    issuer: { key, certificate: above },
  });
  const issued = certificatesIn(pem);
  const [own] = issued;
  // As the gateway and the broker will look at it.
  if (own && chainProblem(issued, certificatesIn(text), now) === undefined) {
    const { serialNumber: serial, validFromDate, validToDate } = own;
    return { certificate: pem, serial, from: validFromDate, to: validToDate };
  }
  const message = 'What this authority issues does not lead back to it';
  throw wrong('chain-broken', message, CA_HINT);
}

function keyIn(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    const message = 'The file of --ca-key holds no private key that can be opened';
    throw wrong('key-unusable', message, 'It must be PEM; its passphrase: --passphrase-file FILE.');
  }
}

const CA_HINT =
  '--ca takes a PEM file with the authority that issues, first, and those above it; --ca-key its key.';

function wrong(code: string, message: string, hint: string): CodedError {
  return new CodedError(`authority-${code}`, message, hint);
}
