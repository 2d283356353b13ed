import { hash } from 'node:crypto';
import type { Kind } from '../adapters/measurement.ts';
import { type Code, SYSTEM } from './codes.ts';
import {
  CATEGORY,
  CONTENT_TYPE,
  type Consent,
  DEFAULT_DENY,
  DISCLOSE,
  LEGAL_BASIS,
  OBSERVATION_CLASS,
  type Period,
  type Provision,
  PURPOSE_DISPLAY,
  RECIPIENT_ROLE,
  RECIPIENT_SYSTEM,
  SCOPE,
  TITLES,
} from './consent-form.ts';
import { performedBy, type Representative, representativeIn } from './consent-representative.ts';
import { KIND_CODES } from './kind-codes.ts';
import type { CodeableConcept } from './r4.ts';

interface Pause {
  /** Instant with offset. */
  readonly from: string;
  readonly until?: string | undefined;
}

/** What one person lets one recipient have. Instants carry an offset and stay as they were given. */
export interface SharingPermission {
  /** UUID. */
  readonly id: string;
  /** Of this permission, from 1: a change is a new version. */
  readonly version: number;
  /** The person's random UUID at this recipient. */
  readonly pseudonym: string;
  readonly recipient: {
    /** Name in topics and commands: letters, digits, hyphens. */
    readonly id: string;
    readonly name: string;
    readonly organisation?: { readonly system: string; readonly value: string } | undefined;
  };
  readonly kinds: readonly Kind[];
  /** Code of v3-ActReason. */
  readonly purpose: string;
  readonly legalBasis: 'consent' | 'health-service' | 'other';
  readonly givenAt: string;
  /** Start of what may be sent, by measured time. */
  readonly from: string;
  /** When the permission ends. */
  readonly until?: string | undefined;
  readonly pauses: readonly Pause[];
  readonly state: 'active' | 'withdrawn';
  /** What the person read, word for word. */
  readonly sentence: string;
  readonly language: keyof typeof TITLES;
  /** Who decided this version in the person's place: the id of their access, and its basis. */
  readonly representative?: Representative | undefined;
}

const period = (start: string, end: string | undefined): Period => ({
  start,
  ...(end !== undefined && { end }),
});

/** Codes of the kinds, each once, in the order of the kinds. */
function codesOf(kinds: readonly Kind[]): readonly CodeableConcept[] {
  const seen = new Map<string, Code>();
  for (const kind of kinds) {
    const { own, more, optional } = KIND_CODES[kind];
    for (const code of [own, ...more, ...optional]) seen.set(keyOf(code), code);
  }
  return [...seen.values()].map((code) => ({ coding: [code] }));
}

function keyOf({ system, code }: Code): string {
  return `${system}|${code}`;
}

/** R4: `hash` is the SHA-1 of the attachment's data before it is base64 encoded, itself base64. */
function attachmentHash(data: Buffer): string {
  return hash('sha1', data, 'base64');
}

function permit(permission: SharingPermission): Provision {
  const { recipient, purpose, pauses } = permission;
  const { system, value } = recipient.organisation ?? {
    system: RECIPIENT_SYSTEM,
    value: recipient.id,
  };
  const display = PURPOSE_DISPLAY[purpose];
  const denials = pauses.map(
    (pause): Provision => ({ type: 'deny', period: period(pause.from, pause.until) }),
  );
  return {
    type: 'permit',
    period: period(permission.givenAt, permission.until),
    actor: [
      {
        id: recipient.id,
        role: RECIPIENT_ROLE,
        reference: {
          type: 'Organization',
          identifier: { system, value },
          display: recipient.name,
        },
      },
    ],
    action: [DISCLOSE],
    purpose: [{ system: SYSTEM.actReason, code: purpose, ...(display && { display }) }],
    class: [OBSERVATION_CLASS],
    code: codesOf(permission.kinds),
    dataPeriod: period(permission.from, undefined),
    ...(denials.length > 0 && { provision: denials }),
  };
}

/**
 * The permission as FHIR R4 Consent: default deny, one nested permit, pauses as denials inside it,
 * the sentence that was shown with its hash, and who agreed. Withdrawn is `inactive`. The kinds may not
 * be empty.
 */
export function toConsent(permission: SharingPermission): Consent {
  const data = Buffer.from(permission.sentence);
  const person = {
    type: 'Patient',
    identifier: { system: SYSTEM.uri, value: `urn:uuid:${permission.pseudonym}` },
  };
  return {
    resourceType: 'Consent',
    identifier: [{ system: SYSTEM.uri, value: `urn:uuid:${permission.id}` }],
    status: permission.state === 'active' ? 'active' : 'inactive',
    scope: SCOPE,
    category: [CATEGORY],
    patient: person,
    dateTime: permission.givenAt,
    ...performedBy(permission.representative, person),
    sourceAttachment: {
      contentType: CONTENT_TYPE,
      language: permission.language,
      data: data.toString('base64'),
      hash: attachmentHash(data),
      title: `${TITLES[permission.language]} ${permission.version}`,
    },
    // Of a permission that rests on the person's own consent nothing more is to be said.
    ...(permission.legalBasis !== 'consent' && {
      policy: [{ uri: LEGAL_BASIS + permission.legalBasis }],
    }),
    policyRule: DEFAULT_DENY,
    provision: { provision: [permit(permission)] },
  };
}

type ConsentProblem =
  | 'not-a-consent'
  | 'missing'
  | 'unknown-rule'
  | 'unknown-code'
  | 'sentence-changed';

export type ConsentRead =
  | { readonly ok: true; readonly permission: SharingPermission }
  /** `at` is the element, never its content. */
  | { readonly ok: false; readonly code: ConsentProblem; readonly at: string };

class Unreadable extends Error {
  readonly code: ConsentProblem;
  readonly at: string;

  constructor(code: ConsentProblem, at: string) {
    super(code);
    this.code = code;
    this.at = at;
  }
}

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown, at: string, allowed?: readonly string[]): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Unreadable('missing', at);
  }
  const strange = allowed && Object.keys(value).find((key) => !allowed.includes(key));
  if (strange !== undefined) throw new Unreadable('unknown-rule', `${at}.${strange}`);
  return value as Json;
}

function list(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw new Unreadable('missing', at);
  return value;
}

/** The one element: a second would be a rule that is not understood. */
function single(value: unknown, at: string): unknown {
  const all = list(value, at);
  if (all.length > 1) throw new Unreadable('unknown-rule', at);
  return all[0];
}

function string(value: unknown, at: string, pattern = /\S/): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw new Unreadable('missing', at);
  return value;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const URN_UUID = /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function instant(value: unknown, at: string): string {
  const text = string(value, at, INSTANT);
  if (Number.isNaN(Date.parse(text))) throw new Unreadable('missing', at);
  return text;
}

function uuidOf(identifier: unknown, at: string): string {
  const { system, value } = object(identifier, at);
  if (system !== SYSTEM.uri) throw new Unreadable('missing', at);
  return string(value, at, URN_UUID).slice('urn:uuid:'.length);
}

function periodOf(value: unknown, at: string): Pause {
  const { start, end } = object(value, at, ['start', 'end']);
  return {
    from: instant(start, `${at}.start`),
    ...(end !== undefined && { until: instant(end, `${at}.end`) }),
  };
}

/** Fails unless the concept is the one that is written here: another would change the meaning. */
function demand(value: unknown, expected: CodeableConcept, at: string): void {
  const [code] = list(object(value, at).coding, at);
  const { system, code: own } = object(code, at);
  const [wanted] = expected.coding ?? [];
  if (system !== wanted?.system || own !== wanted?.code) throw new Unreadable('unknown-rule', at);
}

function kindsOf(value: unknown): readonly Kind[] {
  const at = 'provision.code';
  const keys = list(value, at).map((concept) => {
    const { system, code } = object(single(object(concept, at).coding, at), at);
    return keyOf({ system: string(system, at), code: string(code, at) });
  });
  const rows = Object.entries(KIND_CODES) as [Kind, (typeof KIND_CODES)[Kind]][];
  const kinds = keys.flatMap((key) =>
    rows.filter(([, { own }]) => keyOf(own) === key).map(([kind]) => kind),
  );
  const known = new Set<string>();
  for (const kind of kinds) {
    const { own, more, optional } = KIND_CODES[kind];
    // Half a kind would let out more than was said.
    if (!more.every((code) => keys.includes(keyOf(code)))) throw new Unreadable('unknown-code', at);
    for (const code of [own, ...more, ...optional]) known.add(keyOf(code));
  }
  if (!keys.every((key) => known.has(key))) throw new Unreadable('unknown-code', at);
  return kinds;
}

function recipientOf(value: unknown): SharingPermission['recipient'] {
  const at = 'provision.actor';
  const { id, role, reference } = object(single(value, at), at);
  demand(role, RECIPIENT_ROLE, at);
  const { identifier, display } = object(reference, at);
  const name = string(display, at);
  const organisation = object(identifier, at);
  const system = string(organisation.system, at);
  const own = string(organisation.value, at);
  if (system === RECIPIENT_SYSTEM) return { id: own, name };
  return { id: string(id, at), name, organisation: { system, value: own } };
}

function sentenceOf(value: unknown): Pick<SharingPermission, 'sentence' | 'language' | 'version'> {
  const at = 'sourceAttachment';
  const attachment = object(value, at);
  const data = Buffer.from(string(attachment.data, at), 'base64');
  if (attachmentHash(data) !== attachment.hash) throw new Unreadable('sentence-changed', at);
  const language = string(attachment.language, at, /^(nb|nn|en)$/);
  const [number] = /[1-9]\d*$/.exec(string(attachment.title, at)) ?? [];
  if (number === undefined) throw new Unreadable('missing', `${at}.title`);
  return {
    sentence: data.toString('utf8'),
    language: language as SharingPermission['language'],
    version: Number(number),
  };
}

function legalBasisOf(policy: unknown): SharingPermission['legalBasis'] {
  if (policy === undefined) return 'consent';
  const { uri } = object(single(policy, 'policy'), 'policy');
  if (uri === `${LEGAL_BASIS}health-service`) return 'health-service';
  if (uri === `${LEGAL_BASIS}other`) return 'other';
  throw new Unreadable('unknown-rule', 'policy');
}

const PERMIT_KEYS = [
  'type',
  'period',
  'actor',
  'action',
  'purpose',
  'class',
  'code',
  'dataPeriod',
  'provision',
] as const;

function pausesOf(value: unknown): readonly Pause[] {
  if (value === undefined) return [];
  const at = 'provision.provision';
  return list(value, at).map((each) => {
    const { type, period: when } = object(each, at, ['type', 'period']);
    if (type !== 'deny') throw new Unreadable('unknown-rule', at);
    return periodOf(when, at);
  });
}

function permitOf(root: unknown) {
  const at = 'provision';
  const rule = object(single(object(root, at, [at]).provision, at), at, PERMIT_KEYS);
  if (rule.type !== 'permit') throw new Unreadable('unknown-rule', `${at}.type`);
  demand(single(rule.action, `${at}.action`), DISCLOSE, `${at}.action`);
  demand({ coding: rule.class }, { coding: [OBSERVATION_CLASS] }, `${at}.class`);
  const purpose = object(single(rule.purpose, `${at}.purpose`), `${at}.purpose`);
  if (purpose.system !== SYSTEM.actReason) throw new Unreadable('unknown-rule', `${at}.purpose`);
  const { from: givenAt, until } = periodOf(rule.period, `${at}.period`);
  const data = periodOf(rule.dataPeriod, `${at}.dataPeriod`);
  if (data.until !== undefined) throw new Unreadable('unknown-rule', `${at}.dataPeriod.end`);
  return {
    recipient: recipientOf(rule.actor),
    kinds: kindsOf(rule.code),
    purpose: string(purpose.code, `${at}.purpose`),
    givenAt,
    from: data.from,
    ...(until !== undefined && { until }),
    pauses: pausesOf(rule.provision),
  };
}

function read(json: unknown): SharingPermission {
  const consent = object(json, 'Consent');
  const { resourceType, status, identifier, patient } = consent;
  if (resourceType !== 'Consent') throw new Unreadable('not-a-consent', 'resourceType');
  if (consent.modifierExtension !== undefined) throw new Unreadable('unknown-rule', 'extension');
  if (status !== 'active' && status !== 'inactive') throw new Unreadable('unknown-rule', 'status');
  demand(consent.policyRule, DEFAULT_DENY, 'policyRule');
  demand(consent.scope, SCOPE, 'scope');
  const permitted = permitOf(consent.provision);
  const representative = representativeIn(consent);
  if (representative === 'unknown') throw new Unreadable('unknown-rule', 'performer');
  if (consent.dateTime !== permitted.givenAt) throw new Unreadable('unknown-rule', 'dateTime');
  return {
    id: uuidOf(single(identifier, 'identifier'), 'identifier'),
    pseudonym: uuidOf(object(patient, 'patient').identifier, 'patient'),
    ...sentenceOf(consent.sourceAttachment),
    ...permitted,
    ...(representative && { representative }),
    legalBasis: legalBasisOf(consent.policy),
    state: status === 'active' ? 'active' : 'withdrawn',
  };
}

/**
 * Reads a Consent of the form that {@link toConsent} writes. Total: what is not understood is a
 * coded failure, never a wider permission; the failure holds nothing of the content.
 */
export function fromConsent(json: unknown): ConsentRead {
  try {
    return { ok: true, permission: read(json) };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, code: error.code, at: error.at };
    throw error;
  }
}
