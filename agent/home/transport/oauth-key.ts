import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  type webcrypto,
} from 'node:crypto';
import type { PrivateKey } from 'oauth4webapi';
import type { OauthConfig } from '../../../config/schema.ts';
import { CodedError } from '../../errors.ts';
import { readSecretFile } from '../../secrets.ts';

type Algorithm = NonNullable<OauthConfig['algorithm']>;

interface Kind {
  readonly family: 'ec' | 'rsa';
  /** OpenSSL's name of the curve, where it is one. */
  readonly curve?: string;
  /** WebCrypto's words for it. */
  readonly params: webcrypto.EcKeyImportParams | webcrypto.RsaHashedImportParams;
}

/** RFC 7518 3.1. SMART asks servers for ES384 and RS384, HelseID takes PS256 and ES256 among others. */
const KINDS: Readonly<Record<Algorithm, Kind>> = {
  ES256: { family: 'ec', curve: 'prime256v1', params: { name: 'ECDSA', namedCurve: 'P-256' } },
  ES384: { family: 'ec', curve: 'secp384r1', params: { name: 'ECDSA', namedCurve: 'P-384' } },
  PS256: { family: 'rsa', params: { name: 'RSA-PSS', hash: 'SHA-256' } },
  RS256: { family: 'rsa', params: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } },
  RS384: { family: 'rsa', params: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' } },
};

export const KEY_ALGORITHMS = Object.keys(KINDS) as readonly Algorithm[];

/** RSA of fewer bits is taken by neither pattern (RFC 7518 3.3). */
const RSA_BITS_MIN = 2048;
/** For new keys: good beyond 2030 (BSI TR-02102-1). */
const RSA_BITS = 3072;

type KeySettings = Pick<OauthConfig, 'keyFile' | 'keyId' | 'algorithm' | 'issuer'>;

/**
 * The key that signs assertions, read anew each time, so that a replaced file counts at once.
 * Throws CodedError: `token-key-unusable`, and those of `readSecretFile`.
 */
export async function readSigningKey(settings: KeySettings): Promise<PrivateKey> {
  const { key, kid, alg } = parse(readSecretFile(settings.keyFile));
  const kind = KINDS[settings.algorithm ?? knownAlgorithm(alg) ?? usualFor(key, settings)];
  const { asymmetricKeyDetails: details } = key;
  const fits =
    kind.family === key.asymmetricKeyType &&
    kind.curve === details?.namedCurve &&
    (details?.modulusLength ?? RSA_BITS_MIN) >= RSA_BITS_MIN;
  if (!fits) throw unusable('is not of the kind that the algorithm needs');
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const usable = await crypto.subtle.importKey('pkcs8', der, kind.params, false, ['sign']);
  const id = settings.keyId ?? kid;
  return { key: usable, ...(id === undefined ? {} : { kid: id }) };
}

function parse(text: string): { key: KeyObject; kid?: string; alg?: string } {
  try {
    if (!text.trimStart().startsWith('{')) return { key: createPrivateKey(text) };
    const jwk = JSON.parse(text) as Record<string, unknown>;
    const key = createPrivateKey({ key: jwk, format: 'jwk' });
    const { kid, alg } = jwk;
    return {
      key,
      ...(typeof kid === 'string' ? { kid } : {}),
      ...(typeof alg === 'string' ? { alg } : {}),
    };
  } catch {
    // Not as the cause: it may quote the key.
    throw unusable('holds no private key');
  }
}

function knownAlgorithm(name: string | undefined): Algorithm | undefined {
  return KEY_ALGORITHMS.find((known) => known === name);
}

function usualFor(key: KeyObject, { issuer }: KeySettings): Algorithm {
  if (key.asymmetricKeyType === 'rsa') return issuer === undefined ? 'RS384' : 'PS256';
  return key.asymmetricKeyDetails?.namedCurve === KINDS.ES384.curve ? 'ES384' : 'ES256';
}

function unusable(what: string): CodedError {
  return new CodedError(
    'token-key-unusable',
    `The file named as auth.keyFile ${what}`,
    'It is a private JWK or an unencrypted PEM; `iomt oauth-key` makes one. An RSA key has at least 2048 bits.',
  );
}

/** A new key: the private JWK for the gateway's file, and the public one for its registration. */
export function makeOauthKey(alg: Algorithm): { readonly secret: object; readonly open: object } {
  const { family, curve } = KINDS[alg];
  const { privateKey, publicKey } =
    family === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: curve ?? '' })
      : generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
  const common = { kid: randomUUID(), alg, use: 'sig' };
  return {
    secret: { ...privateKey.export({ format: 'jwk' }), ...common },
    open: { ...publicKey.export({ format: 'jwk' }), ...common },
  };
}
