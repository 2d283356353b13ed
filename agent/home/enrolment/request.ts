import { sign } from 'node:crypto';
import { type EnrolmentRequest, provenText } from '../../contract/enrolment.ts';
import { CodedError, codeOf } from '../../errors.ts';
import { type GatewayIdentity, loadGatewayIdentity } from '../../identity.ts';
import { makeCertificateRequest } from '../../x509/certificate-request.ts';
import { createPlace, type KeyName } from './place.ts';

/**
 * What this gateway asks of a municipality: certificates for keys that are made here, at the first
 * time or with `newKeys`, and never leave. Nothing that works is touched: a key in use lies beside
 * its certificate. Throws CodedError: `gateway-not-started`, those of `loadGatewayIdentity` and of
 * `createPrivate`, `enrolment-key-unusable`.
 */
export function makeRequest(options: {
  readonly dataFolder: string;
  /** Name of the pages that a certificate is asked for too. */
  readonly portalName?: string | undefined;
  readonly newKeys: boolean;
}): EnrolmentRequest {
  const { dataFolder, portalName, newKeys } = options;
  const { id, publicKey, privateKey } = identityIn(dataFolder);
  const place = createPlace(dataFolder);
  const keyOf = (name: KeyName) => {
    const kept = newKeys ? undefined : place.key(name);
    return kept ?? place.makeKey(name);
  };
  const asked = {
    type: 'iomt-enrolment-request',
    form: 1,
    gateway: id,
    publicKey,
    client: { request: makeCertificateRequest(id, keyOf('client')) },
    ...(portalName === undefined
      ? {}
      : {
          portal: {
            name: portalName,
            request: makeCertificateRequest(portalName, keyOf('portal')),
          },
        }),
  } as const;
  const proof = sign(null, Buffer.from(provenText(asked)), privateKey).toString('base64');
  const request: EnrolmentRequest = { ...asked, proof };
  place.keepRequest(request);
  return request;
}

/** Who this gateway is. Throws CodedError `gateway-not-started` and those of `loadGatewayIdentity`. */
export function identityIn(dataFolder: string): GatewayIdentity {
  try {
    return loadGatewayIdentity(dataFolder);
  } catch (error) {
    if (codeOf(error) !== 'identity-missing') throw error;
    throw new CodedError(
      'gateway-not-started',
      `No gateway has been started in ${dataFolder} yet`,
      'Its identity is made at its first start: systemctl start iomt-home. Then again.',
      error,
    );
  }
}
