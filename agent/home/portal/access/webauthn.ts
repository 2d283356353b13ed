import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { z } from 'zod';
import { CHALLENGE_MS } from './challenges.ts';
import type { Passkey } from './passkeys.ts';
import type { RelyingParty } from './relying-party.ts';

/** What every authenticator of the last years can: Ed25519, ES256, RS256 (RFC 9053, RFC 8812). */
const ALGORITHMS = [-8, -7, -257];

const text = z.string().max(8 * 1024);
const id = z
  .string()
  .min(1)
  .max(2048)
  .regex(/^[\w-]+$/);
const common = { id, rawId: id, type: z.literal('public-key') };
const madeSchema = z.looseObject({
  ...common,
  response: z.looseObject({ clientDataJSON: text, attestationObject: text }),
});
const signedSchema = z.looseObject({
  ...common,
  response: z.looseObject({
    clientDataJSON: text,
    authenticatorData: text,
    signature: text,
    userHandle: text.nullish(),
  }),
});

/** What a browser sent as JSON; undefined when it is nothing that one sends. */
function parsed<T>(schema: z.ZodType<T>, json: string): T | undefined {
  try {
    return schema.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/** The user handle is the account's id: it leads to nobody outside of this box. */
const handleOf = (account: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(account, 'utf8'));

/** What the browser is asked to make: one that names its owner by itself, behind the device's lock. */
export async function optionsToMake(asked: {
  readonly rp: RelyingParty;
  readonly product: string;
  readonly account: string;
  /** How the device tells several apart. It may be copied to the maker's cloud: no name. */
  readonly initials: string;
  readonly known: readonly Pick<Passkey, 'credential'>[];
  readonly challenge: string;
}): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { generateRegistrationOptions } = await import('@simplewebauthn/server');
  return generateRegistrationOptions({
    rpName: asked.product,
    rpID: asked.rp.id,
    userID: handleOf(asked.account),
    userName: asked.initials,
    userDisplayName: asked.initials,
    challenge: Uint8Array.from(Buffer.from(asked.challenge, 'base64url')),
    timeout: CHALLENGE_MS,
    attestationType: 'none',
    excludeCredentials: asked.known.map(({ credential }) => ({ id: credential })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/** What a browser is asked to sign. It names no key: who is not signed in learns nobody's. */
export async function optionsToSignIn(
  rp: RelyingParty,
  challenge: string,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
  return generateAuthenticationOptions({
    rpID: rp.id,
    challenge: Uint8Array.from(Buffer.from(challenge, 'base64url')),
    timeout: CHALLENGE_MS,
    allowCredentials: [],
    userVerification: 'required',
  });
}

interface Expected {
  readonly rp: RelyingParty;
  readonly challenge: string;
}

/** The new key, when the answer is one to this challenge; undefined when anything in it is wrong. */
export async function madeKey(
  json: string,
  { rp, challenge }: Expected,
): Promise<Pick<Passkey, 'credential' | 'publicKey' | 'counter'> | undefined> {
  const response = parsed(madeSchema, json);
  if (!response) return undefined;
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  try {
    if (!(await isUnattested(response.response.attestationObject))) return undefined;
    const { registrationInfo } = await verifyRegistrationResponse({
      response: response as unknown as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!registrationInfo) return undefined;
    const { id: credential, publicKey, counter } = registrationInfo.credential;
    return { credential, publicKey, counter };
  } catch {
    return undefined;
  }
}

/**
 * No maker's certificate was asked for, and none is looked at: to look up whether it was revoked would
 * tell others that there is somebody here.
 */
async function isUnattested(attestationObject: string): Promise<boolean> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers');
  const decoded = decodeAttestationObject(
    Uint8Array.from(Buffer.from(attestationObject, 'base64url')),
  );
  // A key may vouch for itself (WebAuthn, 8.2), which some do unasked.
  const format = decoded.get('fmt');
  return format === 'none' || (format === 'packed' && !decoded.get('attStmt').get('x5c'));
}

/** Id of the key that an answer says it is of; undefined when it is no answer. */
export const credentialIn = (json: string): string | undefined => parsed(signedSchema, json)?.id;

/**
 * The counter, when this key signed this challenge, for its own account, and the device made sure of
 * its user; undefined when anything in it is wrong.
 */
export async function signedCounter(
  json: string,
  passkey: Passkey,
  { rp, challenge }: Expected,
): Promise<number | undefined> {
  const response = parsed(signedSchema, json);
  if (!response || passkey.rp !== rp.id) return undefined;
  const { userHandle } = response.response;
  // WebAuthn, 7.2, step 6: asked without naming a key, the answer names the user.
  if (!userHandle || !Buffer.from(userHandle, 'base64url').equals(handleOf(passkey.account))) {
    return undefined;
  }
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: response as unknown as AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.id,
      requireUserVerification: true,
      credential: {
        id: passkey.credential,
        publicKey: passkey.publicKey,
        counter: passkey.counter,
      },
    });
    return verified ? authenticationInfo.newCounter : undefined;
  } catch {
    return undefined;
  }
}
