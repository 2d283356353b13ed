import { z } from 'zod';
import { ENVELOPE_FORMAT } from '../../fhir/bundle.ts';
import { ENVELOPE_BYTES_MAX } from '../contract/contract.ts';
import { isSimulated } from './fhir-server/validate.ts';
import { at, isObject, type JsonObject, objects, parseJson, textOf } from './json.ts';

/** Why an envelope is refused for good, as its receipt says it. */
export type RejectedReason =
  | 'too-large'
  | 'invalid'
  | 'unknown-format'
  | 'simulated-not-accepted'
  | 'ambiguous-at-receiver'
  | 'conflict'
  | 'person-of-another-gateway';

export type EnvelopeKind = 'new' | 'correction' | 'retraction';

export type Judged =
  /** No envelope id can be read: nobody can be answered. */
  | { readonly as: 'unreadable' }
  | { readonly as: 'rejected'; readonly id: string; readonly reason: RejectedReason }
  | {
      readonly as: 'envelope';
      readonly id: string;
      readonly bundle: JsonObject;
      readonly kind: EnvelopeKind;
    };

const uuid = z.uuid();

/** The UUID in the Bundle's identifier, which names the envelope; undefined when there is none. */
export function envelopeId(bundle: unknown): string | undefined {
  if (at(bundle, 'identifier', 'system') !== 'urn:ietf:rfc:3986') return undefined;
  const value = textOf(at(bundle, 'identifier', 'value'));
  const id = value?.startsWith('urn:uuid:') ? value.slice('urn:uuid:'.length) : undefined;
  return uuid.safeParse(id).success ? id : undefined;
}

/** Decides what arrived, by form only: what it means is the FHIR server's to judge. Never throws. */
export function judgeEnvelope(
  payload: Uint8Array,
  options: { readonly acceptSimulated: boolean },
): Judged {
  let bundle: unknown;
  try {
    bundle = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return { as: 'unreadable' };
  }
  const id = envelopeId(bundle);
  if (id === undefined || !isObject(bundle)) return { as: 'unreadable' };
  if (payload.byteLength > ENVELOPE_BYTES_MAX) return { as: 'rejected', id, reason: 'too-large' };
  const entries = objects(bundle.entry);
  const resources = entries.map((entry) => entry.resource);
  const observed = resources.some((resource) => at(resource, 'resourceType') === 'Observation');
  if (
    bundle.resourceType !== 'Bundle' ||
    bundle.type !== 'transaction' ||
    !observed ||
    !isSelfContained(entries)
  ) {
    return { as: 'rejected', id, reason: 'invalid' };
  }
  const format = objects(at(bundle, 'meta', 'tag')).find(
    (tag) => tag.system === ENVELOPE_FORMAT.system,
  );
  if (format && format.code !== ENVELOPE_FORMAT.code) {
    return { as: 'rejected', id, reason: 'unknown-format' };
  }
  if (!options.acceptSimulated && [bundle, ...resources].some(isSimulated)) {
    return { as: 'rejected', id, reason: 'simulated-not-accepted' };
  }
  return { as: 'envelope', id, bundle, kind: kindOf(bundle) };
}

/**
 * Whom an Observation is about, and what is written, is named as the contract says: by an entry beside
 * it, and by an identifier of its own. By the FHIR server's id or another search it could be anybody's.
 */
function isSelfContained(entries: readonly JsonObject[]): boolean {
  const here = new Set(entries.map(({ fullUrl }) => textOf(fullUrl)));
  return entries.every((entry) => {
    const subject = textOf(at(entry, 'resource', 'subject', 'reference'));
    const [path = '', query] = (textOf(at(entry, 'request', 'url')) ?? '').split(/\?(.*)/s);
    const conditions = [query, textOf(at(entry, 'request', 'ifNoneExist'))];
    const own = objects(at(entry, 'resource', 'identifier')).map(
      ({ system, value }) => `identifier=${system}|${value}`,
    );
    return (
      !path.includes('/') &&
      (subject === undefined || here.has(subject)) &&
      conditions.every((one) => one === undefined || own.includes(one))
    );
  });
}

/** New readings are POSTed; a PUT of an Observation corrects, or takes back when all are in error. */
export function kindOf(bundle: JsonObject): EnvelopeKind {
  const entries = objects(bundle.entry).filter(
    (entry) => at(entry, 'resource', 'resourceType') === 'Observation',
  );
  // A POST that is in error from the start is a device's own refusal of its value: news, not a withdrawal.
  if (!entries.some((entry) => at(entry, 'request', 'method') === 'PUT')) return 'new';
  const back = entries.every((entry) => at(entry, 'resource', 'status') === 'entered-in-error');
  return back ? 'retraction' : 'correction';
}
