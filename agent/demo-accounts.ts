import { existsSync, readFileSync } from 'node:fs';

/** One line of `ground-truth.ndjson`: what a virtual device handed over. */
export interface TruthLine {
  readonly n: number;
  readonly device: string;
  readonly kind: string;
  readonly trueTime: string;
  readonly values: Readonly<Record<string, string>>;
}

/** A reading as somebody has it: the FHIR server, or the gateway in one of its places. */
export interface Holding {
  readonly device: string;
  readonly kind: string;
  /** Milliseconds UTC. */
  readonly at: number;
  readonly values: Readonly<Record<string, string>>;
}

/** Anchor Observation of each kind: the others of a reading (pulse, status bits) derive from it. */
const ANCHORS: Readonly<Record<string, string>> = {
  '85354-9': 'blood-pressure',
  '2708-6': 'oxygen-saturation',
  '8310-5': 'body-temperature',
  '29463-7': 'body-weight',
  '41982-0': 'body-composition',
};
/** MDC code of a strap's heart rate: LOINC 8867-4 alone is also the pulse of a cuff. */
const STRAP = '147842';

/** Names of values by LOINC or MDC code, as the devices' ground truth has them. */
const VALUES: Readonly<Record<string, string>> = {
  '8480-6': 'systolic',
  '8462-4': 'diastolic',
  '2708-6': 'spo2',
  '8310-5': 'temperature',
  '29463-7': 'weight',
  '41982-0': 'body-fat',
  '147842': 'heart-rate',
};

interface Coded {
  readonly code?: { readonly coding?: readonly { readonly code?: string }[] };
  readonly valueQuantity?: { readonly value?: string };
}
interface StoredObservation extends Coded {
  readonly status?: string;
  readonly device?: { readonly reference?: string };
  readonly effectiveDateTime?: string;
  readonly component?: readonly Coded[];
}

/** Keeps numbers as the text that they are: 6.0 is not 6. */
function parseKeepingText(line: string): unknown {
  const reviver = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value;
  return JSON.parse(line, reviver as (key: string, value: unknown) => unknown);
}

function codes(coded: Coded): string[] {
  return (coded.code?.coding ?? []).flatMap(({ code }) => (code === undefined ? [] : [code]));
}

/** Lines of an NDJSON file; a torn last line is nobody's. */
export function lines(file: string): string[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '');
}

export function readTruth(file: string): TruthLine[] {
  return lines(file).map((line) => JSON.parse(line) as TruthLine);
}

/** Readings in `received.ndjson`. `deviceOf` gives the System ID behind a Device reference. */
export function readReceived(
  file: string,
  deviceOf: (reference: string) => string | undefined,
): Holding[] {
  return lines(file).flatMap((line) => {
    const observation = parseKeepingText(line) as StoredObservation;
    const own = codes(observation);
    const kind = own.includes(STRAP)
      ? 'heart-rate'
      : own.map((code) => ANCHORS[code]).find(Boolean);
    if (kind === undefined || observation.status === 'entered-in-error') return [];
    const values: Record<string, string> = {};
    for (const part of [observation, ...(observation.component ?? [])]) {
      const name = codes(part)
        .map((code) => VALUES[code])
        .find(Boolean);
      if (name && part.valueQuantity?.value !== undefined) values[name] = part.valueQuantity.value;
    }
    const device = deviceOf(observation.device?.reference ?? '') ?? '';
    return [{ device, kind, at: Date.parse(observation.effectiveDateTime ?? ''), values }];
  });
}

/** Two of one device and kind with these values within this are the same measurement, ms. */
const BASE_TOLERANCE_MS = 90_000;

function same(truth: TruthLine, held: Holding): boolean {
  if (truth.device !== held.device || truth.kind !== held.kind) return false;
  // What the holder has must be what the device sent; it need not have every quantity.
  const shared = Object.keys(held.values).filter((name) => name in truth.values);
  return shared.length > 0 && shared.every((name) => held.values[name] === truth.values[name]);
}

export interface Balance {
  readonly lost: number;
  readonly doubled: number;
  /** `n` of the lost ones: for whoever looks for the cause. */
  readonly lostLines: readonly number[];
}

/**
 * Joins what was handed over with who has it, on device, time and values. `lost`: nobody has it.
 * `doubled`: the receiver has extra copies. `toleranceMs` bounds how far a reading that rests on
 * reception time may lie from the true one; it grows with the demo's speed.
 */
export function balance(
  truth: readonly TruthLine[],
  received: readonly Holding[],
  atHome: readonly Holding[],
  speed: number,
): Balance {
  const toleranceMs = BASE_TOLERANCE_MS + speed * 5_000;
  const near = (line: TruthLine, held: Holding) =>
    same(line, held) && Math.abs(Date.parse(line.trueTime) - held.at) <= toleranceMs;
  const byDevice = Map.groupBy(truth, (line) => line.device);
  const matched = new Set<number>();
  let doubled = 0;
  for (const held of received) {
    const candidates = (byDevice.get(held.device) ?? []).filter((line) => near(line, held));
    const nearest = (lineSet: TruthLine[]) =>
      lineSet.sort(
        (a, b) =>
          Math.abs(Date.parse(a.trueTime) - held.at) - Math.abs(Date.parse(b.trueTime) - held.at),
      )[0];
    const free = nearest(candidates.filter((line) => !matched.has(line.n)));
    if (free) matched.add(free.n);
    else if (candidates.length > 0) doubled += 1;
  }
  for (const held of atHome) {
    const line = (byDevice.get(held.device) ?? []).find(
      (one) => !matched.has(one.n) && near(one, held),
    );
    if (line) matched.add(line.n);
  }
  const lostLines = truth.filter((line) => !matched.has(line.n)).map((line) => line.n);
  return { lost: lostLines.length, doubled, lostLines };
}
