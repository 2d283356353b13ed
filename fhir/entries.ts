import { SYSTEM } from './codes.ts';
import { fullUrl } from './identifiers.ts';
import type { BundleEntry, Device, Identifier, Observation, Patient } from './r4.ts';

/** An identifier in the project's own system. */
export function own(value: string): Identifier {
  return { system: SYSTEM.uri, value };
}

/** Query by first identifier. Neither systems nor values hold a character that needs escaping. */
function byIdentifier(identifier: Identifier): string {
  return `identifier=${identifier.system}|${identifier.value}`;
}

/** The fullUrl of what has this identifier. */
export function urlOf(identifier: Identifier): string {
  return fullUrl(identifier.system, identifier.value);
}

/** The one that a resource is found by. Throws TypeError when it has none. */
export function firstIdentifier(resource: Patient | Device | Observation): Identifier {
  const [first] = resource.identifier;
  if (!first) throw new TypeError('every resource has an identifier');
  return first;
}

/** A resource with the fullUrl by which the others name it. */
export interface Placed<R extends Patient | Device | Observation = Patient | Device | Observation> {
  readonly url: string;
  readonly resource: R;
}

/** With its fullUrl. */
export function place<R extends Patient | Device | Observation>(resource: R): Placed<R> {
  return { url: urlOf(firstIdentifier(resource)), resource };
}

/** An entry as it stands in the envelope: what many envelopes share is written once. */
export interface Entry {
  readonly fullUrl: string;
  readonly text: string;
}

function written(entry: BundleEntry): Entry {
  return { fullUrl: entry.fullUrl, text: JSON.stringify(entry) };
}

/** Created once, however often the envelope comes. */
export function create({ url: fullUrl, resource }: Placed): Entry {
  const { resourceType: url } = resource;
  const ifNoneExist = byIdentifier(firstIdentifier(resource));
  return written({ fullUrl, resource, request: { method: 'POST', url, ifNoneExist } });
}

/** Replaces what the receiver holds under the identifier. */
export function replace({ url: fullUrl, resource }: Placed): Entry {
  const url = `${resource.resourceType}?${byIdentifier(firstIdentifier(resource))}`;
  return written({ fullUrl, resource, request: { method: 'PUT', url } });
}
