import { type InstantRange, instantRange } from './instant.ts';
import { FhirProblem } from './problem.ts';
import { isResourceType, type ResourceType } from './validate.ts';

/** Entries of one page: as asked, at most this, so that one answer stays small. */
export const COUNT_MAX = 200;
export const COUNT_DEFAULT = 50;

/** Values joined by commas in one parameter, at most. */
const OR_VALUES_MAX = 100;

export interface Token {
  /** Absent: any system. Empty: none. */
  readonly system?: string;
  /** Absent: any value of the system. */
  readonly value?: string;
}

export type DatePrefix = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'sa' | 'eb';

/** One condition; `any` holds the alternatives that a comma joins. Conditions are joined by and. */
export type Filter =
  | { readonly by: 'id'; readonly any: readonly string[] }
  | { readonly by: 'identifier' | 'code' | 'subject-identifier'; readonly any: readonly Token[] }
  | { readonly by: 'subject' | 'device'; readonly any: readonly string[] }
  | {
      readonly by: 'date' | 'updated';
      readonly any: readonly { readonly prefix: DatePrefix; readonly range: InstantRange }[];
    };

export interface Search {
  readonly type: ResourceType;
  readonly filters: readonly Filter[];
  readonly sort: { readonly by: 'date' | 'updated' | 'order'; readonly descending: boolean };
  readonly count: number;
  /** Where the page before ended: sort value and row. */
  readonly after?: { readonly value: number; readonly row: number };
}

type ParameterType = 'token' | 'reference' | 'date';

/** What can be searched, by type: the list in the CapabilityStatement is made from it. */
export const PARAMETERS: Readonly<
  Record<ResourceType, Readonly<Record<string, { type: ParameterType; modifiers?: string[] }>>>
> = {
  Patient: {
    _id: { type: 'token' },
    _lastUpdated: { type: 'date' },
    identifier: { type: 'token' },
  },
  Device: { _id: { type: 'token' }, _lastUpdated: { type: 'date' }, identifier: { type: 'token' } },
  Observation: {
    _id: { type: 'token' },
    _lastUpdated: { type: 'date' },
    identifier: { type: 'token' },
    subject: { type: 'reference', modifiers: ['identifier'] },
    patient: { type: 'reference', modifiers: ['identifier'] },
    code: { type: 'token' },
    date: { type: 'date' },
    device: { type: 'reference' },
  },
  Consent: {
    _id: { type: 'token' },
    _lastUpdated: { type: 'date' },
    identifier: { type: 'token' },
    patient: { type: 'reference', modifiers: ['identifier'] },
    date: { type: 'date' },
  },
};

/**
 * Reads a search. Throws FhirProblem 400 for anything outside the list, so that what was not
 * understood is never answered with nothing.
 */
export function parseSearch(type: string, pairs: Iterable<readonly [string, string]>): Search {
  if (!isResourceType(type)) {
    throw new FhirProblem('not-supported', 'Resources of this type are not kept here');
  }
  const filters: Filter[] = [];
  let sort: Search['sort'] = { by: 'order', descending: false };
  let count = COUNT_DEFAULT;
  let after: Search['after'];
  for (const [name, value] of pairs) {
    if (name === '_sort') sort = parseSort(type, value);
    else if (name === '_count') count = parseCount(value);
    else if (name === '_cursor') after = parseCursor(value);
    else filters.push(parseFilter(type, name, value));
  }
  return { type, filters, sort, count, ...(after ? { after } : {}) };
}

/** Reads the criteria of a conditional create or update: filters only, at least one. */
export function parseCriteria(type: string, query: string): Search {
  const search = parseSearch(type, new URLSearchParams(query));
  const plain = search.sort.by === 'order' && search.count === COUNT_DEFAULT && !search.after;
  if (search.filters.length === 0 || !plain) {
    throw new FhirProblem('not-supported', 'A condition names search parameters, and only them');
  }
  return search;
}

function parseFilter(type: ResourceType, name: string, value: string): Filter {
  const [code = '', modifier, ...rest] = name.split(':');
  const parameter = Object.hasOwn(PARAMETERS[type], code) ? PARAMETERS[type][code] : undefined;
  const known =
    parameter !== undefined &&
    rest.length === 0 &&
    (modifier === undefined || parameter.modifiers?.includes(modifier));
  if (!known) throw unsupported(type);
  const values = split(value, ',');
  if (values.length > OR_VALUES_MAX || values.some((one) => one === '')) throw malformed(code);
  if (code === '_id') return { by: 'id', any: values.map(withoutEscapes) };
  if (modifier === 'identifier') {
    return { by: 'subject-identifier', any: values.map((one) => parseToken(one, code)) };
  }
  if (code === 'identifier' || code === 'code') {
    return { by: code, any: values.map((one) => parseToken(one, code)) };
  }
  if (code === 'date' || code === '_lastUpdated') {
    return {
      by: code === 'date' ? code : 'updated',
      any: values.map((one) => parseDate(one, code)),
    };
  }
  if (code === 'device') {
    return { by: 'device', any: values.flatMap((one) => parseReference(one, ['Device'])) };
  }
  const targets = code === 'patient' ? ['Patient'] : ['Patient', 'Device'];
  return { by: 'subject', any: values.flatMap((one) => parseReference(one, targets)) };
}

function parseToken(value: string, code: string): Token {
  const parts = split(value, '|');
  if (parts.length > 2) throw malformed(code);
  const [first = '', second] = parts.map(withoutEscapes);
  if (second === undefined) return { value: first };
  if (second === '' && first === '') throw malformed(code);
  return second === '' ? { system: first } : { system: first, value: second };
}

function parseDate(value: string, code: string): { prefix: DatePrefix; range: InstantRange } {
  const match = /^(eq|ne|gt|ge|lt|le|sa|eb)?(\d.*)$/.exec(value);
  const range = match?.[2] === undefined ? undefined : instantRange(match[2]);
  if (!range) throw malformed(code);
  return { prefix: (match?.[1] ?? 'eq') as DatePrefix, range };
}

/** `Patient/1`, or a bare id, which then may be of any of the targets. */
function parseReference(value: string, targets: readonly string[]): string[] {
  const text = withoutEscapes(value);
  if (!text.includes('/')) return targets.map((target) => `${target}/${text}`);
  const relative = /^([A-Z][A-Za-z]+)\/[^/]+$/.exec(text);
  if (relative && !targets.includes(relative[1] ?? '')) {
    throw new FhirProblem('not-supported', 'The reference is of a type that is never meant here');
  }
  return [text];
}

function parseSort(type: ResourceType, value: string): Search['sort'] {
  const descending = value.startsWith('-');
  const by = descending ? value.slice(1) : value;
  if (by === '_lastUpdated') return { by: 'updated', descending };
  if (by === 'date' && 'date' in PARAMETERS[type]) return { by, descending };
  throw new FhirProblem('not-supported', 'Sorted is only by date or _lastUpdated, one of them');
}

function parseCount(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw malformed('_count');
  return Math.min(Number(value), COUNT_MAX);
}

function parseCursor(value: string): { value: number; row: number } {
  const match = /^(-?\d{1,16})\.(\d{1,16})$/.exec(value);
  if (!match) throw malformed('_cursor');
  return { value: Number(match[1]), row: Number(match[2]) };
}

/** Splits where the separator is not escaped (R4 search, 3.1.1.5: `\,` `\|` `\$` `\\`). */
function split(value: string, separator: ',' | '|'): string[] {
  const parts = [''];
  for (const piece of value.match(/\\.|[\s\S]/g) ?? []) {
    if (piece === separator) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}

function withoutEscapes(value: string): string {
  return value.replace(/\\([\\,|$])/g, '$1');
}

function unsupported(type: ResourceType): FhirProblem {
  const names = Object.keys(PARAMETERS[type]).join(', ');
  return new FhirProblem(
    'not-supported',
    `A search parameter or modifier is not supported. ${type} is searched by ${names}`,
  );
}

function malformed(code: string): FhirProblem {
  return new FhirProblem('invalid', `The value of ${code} cannot be read`);
}
