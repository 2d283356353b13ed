import { PERSON_BASIS_SYSTEM } from '../../fhir/bundle.ts';
import { EXTENSION } from '../../fhir/codes.ts';
import { at, type JsonObject, objects, textOf } from './json.ts';

/** What one reading holds, as it came: the desk shows it, a receipt names its envelope. */
export interface ReceivedReading {
  /** The pseudonym at this recipient. */
  readonly person: string;
  /** Own identifiers (`urn:uuid:`) of its Observations: they join a correction with its reading. */
  readonly identifiers: readonly string[];
  readonly observations: readonly JsonObject[];
  /** Coincident timestamp: the device's clock beside the gateway's. */
  readonly clock?: JsonObject;
  readonly device?: JsonObject;
  /** Why the home says that it is this person's: sole-owner, chosen-slot, answered, typed. */
  readonly basis?: string;
}

/**
 * The readings in a Bundle: one in an envelope, several in a joined backlog. Observations of one
 * person, device and time are one reading (a blood pressure and its pulse are two Observations).
 */
export function readingsOf(bundle: JsonObject): ReceivedReading[] {
  const entries = objects(bundle.entry);
  const byUrl = new Map(entries.map((entry) => [entry.fullUrl, entry.resource as JsonObject]));
  const basis = textOf(
    objects(at(bundle, 'meta', 'tag')).find((tag) => tag.system === PERSON_BASIS_SYSTEM)?.code,
  );
  const groups = new Map<string, JsonObject[]>();
  for (const { resource } of entries) {
    if (at(resource, 'resourceType') !== 'Observation') continue;
    const person = personOf(resource);
    if (person === undefined) continue;
    const device = textOf(at(resource, 'device', 'reference'));
    const key = JSON.stringify([person, device, at(resource, 'effectiveDateTime')]);
    groups.set(key, [...(groups.get(key) ?? []), resource as JsonObject]);
  }
  return [...groups.values()].map((observations) => {
    const [first] = observations;
    const clock = byUrl.get(coincidentTime(observations));
    const device = byUrl.get(at(first, 'device', 'reference'));
    return {
      person: personOf(first) ?? '',
      identifiers: observations.flatMap((one) => ownIdentifier(one) ?? []),
      observations,
      ...(clock ? { clock } : {}),
      ...(device ? { device } : {}),
      ...(basis ? { basis } : {}),
    };
  });
}

/** The pseudonym that an Observation is about; a coincident timestamp is about a device. */
function personOf(observation: unknown): string | undefined {
  const value = textOf(at(observation, 'subject', 'identifier', 'value'));
  return value?.replace(/^urn:uuid:/, '');
}

function ownIdentifier(observation: JsonObject): string | undefined {
  const own = objects(observation.identifier).find((one) => one.system === 'urn:ietf:rfc:3986');
  return textOf(own?.value);
}

function coincidentTime(observations: readonly JsonObject[]): unknown {
  for (const observation of observations) {
    const extension = objects(observation.extension).find(
      (one) => one.url === EXTENSION.coincident,
    );
    const reference = at(extension, 'valueReference', 'reference');
    if (reference !== undefined) return reference;
  }
  return undefined;
}
