import { at, type JsonObject, objects, textOf } from '../json.ts';
import { type InstantRange, instantRange } from './instant.ts';
import type { Resource } from './validate.ts';

/** Both bounds of a resource without a date: before every date, and never a match. */
export const NO_DATE = -Number.MAX_SAFE_INTEGER;

export interface IndexedToken {
  readonly parameter: 'identifier' | 'code';
  /** Empty when there is none. */
  readonly system: string;
  readonly value: string;
}

/** What a resource is found by. */
export interface IndexValues {
  readonly subject: string | null;
  /** Empty when there is none. */
  readonly subjectSystem: string;
  readonly subjectValue: string | null;
  readonly device: string | null;
  readonly date: InstantRange;
  readonly tokens: readonly IndexedToken[];
}

/** Reads from a resource all that {@link PARAMETERS} searches. */
export function indexValues(resource: Resource): IndexValues {
  const consent = resource.resourceType === 'Consent';
  const subject = consent ? resource.patient : resource.subject;
  return {
    subject: textOf(at(subject, 'reference')) ?? null,
    subjectSystem: textOf(at(subject, 'identifier', 'system')) ?? '',
    subjectValue: textOf(at(subject, 'identifier', 'value')) ?? null,
    device: textOf(at(resource, 'device', 'reference')) ?? null,
    date: dateOf(resource),
    tokens: [
      ...tokens('identifier', objects(resource.identifier), 'value'),
      ...(resource.resourceType === 'Observation'
        ? tokens('code', objects(at(resource, 'code', 'coding')), 'code')
        : []),
    ],
  };
}

function tokens(
  parameter: IndexedToken['parameter'],
  from: readonly JsonObject[],
  member: string,
): IndexedToken[] {
  return from.flatMap((one) => {
    const value = textOf(one[member]);
    return value === undefined ? [] : [{ parameter, system: textOf(one.system) ?? '', value }];
  });
}

/** Observation.effective[x] or Consent.dateTime; an open period runs without end on that side. */
function dateOf(resource: Resource): InstantRange {
  const none = { low: NO_DATE, high: NO_DATE };
  const period = resource.effectivePeriod;
  if (period !== undefined) {
    const start = rangeOf(at(period, 'start'));
    const end = rangeOf(at(period, 'end'));
    if (!start && !end) return none;
    return { low: start?.low ?? NO_DATE + 1, high: end?.high ?? Number.MAX_SAFE_INTEGER };
  }
  return (
    rangeOf(resource.effectiveDateTime ?? resource.effectiveInstant ?? resource.dateTime) ?? none
  );
}

function rangeOf(value: unknown): InstantRange | undefined {
  return typeof value === 'string' ? instantRange(value) : undefined;
}
