/**
 * JSON that keeps the text of numbers: `6.0` parsed and written again is `6.0` (design promise 5).
 * A number that JavaScript would print differently stays as its source text.
 */

/** Source text access, in Node since 22: not yet in TypeScript's library. */
interface RawJson {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}
const raw = JSON as unknown as RawJson;

/** Parses JSON text, numbers kept as written. Throws SyntaxError, or RangeError when nested too deep. */
export function parseJson(text: string): unknown {
  return raw.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? raw.rawJSON(source)
      : value,
  );
}

/** A number of {@link parseJson} as it was written; undefined for anything else. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return raw.isRawJSON(value) ? value.rawJSON : undefined;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a JSON object: not a list, not null, not a number kept as text. */
export function isObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !raw.isRawJSON(value)
  );
}

/** The objects of a list, or none. */
export function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A text that holds something, or undefined: FHIR has no empty strings. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What stands at a path of object members, or undefined. */
export function at(value: unknown, ...path: string[]): unknown {
  let here = value;
  for (const name of path) {
    if (!isObject(here)) return undefined;
    here = here[name];
  }
  return here;
}
