import { at, isObject, type JsonObject, objects, textOf } from '../json.ts';
import { instantRange } from './instant.ts';
import { FhirProblem } from './problem.ts';

/** What this server stores: what an envelope holds, and the permission it rests on. */
export const RESOURCE_TYPES = ['Patient', 'Device', 'Observation', 'Consent'] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/** A resource as it came: checked for its mandatory elements, numbers kept as text. */
export type Resource = JsonObject & { readonly resourceType: ResourceType; readonly id?: string };

/** http://hl7.org/fhir/R4/valueset-observation-status.html, required binding. */
const OBSERVATION_STATUS = new Set([
  'registered',
  'preliminary',
  'final',
  'amended',
  'corrected',
  'cancelled',
  'entered-in-error',
  'unknown',
]);

/** http://hl7.org/fhir/R4/valueset-consent-state-codes.html, required binding. */
const CONSENT_STATUS = new Set([
  'draft',
  'proposed',
  'active',
  'rejected',
  'inactive',
  'entered-in-error',
]);

const HTEST_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';

export function isResourceType(name: unknown): name is ResourceType {
  return (RESOURCE_TYPES as readonly unknown[]).includes(name);
}

/** True when the resource or Bundle is marked as test data (`meta.security` HTEST). */
export function isSimulated(resource: unknown): boolean {
  return objects(at(resource, 'meta', 'security')).some(
    (coding) => coding.code === 'HTEST' && coding.system === HTEST_SYSTEM,
  );
}

/**
 * Returns the value as a resource that may be stored, or throws FhirProblem: 422 for an unknown
 * type, a missing mandatory element or a code outside its required binding. `expected` is the type
 * that the address names.
 */
export function checkResource(
  value: unknown,
  options: { readonly acceptSimulated: boolean; readonly expected?: string },
): Resource {
  if (!isObject(value)) throw new FhirProblem('structure', 'The body is not a resource');
  const type = value.resourceType;
  if (textOf(type) === undefined) throw missing('resourceType');
  if (!isResourceType(type)) {
    throw new FhirProblem('code-invalid', `Only ${RESOURCE_TYPES.join(', ')} are stored here`);
  }
  if (options.expected !== undefined && type !== options.expected) {
    throw new FhirProblem('structure', 'The resource is not of the type that the address names');
  }
  if (value.id !== undefined && !/^[A-Za-z0-9\-.]{1,64}$/.test(String(value.id))) {
    throw new FhirProblem('value', 'id is not a FHIR id');
  }
  if (!options.acceptSimulated && isSimulated(value)) {
    throw new FhirProblem('business-rule', 'Readings of virtual devices (HTEST) are refused', {
      reason: 'simulated-not-accepted',
    });
  }
  if (type === 'Observation') checkObservation(value);
  if (type === 'Consent') checkConsent(value);
  return value as Resource;
}

function checkObservation(resource: JsonObject): void {
  checkStatus(resource.status, OBSERVATION_STATUS, 'Observation.status');
  if (!isConcept(resource.code)) throw missing('Observation.code');
  // R4 leaves subject open; a measurement whose person is unknown has no place here (promise 3).
  const { subject } = resource;
  if (
    textOf(at(subject, 'reference')) === undefined &&
    textOf(at(subject, 'identifier', 'value')) === undefined
  ) {
    throw missing('Observation.subject');
  }
  const time = resource.effectiveDateTime ?? resource.effectiveInstant;
  if (time !== undefined && !(typeof time === 'string' && instantRange(time))) {
    throw new FhirProblem('value', 'Observation.effective is not a date and time');
  }
}

function checkConsent(resource: JsonObject): void {
  checkStatus(resource.status, CONSENT_STATUS, 'Consent.status');
  if (!isConcept(resource.scope)) throw missing('Consent.scope');
  if (!objects(resource.category).some(isConcept)) throw missing('Consent.category');
}

function checkStatus(value: unknown, allowed: ReadonlySet<string>, element: string): void {
  if (textOf(value) === undefined) throw missing(element);
  if (!allowed.has(value as string)) {
    throw new FhirProblem('code-invalid', `${element} is not a code of its required value set`);
  }
}

function isConcept(value: unknown): boolean {
  return (
    textOf(at(value, 'text')) !== undefined ||
    objects(at(value, 'coding')).some((coding) => textOf(coding.code) !== undefined)
  );
}

function missing(element: string): FhirProblem {
  return new FhirProblem('required', `${element} is missing`);
}
