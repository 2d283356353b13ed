import type { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { certificatesIn } from './pem.ts';

/** Why a chain leads nowhere. */
export type ChainProblem = 'untrusted' | 'not-in-date';

/**
 * Follows a certificate, through those after it, to one of the authorities. Undefined when it gets
 * there and all on the way are in date; `now` in ms since 1970.
 */
export function chainProblem(
  chain: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  now: number,
): ChainProblem | undefined {
  for (const [at, certificate] of chain.entries()) {
    if (!isInDate(certificate, now)) return 'not-in-date';
    const above = authorities.filter((authority) => isIssuedBy(certificate, authority));
    if (above.length > 0) {
      return above.some((authority) => isInDate(authority, now)) ? undefined : 'not-in-date';
    }
    const next = chain[at + 1];
    if (!next || !isIssuedBy(certificate, next)) return 'untrusted';
  }
  return 'untrusted';
}

/** True when each certificate is vouched for by the one after it. */
export function isLinked(chain: readonly X509Certificate[]): boolean {
  return chain.every((certificate, at) => {
    const next = chain[at + 1];
    return next === undefined || isIssuedBy(certificate, next);
  });
}

/** True when browsers know the authority: one of Mozilla's list, as Node was built with it. */
export function isPublic(chain: readonly X509Certificate[], now: number): boolean {
  return chainProblem(chain, rootCertificates.flatMap(certificatesIn), now) === undefined;
}

export function isInDate({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  return validFromDate.getTime() <= now && now < validToDate.getTime();
}

function isIssuedBy(certificate: X509Certificate, by: X509Certificate): boolean {
  return by.ca && certificate.checkIssued(by) && certificate.verify(by.publicKey);
}
