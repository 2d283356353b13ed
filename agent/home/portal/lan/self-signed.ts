import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { type CertificateTerms, makeCertificate } from '../../../x509/certificate.ts';

/** A certificate and its private key, PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A server's certificate that vouches for itself: a new key (P-256), for these names and addresses. */
export async function makeSelfSigned(
  terms: Pick<CertificateTerms, 'dns' | 'addresses' | 'from' | 'to'>,
): Promise<Pair> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const commonName = terms.dns[0] ?? 'iomt';
  const issuer = { key: privateKey };
  return {
    cert: makeCertificate({ ...terms, commonName, usage: 'server', publicKey, issuer }),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}
