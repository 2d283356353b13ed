import { type KeyObject, sign, verify } from 'node:crypto';
import { CodedError } from '../errors.ts';

interface Algorithm {
  /** As a certificate names it. RFC 4055, 2.1 wants NULL for RSA, RFC 5758 and 8410 nothing. */
  readonly id: { readonly algorithm: string; readonly parameters?: null };
  readonly digest: string | null;
}

const RSA: Algorithm = {
  id: { algorithm: '1.2.840.113549.1.1.11', parameters: null },
  digest: 'sha256',
};
const ED25519: Algorithm = { id: { algorithm: '1.3.101.112' }, digest: null };
/** RFC 5758, 3.2: the digest is as long as the curve. */
const ECDSA: Readonly<Record<string, Algorithm>> = {
  prime256v1: { id: { algorithm: '1.2.840.10045.4.3.2' }, digest: 'sha256' },
  secp384r1: { id: { algorithm: '1.2.840.10045.4.3.3' }, digest: 'sha384' },
  secp521r1: { id: { algorithm: '1.2.840.10045.4.3.4' }, digest: 'sha512' },
};
/** NIST SP 800-57, part 1: fewer are not enough until 2030. */
const RSA_BITS_MIN = 2048;

function algorithmOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): Algorithm | undefined {
  if (asymmetricKeyType === 'ed25519') return ED25519;
  if (asymmetricKeyType === 'ec') return ECDSA[asymmetricKeyDetails?.namedCurve ?? ''];
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  return asymmetricKeyType === 'rsa' && bits >= RSA_BITS_MIN ? RSA : undefined;
}

/** The algorithm that suits a key, as a certificate names it. Throws CodedError `key-unsuitable`. */
export function algorithmFor(key: KeyObject): Algorithm['id'] {
  return suitable(key).id;
}

/** Signs bytes in that algorithm. Throws CodedError `key-unsuitable`. */
export function signWith(key: KeyObject, bytes: ArrayBuffer): ArrayBuffer {
  return Uint8Array.from(sign(suitable(key).digest, Buffer.from(bytes), key)).buffer;
}

/** True when the key made this signature, in the algorithm that is named. */
export function isSignedBy(
  key: KeyObject,
  bytes: ArrayBuffer,
  signed: { readonly algorithm: string; readonly signature: ArrayBuffer },
): boolean {
  const suits = algorithmOf(key);
  // With a curve other programs take other digests.
  const usual = key.asymmetricKeyType === 'ec' ? Object.values(ECDSA) : [suits];
  const named = usual.find((one) => one?.id.algorithm === signed.algorithm);
  if (!suits || !named) return false;
  return verify(named.digest, Buffer.from(bytes), key, Buffer.from(signed.signature));
}

function suitable(key: KeyObject): Algorithm {
  const found = algorithmOf(key);
  if (found) return found;
  throw new CodedError(
    'key-unsuitable',
    'The key is of a kind that is not used for certificates here',
    'Use EC (P-256, P-384, P-521), Ed25519, or RSA of 2048 bits or more.',
  );
}
