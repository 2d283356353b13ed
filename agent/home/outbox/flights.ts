import type { DeliveryRow } from './deliveries.ts';

/** One hand-over to a transport, of one envelope or several joined. */
export interface Flight {
  readonly rows: readonly DeliveryRow[];
  readonly abort: AbortController;
  /** Some of it is on the socket. */
  hasLeft: boolean;
}

/** What was handed to a transport that has not settled yet: on its way, or waiting there for a connection. */
export function createFlights(isAllowed: (row: DeliveryRow) => boolean) {
  const byId = new Map<string, Flight>();

  function some(matches: (row: DeliveryRow) => boolean): number {
    let count = 0;
    for (const [id, { rows }] of byId) {
      const row = rows.find((one) => one.id === id);
      if (row && matches(row)) count += 1;
    }
    return count;
  }

  return {
    /** To be asked in the step in which the first byte goes to the socket: each with its own consent. */
    begin(rows: readonly DeliveryRow[]): { flight: Flight; mayLeave: () => boolean } {
      const flight: Flight = { rows, abort: new AbortController(), hasLeft: false };
      for (const { id } of rows) byId.set(id, flight);
      const mayLeave = () => {
        const may = rows.every(isAllowed);
        flight.hasLeft ||= may;
        return may;
      };
      return { flight, mayLeave };
    },
    end({ rows }: Flight): void {
      for (const { id } of rows) byId.delete(id);
    },
    /** Consent ended on the way: what still waits for a connection inside a transport stays home. */
    callBack(): void {
      for (const { rows, abort } of new Set(byId.values())) {
        if (!rows.every(isAllowed)) abort.abort();
      }
    },
    callBackAll(): void {
      for (const { abort } of byId.values()) abort.abort();
    },
    has: (envelope: string) => byId.has(envelope),
    hasLeft: (envelope: string) => byId.get(envelope)?.hasLeft === true,
    ids: () => [...byId.keys()],
    count: () => byId.size,
    countFor: (recipient: string) => some((row) => row.recipient === recipient),
    /** Another envelope of the same reading is on its way there. */
    hasOther: ({ reading, recipient }: DeliveryRow) =>
      some((row) => row.reading === reading && row.recipient === recipient) > 0,
  };
}
