import type { Attribute, Kind, Measurement, Quantity } from '../../measurement.ts';

/** One fact of a broadcast: a named quantity or attribute of a kind. */
export type Part = { readonly kind: Kind; readonly name: string } & (
  | { readonly quantity: Quantity }
  | { readonly attribute: Attribute }
);

/**
 * Measurements of a broadcast: one for each kind, in order of appearance. A name that occurs more
 * than once is numbered from one. `common` says what holds for the whole frame.
 */
export function joinParts(
  parts: readonly Part[],
  common: Readonly<Record<string, Attribute>>,
): Measurement[] {
  const keyOf = (part: Part) => `${part.kind}/${part.name}`;
  const total = Map.groupBy(parts, keyOf);
  const seen = new Map<string, number>();
  const kinds = new Map<
    Kind,
    { quantities: Record<string, Quantity>; attributes: Record<string, Attribute> }
  >();
  for (const part of parts) {
    const key = keyOf(part);
    const index = (seen.get(key) ?? 0) + 1;
    seen.set(key, index);
    const name = (total.get(key)?.length ?? 1) > 1 ? `${part.name}_${index}` : part.name;
    const entry = kinds.get(part.kind) ?? { quantities: {}, attributes: {} };
    if ('quantity' in part) entry.quantities[name] = part.quantity;
    else entry.attributes[name] = part.attribute;
    kinds.set(part.kind, entry);
  }
  return [...kinds].map(([kind, { quantities, attributes }]) => ({
    kind,
    quantities,
    attributes: { ...common, ...attributes },
  }));
}

/** A door, window or lid: by the sender's name for it, and as a state. */
export function contact(name: string, open: boolean): Part[] {
  return [
    { kind: 'contact', name, attribute: open },
    { kind: 'contact', name: 'state', attribute: open ? 'open' : 'closed' },
  ];
}
