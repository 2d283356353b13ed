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
  /** How many go to a recipient, and how many of them are of one reading: asked at each hand-over. */
  const counts = new Map<string, number>();
  const countOf = (name: string) => counts.get(name) ?? 0;

  function count({ recipient, reading }: DeliveryRow, more: 1 | -1): void {
    for (const name of [recipient, `${recipient} ${reading}`]) {
      const now = countOf(name) + more;
      if (now > 0) counts.set(name, now);
      else counts.delete(name);
    }
  }

  return {
    /** To be asked in the step in which the first byte goes to the socket: each with its own consent. */
    begin(rows: readonly DeliveryRow[]): { flight: Flight; mayLeave: () => boolean } {
      const flight: Flight = { rows, abort: new AbortController(), hasLeft: false };
      for (const row of rows) {
        byId.set(row.id, flight);
        count(row, 1);
      }
      const mayLeave = () => {
        const may = rows.every(isAllowed);
        flight.hasLeft ||= may;
        return may;
      };
      return { flight, mayLeave };
    },
    end({ rows }: Flight): void {
      for (const row of rows) if (byId.delete(row.id)) count(row, -1);
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
    countFor: countOf,
    /** Another envelope of the same reading is on its way there. */
    hasOther: ({ reading, recipient }: DeliveryRow) => countOf(`${recipient} ${reading}`) > 0,
  };
}
