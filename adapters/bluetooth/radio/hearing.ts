import type { DiscoverArguments } from './noble-gate.ts';

/** How long an advertisement is remembered; BlueZ itself forgets after 30 s without discovery. */
export const HEARD_FOR_MS = 180_000;
/** Private addresses rotate every quarter of an hour: a crowd must not fill the memory. */
export const HEARD_COUNT_MAX = 500;

/** What one advertisement said. In memory only. */
export interface Advertisement {
  readonly address: string;
  readonly name?: string;
  readonly services: readonly string[];
  readonly serviceData: readonly { readonly uuid: string; readonly data: Uint8Array }[];
  readonly manufacturer?: { readonly company: number; readonly data: Uint8Array };
  readonly rssi: number;
  readonly connectable: boolean;
  /** Gateway clock, milliseconds since 1970 UTC. */
  readonly at: number;
}

export interface Hearing {
  take(args: DiscoverArguments): void;
  onSeen(listener: (advertisement: Advertisement) => void): () => void;
  recent(): readonly Advertisement[];
  /** What noble must be told to know this peripheral. */
  argumentsOf(address: string): DiscoverArguments | undefined;
}

/** Reads the bindings' `discover`; the first two bytes of manufacturer data are the company. */
export function advertisementOf(args: DiscoverArguments, at: number): Advertisement {
  const [address, , , connectable, said, rssi] = args;
  const maker = said.manufacturerData;
  return {
    address,
    ...(said.localName ? { name: said.localName } : {}),
    services: said.serviceUuids ?? [],
    serviceData: (said.serviceData ?? []).map(({ uuid, data }) => ({
      uuid,
      data: new Uint8Array(data),
    })),
    ...(maker && maker.length >= 2
      ? {
          manufacturer: { company: maker.readUInt16LE(0), data: new Uint8Array(maker.subarray(2)) },
        }
      : {}),
    rssi,
    connectable,
    at,
  };
}

/** Remembers who was heard, bounded in age and number. */
export function createHearing(now: () => number): Hearing {
  const heard = new Map<string, { args: DiscoverArguments; advertisement: Advertisement }>();
  const listeners = new Set<(advertisement: Advertisement) => void>();
  const forget = () => {
    const oldest = now() - HEARD_FOR_MS;
    for (const [address, { advertisement }] of heard) {
      // In order of age: the first young one ends the search.
      if (advertisement.at >= oldest && heard.size <= HEARD_COUNT_MAX) break;
      heard.delete(address);
    }
  };
  return {
    take(args) {
      const advertisement = advertisementOf(args, now());
      heard.delete(advertisement.address);
      heard.set(advertisement.address, { args, advertisement });
      forget();
      for (const listener of [...listeners]) listener(advertisement);
    },
    onSeen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    recent() {
      forget();
      return [...heard.values()].map(({ advertisement }) => advertisement);
    },
    argumentsOf: (address) => heard.get(address)?.args,
  };
}
