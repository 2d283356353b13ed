import {
  type Capture,
  type Decoded,
  type Measurement,
  type Quantity,
  TYPED_BY,
  type TypedBy,
} from '../measurement.ts';
import { checkTyped, fieldsOf, isTypedKind, type TypedKind } from './form.ts';

/** Source of a capture that a person typed in; it names the form of its bytes. */
export const TYPED_SOURCE = { typed: 'reading-1' } as const satisfies Capture['source'];

/** A reading that a person typed in. */
export interface TypedEntry {
  readonly kind: TypedKind;
  /** Decimal text by quantity, with a point. */
  readonly quantities: Readonly<Record<string, string>>;
  /** When it was measured, as the person said: an instant with its offset. */
  readonly at: string;
  readonly by: TypedBy;
}

/** Most bytes of an entry; three numbers need a fifth of it. */
const BYTES_MAX = 1024;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?[+-]\d{2}:\d{2}$/;

/** The bytes that the journal keeps of it: the same entry gives the same. */
export function encodeTyped({ kind, quantities, at, by }: TypedEntry): Uint8Array {
  const told = fieldsOf(kind).flatMap(({ name }) => {
    const value = quantities[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Buffer.from(JSON.stringify({ kind, quantities: Object.fromEntries(told), at, by }));
}

/** What was typed in, and when it was by the person's word. */
export type DecodedTyped =
  | { readonly ok: true; readonly measurement: Measurement; readonly at: string }
  | Extract<Decoded, { ok: false }>;

/** Reads what {@link encodeTyped} wrote. Pure and total. */
export function decodeTyped(bytes: Uint8Array): DecodedTyped {
  if (bytes.length > BYTES_MAX) return { ok: false, reason: 'unsupported' };
  const entry = entryOf(bytes);
  if (!entry) return { ok: false, reason: 'unsupported' };
  const { kind, quantities, at, by } = entry;
  const checked = checkTyped(kind, quantities);
  if (!checked.ok) return { ok: false, reason: 'reserved-value' };
  const told = fieldsOf(kind).flatMap(({ name, unit }): [string, Quantity][] => {
    const value = checked.quantities[name];
    return value === undefined ? [] : [[name, { value, unit }]];
  });
  const measurement = { kind, quantities: Object.fromEntries(told), attributes: { typedBy: by } };
  return { ok: true, measurement, at };
}

function entryOf(bytes: Uint8Array) {
  const fields = fieldsIn(bytes);
  const { kind, at, quantities } = fields ?? {};
  const by = TYPED_BY.find((one) => one === fields?.by);
  if (typeof kind !== 'string' || !isTypedKind(kind)) return undefined;
  if (typeof at !== 'string' || !INSTANT.test(at) || Number.isNaN(Date.parse(at))) return undefined;
  if (by === undefined || !isFields(quantities)) return undefined;
  return { kind, at, by, quantities } as const;
}

function fieldsIn(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isFields(json) ? json : undefined;
  } catch {
    return undefined; // no text, or no JSON
  }
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
