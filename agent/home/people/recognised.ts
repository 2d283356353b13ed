import type { Seen } from '../../../adapters/adapter.ts';
import { serviceName } from '../../../adapters/bluetooth/gatt/service-names.ts';
import { identify } from '../../../adapters/bluetooth/models/index.ts';
import type { Words } from '../../../adapters/bluetooth/models/model.ts';
import { NOT_YET, ONE_HOST } from '../../../adapters/bluetooth/models/words.ts';

/** A device that is not supported yet: what whoever adds it would want to know first. */
const offersOf = ({ services, broadcasts = [], company }: Seen): string[] => [
  ...[...new Set([...services, ...broadcasts])].map((uuid) => {
    const known = serviceName(uuid);
    return known === undefined ? uuid : `${known} (${uuid})`;
  }),
  ...(company === undefined
    ? []
    : [`company 0x${company.toString(16).padStart(4, '0').toUpperCase()}`]),
];

/** A device that is heard, with what its model asks of people before it is paired. */
export interface Recognised extends Seen {
  /** Vendor and product, where its name tells them. */
  readonly model?: string;
  readonly modelKey?: string;
  /** Absent where the model keeps more than one pairing, or is not known. */
  readonly oneHost?: Words;
  readonly instructions?: { readonly pair: Words; readonly measure: Words };
  /** A model that is known and whose protocol is not spoken. */
  readonly notYet?: Words;
  /** Services by their assigned names, and the company; only of what is not supported yet. */
  readonly offers?: readonly string[];
}

/** By its name and services alone: nobody has asked it yet what it is. */
export function recognised(seen: Seen): Recognised {
  const { name, services, broadcasts = [], product } = seen;
  const model = identify({ name, services: [...services, ...broadcasts], product });
  if (!model) return seen.supported === false ? { ...seen, offers: offersOf(seen) } : seen;
  return {
    ...seen,
    // It has a protocol of its own, and the radio did not say that this one is spoken.
    ...(model.protocol !== undefined && seen.supported !== true ? { notYet: NOT_YET } : {}),
    model: `${model.vendor} ${model.name}`,
    modelKey: model.key,
    instructions: model.instructions,
    ...(model.oneHostOnly ? { oneHost: ONE_HOST } : {}),
  };
}
