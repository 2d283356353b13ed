import type { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { enrolledFile, enrolledPortalFile } from '../../../config/enrolled.ts';
import type { EnrolmentAnswer } from '../../contract/enrolment.ts';
import { chainProblem, isInDate, isLinked, isPublic } from '../../x509/chain.ts';
import { certificatesIn } from '../../x509/pem.ts';
import { createPlace, type KeyName, type KeyPair, type Place } from './place.ts';
import { refusal } from './refusals.ts';
import { identityIn } from './request.ts';

/** RFC 5280, 4.2.1.12, as Node names the purposes of a certificate. */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** One file to be written, and what is in it. */
export interface Placed {
  readonly file: string;
  /** End of the certificate, ms since 1970. */
  readonly until: number;
  /** False when the same is there already. */
  readonly isNew: boolean;
}

export interface Applied {
  readonly receiver?: Placed & {
    readonly url: string;
    readonly recipients: readonly string[];
    /** SHA-256 of who vouches for it, as `openssl x509 -fingerprint -sha256` prints it. */
    readonly authority: string;
  };
  /** `isPublic`: browsers know the authority. */
  readonly portal?: Placed & { readonly name: string; readonly isPublic: boolean };
}

interface Draft extends Placed {
  readonly text: string;
}

/**
 * Puts the certificates of an answer in place. All of it is looked at before anything is written, and
 * each file is replaced in one step: a gateway that is interrupted has the old or the new.
 * `replace`: also where the authority is another, or what is there lasts longer.
 * Throws CodedError: those of `refusal`, of `identityIn` and of `createPrivate`.
 */
export function applyAnswer(options: {
  readonly dataFolder: string;
  readonly answer: EnrolmentAnswer;
  readonly replace: boolean;
  /** Ms since 1970. */
  readonly now: number;
}): Applied {
  const { dataFolder, answer } = options;
  const { id } = identityIn(dataFolder);
  if (answer.gateway !== id) throw refusal('other-gateway');
  const place = createPlace(dataFolder);
  const receiver = answer.receiver && receiverDraft(place, options, answer.receiver);
  const portal = answer.portal && portalDraft(place, options, answer.portal);
  if (!receiver && !portal) throw refusal('empty');
  for (const draft of [receiver, portal]) if (draft?.isNew) place.write(draft.file, draft.text);
  return {
    ...(receiver ? { receiver: withoutText(receiver) } : {}),
    ...(portal ? { portal: withoutText(portal) } : {}),
  };
}

type Options = Parameters<typeof applyAnswer>[0];
type Certificates = readonly X509Certificate[];

/** The key is in the text. */
const withoutText = <D extends Draft>({ text: _, ...said }: D): Omit<D, 'text'> => said;

function receiverDraft(
  place: Place,
  options: Options,
  { url, recipients, certificate, authorities }: NonNullable<EnrolmentAnswer['receiver']>,
): Draft & NonNullable<Applied['receiver']> {
  const { now } = options;
  const [own, ...between] = read(certificate);
  const trusted = read(authorities);
  const key = keyFor(place, 'client', own);
  const isClient = own.checkHost(options.answer.gateway, { subject: 'never' }) !== undefined;
  if (own.ca || !isClient || !own.keyUsage?.includes(CLIENT_AUTH)) throw refusal('wrong-purpose');
  const problem = chainProblem([own, ...between], trusted, now);
  if (problem) throw refusal(problem);
  const text = [key.pem, own, ...between, ...trusted].join('');
  const file = enrolledFile(options.dataFolder, url);
  const authority = trusted[0].fingerprint256;
  const found = draft({ file, text, own, isWorse: isOfAnother }, options);
  return { ...found, url, recipients, authority };
}

function portalDraft(
  place: Place,
  options: Options,
  { name, certificate }: NonNullable<EnrolmentAnswer['portal']>,
): Draft & NonNullable<Applied['portal']> {
  const chain = read(certificate);
  const [own] = chain;
  const asked = place.request()?.portal?.name;
  if (asked !== name) throw refusal('other-name');
  const key = keyFor(place, 'portal', own);
  if (own.ca || own.checkHost(name) === undefined) throw refusal('other-name');
  if (!isLinked(chain)) throw refusal('untrusted');
  if (!chain.every((one) => isInDate(one, options.now))) throw refusal('not-in-date');
  const file = enrolledPortalFile(options.dataFolder);
  const text = [key.pem, ...chain].join('');
  const known = isPublic(chain, options.now);
  // Public authorities change what is between; browsers that knew one of them must go on to.
  const isWorse = (there: Certificates) => !known && isPublic(there, options.now);
  return { ...draft({ file, text, own, isWorse }, options), name, isPublic: known };
}

function read(pem: string): [X509Certificate, ...X509Certificate[]] {
  try {
    const [first, ...others] = certificatesIn(pem);
    if (first) return [first, ...others];
  } catch {
    // Said below: the library's error may quote the file.
  }
  throw refusal('malformed');
}

function keyFor(place: Place, name: KeyName, own: X509Certificate): KeyPair {
  const key = place.key(name);
  if (!key) throw refusal('key-missing');
  if (!own.publicKey.equals(key.publicKey)) throw refusal('key-mismatch');
  return key;
}

/** Compares it with what is there, which it must not make worse. */
function draft(
  wanted: {
    readonly file: string;
    readonly text: string;
    readonly own: X509Certificate;
    readonly isWorse: (there: Certificates, next: Certificates) => boolean;
  },
  { replace, now }: Options,
): Draft {
  const { file, text, own, isWorse } = wanted;
  const next = certificatesIn(text);
  const until = own.validToDate.getTime();
  const common = { file, text, until };
  const there = existsSync(file) ? inPlace(file) : undefined;
  if (there?.text === text) return { ...common, isNew: false };
  const works = there?.certificates[0];
  if (there && works && isInDate(works, now) && !replace) {
    if (works.validToDate.getTime() > until) throw refusal('ends-sooner');
    if (isWorse(there.certificates, next)) throw refusal('other-authority');
  }
  return { ...common, isNew: true };
}

function isOfAnother(there: Certificates, next: Certificates): boolean {
  const known = new Set(authoritiesIn(there));
  return !authoritiesIn(next).some((one) => known.has(one));
}

const authoritiesIn = (certificates: Certificates): string[] =>
  certificates.filter(({ ca }) => ca).map(({ fingerprint256 }) => fingerprint256);

/** What cannot be read is nothing that could be lost. */
function inPlace(file: string): { text: string; certificates: X509Certificate[] } | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return { text, certificates: certificatesIn(text) };
  } catch {
    return undefined;
  }
}
