import { join } from 'node:path';
import type { Kind, Ucum } from '../measurement.ts';
import { openLineFile } from './files.ts';

/** One reading that a virtual device has handed over: a line of `ground-truth.ndjson`. */
export interface GroundTruthLine {
  /** 1 and on over the folder's life. */
  readonly n: number;
  /** System ID as EUI-64 text, as the FHIR Device carries it. */
  readonly device: string;
  readonly name: string;
  /** The device's own count of its records; with `device` it names a record once. */
  readonly record: number;
  readonly kind: Kind;
  /** The invented person's name, or null when the device did not know whose it was. */
  readonly person: string | null;
  /** True instant of measuring, ISO 8601 with Z. */
  readonly trueTime: string;
  /** Instant, by the demo's clock, at which the bytes were sent. */
  readonly sentTime: string;
  /** Decimal text as the device sends it, and UCUM unit, by quantity name. */
  readonly values: Readonly<Record<string, string>>;
  readonly unit: Readonly<Record<string, Ucum>>;
  readonly handedOver: true;
}

export interface GroundTruth {
  /** Lines of earlier runs and of this one. */
  count(): number;
  /** The record numbers a device has handed over, from the lines found at the start. */
  recordsOf(device: string): ReadonlySet<number>;
  /** The last line of a device found at the start. */
  lastOf(device: string): GroundTruthLine | undefined;
  /** On disk when it returns; throws when the disk refuses, and nothing is counted. */
  append(line: Omit<GroundTruthLine, 'n' | 'handedOver'>): void;
  close(): void;
}

/** What the devices really handed over, to check the gateway against; it never reads this. */
export function openGroundTruth(folder: string): GroundTruth {
  const file = openLineFile(join(folder, 'ground-truth.ndjson'));
  const found = file.found.map((line) => JSON.parse(line) as GroundTruthLine);
  const records = new Map<string, Set<number>>();
  const last = new Map<string, GroundTruthLine>();
  for (const line of found) {
    records.set(line.device, (records.get(line.device) ?? new Set()).add(line.record));
    last.set(line.device, line);
  }
  let count = found.at(-1)?.n ?? 0;
  return {
    count: () => count,
    recordsOf: (device) => records.get(device) ?? new Set(),
    lastOf: (device) => last.get(device),
    append: (line) => {
      const whole: GroundTruthLine = { n: count + 1, ...line, handedOver: true };
      file.append(JSON.stringify(whole));
      count += 1;
    },
    close: () => file.close(),
  };
}
