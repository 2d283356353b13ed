import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import type { RelyingParty } from '../../../../agent/home/portal/access/relying-party.ts';
import type { Pair } from '../../../../agent/home/portal/lan/self-signed.ts';

/** Flags of authenticator data (WebAuthn, 6.1). */
const PRESENT = 0x01;
const VERIFIED = 0x04;
const HAS_KEY = 0x40;

/** What a test changes of an answer. */
export interface Twist {
  readonly origin?: string;
  readonly rp?: string;
  readonly type?: string;
  readonly isVerified?: boolean;
  readonly counter?: number;
  readonly challenge?: string;
  /** base64url. */
  readonly userHandle?: string | null;
  /** Another's key. */
  readonly credential?: string;
  /** Vouches for its key: by the key itself, or by its maker's certificate. */
  readonly attests?: 'itself' | Pair;
}

const hash = (data: string | Uint8Array) => createHash('sha256').update(data).digest();
const text = (data: Uint8Array) => Buffer.from(data).toString('base64url');

/** What a phone does with its fingerprint reader: one ES256 key, answers as a browser's `toJSON()`. */
export function createAuthenticator(site: RelyingParty) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = text(randomBytes(32));
  let owner: string | undefined;
  let counter = 0;

  function data(twist: Twist, more: number): Buffer {
    const flags = PRESENT | (twist.isVerified === false ? 0 : VERIFIED) | more;
    const counted = Buffer.alloc(4);
    counted.writeUInt32BE(twist.counter ?? counter);
    return Buffer.concat([hash(twist.rp ?? site.id), Buffer.of(flags), counted]);
  }
  const client = (type: string, challenge: string, twist: Twist) =>
    Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? site.origin,
        crossOrigin: false,
      }),
    );
  function cose(): Uint8Array {
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const key = new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Uint8Array.from(Buffer.from(x, 'base64url'))],
      [-3, Uint8Array.from(Buffer.from(y, 'base64url'))],
    ]);
    return isoCBOR.encode(key);
  }

  /** What is said of the key (WebAuthn, 8.2, 8.6 and 8.7). */
  function attestation(twist: Twist, authData: Uint8Array, clientData: Buffer, credential: Buffer) {
    if (twist.attests === undefined) return ['none', new Map<string, unknown>()] as const;
    if (twist.attests === 'itself') {
      const sig = sign('sha256', Buffer.concat([authData, hash(clientData)]), privateKey);
      const said: [string, unknown][] = [
        ['alg', -7],
        ['sig', Uint8Array.from(sig)],
      ];
      return ['packed', new Map(said)] as const;
    }
    const { cert, key } = twist.attests;
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const point = [Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
    const rp = authData.subarray(0, 32);
    const signed = Buffer.concat([Buffer.of(0), rp, hash(clientData), credential, ...point]);
    const said: [string, unknown][] = [
      ['sig', Uint8Array.from(sign('sha256', signed, key))],
      ['x5c', [Uint8Array.from(new X509Certificate(cert).raw)]],
    ];
    return ['fido-u2f', new Map(said)] as const;
  }

  return {
    id,
    /** Counts its uses from now on, as some do. */
    count(to: number): void {
      counter = to;
    },
    /** Answer to what a browser is asked to make. */
    make(asked: { challenge: string; user: { id: string } }, twist: Twist = {}): string {
      owner = asked.user.id;
      const length = Buffer.alloc(2);
      const credential = Buffer.from(twist.credential ?? id, 'base64url');
      length.writeUInt16BE(credential.length);
      const authData = Uint8Array.from(
        Buffer.concat([data(twist, HAS_KEY), Buffer.alloc(16), length, credential, cose()]),
      );
      const clientData = client('webauthn.create', asked.challenge, twist);
      const [fmt, attStmt] = attestation(twist, authData, clientData, credential);
      const object = new Map<string, unknown>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', authData],
      ]);
      const encoded = isoCBOR.encode(object as Parameters<typeof isoCBOR.encode>[0]);
      return JSON.stringify({
        ...{ id: text(credential), rawId: text(credential), type: 'public-key' },
        response: {
          clientDataJSON: text(clientData),
          attestationObject: text(encoded),
          transports: ['internal'],
        },
        clientExtensionResults: {},
      });
    },
    /** Answer to what a browser is asked to sign. */
    sign(asked: { challenge: string }, twist: Twist = {}): string {
      const clientData = client('webauthn.get', asked.challenge, twist);
      const authenticatorData = data(twist, 0);
      const signed = Buffer.concat([authenticatorData, hash(clientData)]);
      const credential = twist.credential ?? id;
      return JSON.stringify({
        ...{ id: credential, rawId: credential, type: 'public-key' },
        response: {
          clientDataJSON: text(clientData),
          authenticatorData: text(authenticatorData),
          signature: text(sign('sha256', signed, privateKey)),
          userHandle: twist.userHandle === undefined ? owner : twist.userHandle,
        },
        clientExtensionResults: {},
      });
    },
  };
}
