import { join } from 'node:path';
import type { Kind, Ucum } from '../measurement.ts';
import { openLineFile } from './files.ts';

/** A measurement that somebody took: line `n` of the plan, whatever becomes of it. */
interface TakenLine {
  readonly n: number;
  readonly event: 'taken';
  /** System ID as EUI-64 text, as the FHIR Device carries it. */
  readonly device: string;
  readonly name: string;
  readonly kind: Kind;
  /** The invented person's name, also when the device did not know it. */
  readonly person: string;
  /** True instant of measuring, ISO 8601 with Z. */
  readonly trueTime: string;
  /** Decimal text as the device sends it, and UCUM unit, by quantity name. */
  readonly values: Readonly<Record<string, string>>;
  readonly unit: Readonly<Record<string, Ucum>>;
}

/** The collector confirmed it, for the first time. */
interface HandedOverLine {
  readonly n: number;
  readonly event: 'handed-over';
  readonly at: string;
}

/** Why nobody could have had a measurement. */
export type UnrecoverableCause =
  /** The device kept it for a while in which no powered radio was in range. */
  | 'deleted-out-of-range'
  /** The same, until its place was needed. */
  | 'overwritten'
  | 'device-broke'
  | 'erased';

interface UnrecoverableLine {
  readonly n: number;
  readonly event: 'unrecoverable';
  readonly cause: UnrecoverableCause;
}

/** A line of `ground-truth.ndjson` of a home with a plan. */
export type PlannedTruthLine = TakenLine | HandedOverLine | UnrecoverableLine;

/** What happened, each event of a measurement once over the folder's life; on disk when they return. */
export interface PlannedTruth {
  taken(line: Omit<TakenLine, 'event'>): void;
  handedOver(n: number, at: number): void;
  unrecoverable(n: number, cause: UnrecoverableCause): void;
  isTaken(n: number): boolean;
  isHandedOver(n: number): boolean;
  count(event: PlannedTruthLine['event']): number;
  close(): void;
}

/** Opens or begins the folder's `ground-truth.ndjson`; a line that a power cut tore is cut off. */
export function openPlannedTruth(folder: string): PlannedTruth {
  const file = openLineFile(join(folder, 'ground-truth.ndjson'));
  const known = {
    taken: new Set<number>(),
    'handed-over': new Set<number>(),
    unrecoverable: new Set<number>(),
  };
  for (const text of file.found) {
    const { event, n } = JSON.parse(text) as PlannedTruthLine;
    known[event].add(n);
  }
  const append = (line: PlannedTruthLine) => {
    if (known[line.event].has(line.n)) return;
    file.append(JSON.stringify(line));
    known[line.event].add(line.n);
  };
  return {
    taken: ({ n, ...facts }) => append({ n, event: 'taken', ...facts }),
    handedOver: (n, at) => append({ n, event: 'handed-over', at: new Date(at).toISOString() }),
    unrecoverable: (n, cause) => append({ n, event: 'unrecoverable', cause }),
    isTaken: (n) => known.taken.has(n),
    isHandedOver: (n) => known['handed-over'].has(n),
    count: (event) => known[event].size,
    close: () => file.close(),
  };
}
