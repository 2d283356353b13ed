import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type EnrolmentRequest, provenText } from '../../contract/enrolment.ts';
import { CodedError } from '../../errors.ts';
import { gatewayIdOf } from '../../identity.ts';
import { readCertificateRequest } from '../../x509/certificate-request.ts';

/** A request that was made by the gateway that it names. */
export interface ProvenRequest {
  readonly gateway: string;
  /** The key that the gateway shows itself with. */
  readonly clientKey: KeyObject;
  readonly portal?: { readonly name: string; readonly request: string; readonly key: KeyObject };
}

/**
 * Sees that the id is the hash of the key, that the holder of that key asks for all of it, and that
 * the gateway holds the keys that certificates are asked for. Throws CodedError
 * `enrolment-not-proven`.
 */
export function proveRequest(request: EnrolmentRequest): ProvenRequest {
  const { gateway, publicKey, proof, portal } = request;
  const identity = publicKeyIn(publicKey);
  if (!identity || gatewayIdOf(identity) !== gateway) {
    throw notProven('The id in the request is not that of its key');
  }
  const text = Buffer.from(provenText(request));
  if (!verify(null, text, identity, Buffer.from(proof, 'base64'))) {
    throw notProven('The request was changed after the gateway signed it');
  }
  const client = readCertificateRequest(request.client.request);
  if (client?.commonName !== gateway || client.dns.some((name) => name !== gateway)) {
    throw notProven("The request for the client's certificate is not one of this gateway");
  }
  if (!portal) return { gateway, clientKey: client.publicKey };
  const pages = readCertificateRequest(portal.request);
  const { name } = portal;
  if (pages?.commonName !== name || pages.dns.length !== 1 || pages.dns[0] !== name) {
    throw notProven(
      "The request for the pages' certificate is not one for the name it is said to be",
    );
  }
  return {
    gateway,
    clientKey: client.publicKey,
    portal: { name, request: portal.request, key: pages.publicKey },
  };
}

function publicKeyIn(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

function notProven(message: string): CodedError {
  return new CodedError(
    'enrolment-not-proven',
    message,
    'Nothing was issued. Take the file anew from the gateway: iomt enrol request --out FILE.',
  );
}
