import { generateKeyPair, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';

/** A certificate and its private key, PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** RFC 5758, 3.2. */
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
/** RFC 4519, 2.3. */
const COMMON_NAME = '2.5.4.3';
const SERIAL_BYTES = 16;

/** A server's certificate that vouches for itself: a new key (P-256), for these names and addresses. */
export async function makeSelfSigned(terms: {
  readonly dns: readonly string[];
  readonly addresses: readonly string[];
  /** Ms since 1970, whole seconds count. */
  readonly from: number;
  readonly to: number;
}): Promise<Pair> {
  // Loaded here: a gateway that has its certificate needs no library for it.
  const x509 = await import('@peculiar/asn1-x509');
  const { AsnConvert, OctetString } = await import('@peculiar/asn1-schema');
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });

  const extension = (extnID: string, critical: boolean, value: unknown) =>
    new x509.Extension({
      extnID,
      critical,
      extnValue: new OctetString(AsnConvert.serialize(value)),
    });
  const name = new x509.Name([
    new x509.RelativeDistinguishedName([
      new x509.AttributeTypeAndValue({
        type: COMMON_NAME,
        value: new x509.AttributeValue({ utf8String: terms.dns[0] ?? 'iomt' }),
      }),
    ]),
  ]);
  const alternatives = new x509.SubjectAlternativeName([
    ...terms.dns.map((dNSName) => new x509.GeneralName({ dNSName })),
    ...terms.addresses.map((iPAddress) => new x509.GeneralName({ iPAddress })),
  ]);
  const algorithm = new x509.AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const unsigned = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: serial(),
    signature: algorithm,
    issuer: name,
    subject: name,
    validity: new x509.Validity({ notBefore: new Date(terms.from), notAfter: new Date(terms.to) }),
    subjectPublicKeyInfo: AsnConvert.parse(
      publicKey.export({ type: 'spki', format: 'der' }),
      x509.SubjectPublicKeyInfo,
    ),
    extensions: new x509.Extensions([
      // Whoever trusts it trusts this server, and nothing that it might sign.
      extension(x509.id_ce_basicConstraints, true, new x509.BasicConstraints({ cA: false })),
      extension(x509.id_ce_keyUsage, true, new x509.KeyUsage(x509.KeyUsageFlags.digitalSignature)),
      extension(x509.id_ce_extKeyUsage, false, new x509.ExtendedKeyUsage([x509.id_kp_serverAuth])),
      extension(x509.id_ce_subjectAltName, false, alternatives),
    ]),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(unsigned)), privateKey);
  const certificate = new x509.Certificate({
    tbsCertificate: unsigned,
    signatureAlgorithm: algorithm,
    signatureValue: Uint8Array.from(signature).buffer,
  });
  return {
    cert: pem('CERTIFICATE', Buffer.from(AsnConvert.serialize(certificate))),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

/** Positive and not shortened (RFC 5280, 4.1.2.2): its first byte is 0x40 to 0x7f. */
function serial(): ArrayBuffer {
  const bytes = Uint8Array.from(randomBytes(SERIAL_BYTES));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.buffer;
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
