import { type KeyObject, randomBytes, type X509Certificate } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { pem } from './pem.ts';
import { algorithmFor, signWith } from './signing.ts';

/** RFC 4519, 2.3. */
const COMMON_NAME = '2.5.4.3';
/** RFC 5280, 4.1.2.2: at most 20; browsers' rules ask for 8 random ones at least. */
const SERIAL_BYTES = 16;

/** What a certificate says. */
export interface CertificateTerms {
  readonly commonName: string;
  readonly dns: readonly string[];
  readonly addresses: readonly string[];
  readonly usage: 'server' | 'client';
  /** Ms since 1970, whole seconds count. */
  readonly from: number;
  readonly to: number;
  readonly publicKey: KeyObject;
  /** Who vouches for it, and with what key; without a certificate, it vouches for itself. */
  readonly issuer: { readonly key: KeyObject; readonly certificate?: X509Certificate };
}

/**
 * Makes the certificate of one server or client, which can vouch for nothing else. PEM.
 * Throws CodedError `key-unsuitable`.
 */
export function makeCertificate(terms: CertificateTerms): string {
  const { key, certificate: above } = terms.issuer;
  const algorithm = new AlgorithmIdentifier(algorithmFor(key));
  const subject = nameOf(terms.commonName);
  const issuer = above ? AsnConvert.parse(above.raw, Certificate).tbsCertificate : undefined;
  const unsigned = new TBSCertificate({
    version: Version.v3,
    serialNumber: serial(),
    signature: algorithm,
    issuer: issuer?.subject ?? subject,
    subject,
    validity: new Validity({ notBefore: new Date(terms.from), notAfter: new Date(terms.to) }),
    subjectPublicKeyInfo: publicKeyInfo(terms.publicKey),
    extensions: new Extensions([...extensionsOf(terms), ...issuerKey(issuer)]),
  });
  const certificate = new Certificate({
    tbsCertificate: unsigned,
    signatureAlgorithm: algorithm,
    signatureValue: signWith(key, AsnConvert.serialize(unsigned)),
  });
  return pem('CERTIFICATE', AsnConvert.serialize(certificate));
}

/** A name of one part, as certificates and requests for them bear it. */
export function nameOf(commonName: string): Name {
  const value = new AttributeValue({ utf8String: commonName });
  return new Name([
    new RelativeDistinguishedName([new AttributeTypeAndValue({ type: COMMON_NAME, value })]),
  ]);
}

/** The names and addresses that a certificate stands for. */
export function alternativeNames(dns: readonly string[], addresses: readonly string[]): Extension {
  const names = new SubjectAlternativeName([
    ...dns.map((dNSName) => new GeneralName({ dNSName })),
    ...addresses.map((iPAddress) => new GeneralName({ iPAddress })),
  ]);
  return extension(id_ce_subjectAltName, false, names);
}

/** A public key as certificates and requests carry it. */
export function publicKeyInfo(key: KeyObject): SubjectPublicKeyInfo {
  return AsnConvert.parse(key.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);
}

function extensionsOf({ usage, dns, addresses }: CertificateTerms): Extension[] {
  const purpose = usage === 'server' ? id_kp_serverAuth : id_kp_clientAuth;
  return [
    // Whoever trusts it trusts this one, and nothing that it might sign.
    extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: false })),
    extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.digitalSignature)),
    extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([purpose])),
    alternativeNames(dns, addresses),
  ];
}

/** RFC 5280, 4.2.1.1: which of the issuer's keys it was, as the issuer itself calls it. */
function issuerKey(issuer: TBSCertificate | undefined): Extension[] {
  const named = issuer?.extensions?.find(({ extnID }) => extnID === id_ce_subjectKeyIdentifier);
  if (!named) return [];
  const keyIdentifier = AsnConvert.parse(named.extnValue.buffer, KeyIdentifier);
  const value = new AuthorityKeyIdentifier({ keyIdentifier });
  return [extension(id_ce_authorityKeyIdentifier, false, value)];
}

function extension(extnID: string, critical: boolean, value: unknown): Extension {
  const extnValue = new OctetString(AsnConvert.serialize(value));
  return new Extension({ extnID, critical, extnValue });
}

/** Positive and not shortened: its first byte is 0x40 to 0x7f. */
function serial(): ArrayBuffer {
  const bytes = Uint8Array.from(randomBytes(SERIAL_BYTES));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.buffer;
}
