import { createPublicKey, type KeyObject } from 'node:crypto';
import { Attributes, CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Attribute,
  Extensions,
  id_ce_subjectAltName,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509';
import { alternativeNames, nameOf, publicKeyInfo } from './certificate.ts';
import { pem } from './pem.ts';
import { algorithmFor, isSignedBy, signWith } from './signing.ts';

/** RFC 2985, 5.4.2: what the certificate is asked to say. */
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
/** Nothing beside base64: the text is handed on, and others read it in their own way. */
const REQUEST =
  /^-----BEGIN CERTIFICATE REQUEST-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE REQUEST-----\s*$/;

/** What a request asks for, by the holder of the key. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly dns: readonly string[];
  readonly publicKey: KeyObject;
}

/** A request for a certificate (PKCS #10, RFC 2986) for one name. PEM. Throws `key-unsuitable`. */
export function makeCertificateRequest(
  commonName: string,
  key: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
): string {
  const wanted = new Extensions([alternativeNames([commonName], [])]);
  const info = new CertificationRequestInfo({
    subject: nameOf(commonName),
    subjectPKInfo: publicKeyInfo(key.publicKey),
    attributes: new Attributes([
      new Attribute({ type: EXTENSION_REQUEST, values: [AsnConvert.serialize(wanted)] }),
    ]),
  });
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: new AlgorithmIdentifier(algorithmFor(key.privateKey)),
    signature: signWith(key.privateKey, AsnConvert.serialize(info)),
  });
  return pem('CERTIFICATE REQUEST', AsnConvert.serialize(request));
}

/** Reads a request, and sees that who made it holds the key. Undefined when not; never throws. */
export function readCertificateRequest(text: string): CertificateRequest | undefined {
  const [, base64] = REQUEST.exec(text) ?? [];
  if (base64 === undefined) return undefined;
  try {
    const der = Buffer.from(base64, 'base64');
    const request = AsnConvert.parse(der, CertificationRequest);
    // One way to write it (DER), or others would read something else in it.
    if (!Buffer.from(AsnConvert.serialize(request)).equals(der)) return undefined;
    const { certificationRequestInfo: info, certificationRequestInfoRaw: raw } = request;
    const spki = Buffer.from(AsnConvert.serialize(info.subjectPKInfo));
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const { signature, signatureAlgorithm } = request;
    const { algorithm } = signatureAlgorithm;
    if (!raw || !isSignedBy(publicKey, raw, { algorithm, signature })) return undefined;
    const [part, ...others] = [...info.subject].flat();
    if (!part || others.length > 0) return undefined;
    return { commonName: String(part.value), dns: namesIn(info), publicKey };
  } catch {
    // Bytes of a stranger; what the library says of them helps nobody.
    return undefined;
  }
}

/** Throws when it asks for anything but names in DNS. */
function namesIn({ attributes }: CertificationRequestInfo): string[] {
  return [...(attributes ?? [])].flatMap(({ type, values }) => {
    if (type !== EXTENSION_REQUEST) throw new TypeError('an attribute that is not known');
    return values.flatMap((value) =>
      [...AsnConvert.parse(value, Extensions)].flatMap(({ extnID, extnValue }) => {
        if (extnID !== id_ce_subjectAltName) throw new TypeError('an extension not expected');
        return [...AsnConvert.parse(extnValue.buffer, SubjectAlternativeName)].map((name) => {
          if (name.dNSName === undefined) throw new TypeError('not a name in DNS');
          return name.dNSName;
        });
      }),
    );
  });
}
