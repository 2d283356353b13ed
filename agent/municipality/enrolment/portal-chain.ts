import { CodedError } from '../../errors.ts';
import { isInDate, isLinked, isPublic } from '../../x509/chain.ts';
import { readChain } from './authority.ts';
import type { ProvenRequest } from './request.ts';

/**
 * The certificate that a public authority issued for a gateway's pages, with those between.
 * `isPublic`: browsers know the authority. Throws CodedError: `portal-not-asked`,
 * `portal-certificate-mismatch`, and those of `readChain`.
 */
export function readPortalChain(
  file: string,
  { portal }: ProvenRequest,
  now: number,
): { readonly name: string; readonly certificate: string; readonly isPublic: boolean } {
  if (!portal) throw portalNotAsked();
  const { text, certificates } = readChain(file);
  const [own] = certificates;
  const problems = [
    ...(own.publicKey.equals(portal.key) ? [] : ['is for another key than this gateway asked for']),
    ...(own.checkHost(portal.name) === undefined ? [`is not for ${portal.name}`] : []),
    ...(certificates.every((one) => isInDate(one, now)) ? [] : ['is not valid now']),
    ...(isLinked(certificates) ? [] : ['is not followed by the one that vouches for it']),
  ];
  if (problems.length === 0) {
    return { name: portal.name, certificate: text, isPublic: isPublic(certificates, now) };
  }
  throw new CodedError(
    'portal-certificate-mismatch',
    `The certificate of the pages ${problems.join(' and ')}`,
    'Nothing was issued. Give the file that the public authority made of the request that --portal-request-out wrote: the certificate first, then those between.',
  );
}

/** The gateway has asked for no certificate of its pages. */
export function portalNotAsked(): CodedError {
  return new CodedError(
    'portal-not-asked',
    'The gateway has asked for no certificate of its pages',
    'On the gateway: iomt enrol request --portal-name NAME --out FILE.',
  );
}
