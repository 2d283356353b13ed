import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { join } from 'node:path';
import { CodedError } from './errors.ts';
import { createPrivate, readPrivate } from './secrets.ts';

/** Who a gateway is: made at its first start, the same until the box is replaced. */
export interface GatewayIdentity {
  /** `gw-` and 16 base32 characters: the first 80 bits of the SHA-256 of the public key. */
  readonly id: string;
  /** EUI-64 text for FHIR, `X2-XX-XX-XX-XX-XX-XX-XX`; see {@link systemIdOf}. */
  readonly systemId: string;
  /** Ed25519 public key, PEM (SubjectPublicKeyInfo). */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

/** In the data folder. */
export const GATEWAY_KEY = 'gateway.key';

/**
 * Makes the Ed25519 key of a new gateway, `gateway.key` in the data folder, mode 0600.
 * Throws CodedError: `identity-exists`, and those of {@link createPrivate}.
 */
export function createGatewayIdentity(dataFolder: string): GatewayIdentity {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  if (createPrivate(join(dataFolder, GATEWAY_KEY), String(pem))) return identityOf(privateKey);
  throw new CodedError(
    'identity-exists',
    'This gateway already has an identity',
    'To make a new one is a new enrolment: use an empty data folder.',
  );
}

/**
 * The identity in the data folder.
 * Throws CodedError: `identity-missing`, `identity-malformed`, `identity-unreadable`,
 * `identity-file-readable-by-others`.
 */
export function loadGatewayIdentity(dataFolder: string): GatewayIdentity {
  const file = join(dataFolder, GATEWAY_KEY);
  const pem = readPrivate(file, 'identity');
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return identityOf(key);
  } catch {
    // The library's error may quote the key.
  }
  throw new CodedError(
    'identity-malformed',
    `The file ${file} does not hold the key of a gateway`,
    'Restore it from a backup. Without one, the gateway must be enrolled anew.',
  );
}

/** The gateway's identity, made at the first start. */
export function ensureGatewayIdentity(dataFolder: string): GatewayIdentity {
  try {
    return loadGatewayIdentity(dataFolder);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'identity-missing') throw error;
  }
  try {
    return createGatewayIdentity(dataFolder);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'identity-exists') throw error;
    return loadGatewayIdentity(dataFolder);
  }
}

function identityOf(privateKey: KeyObject): GatewayIdentity {
  const publicKey = createPublicKey(privateKey);
  const id = gatewayIdOf(publicKey);
  return {
    id,
    systemId: systemIdOf(id),
    publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
    privateKey,
  };
}

/** The id of the gateway whose public key this is: nobody else can prove to be it. */
export function gatewayIdOf(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const hash = createHash('sha256').update(spki).digest();
  return `gw-${base32(hash.subarray(0, 10))}`;
}

/**
 * The EUI-64 that stands for a gateway in FHIR (PhgDevice): the first 64 of the id's 80 bits, with
 * the bits of the first octet set to *locally administered* and *individual* (IEEE 802, clause 8),
 * so that it can never be a manufacturer's. 62 bits are left: two homes do not share one by chance.
 */
export function systemIdOf(gatewayId: string): string {
  const bytes = fromBase32(gatewayId.replace(/^gw-/, '')).subarray(0, 8);
  bytes[0] = ((bytes[0] ?? 0) & 0b1111_1100) | 0b10;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('-');
}

/** RFC 4648 clause 6, in lower case. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Whole groups only: 5 bytes make 8 characters. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('');
}

function fromBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0'));
  const octets = bits.join('').match(/.{8}/g) ?? [];
  return Uint8Array.from(octets, (octet) => Number.parseInt(octet, 2));
}
