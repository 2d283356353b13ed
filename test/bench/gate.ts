/** What a gate found: paired figures of the rounds, of which the median counts. */
export interface GateResult {
  readonly name: string;
  /** `<= 1.2` or `>= 0.6`. */
  readonly goal: string;
  /** One for each round. */
  readonly values: readonly number[];
  readonly unit?: string;
  /** What was measured, for people: not judged. */
  readonly note?: string;
}

export interface GateRow {
  readonly name: string;
  readonly value: number;
  readonly goal: string;
  readonly met: boolean;
  readonly min: number;
  readonly max: number;
}

/** How much is measured: small enough to be quick, or as the gates are meant. */
export interface Scale {
  readonly rounds: number;
  /** Readings of a burst. */
  readonly burst: number;
  /** Readings of a backlog. */
  readonly backlog: number;
  /** Latencies measured at 20/s, and at 500/s. */
  readonly slow: number;
  readonly fast: number;
  readonly starts: number;
  /** Stored readings of the small and of the grown store. */
  readonly grown: readonly [number, number];
}

/** A family of gates: measured together, since they share a run. */
export interface Family {
  readonly name: string;
  readonly run: (scale: Scale) => Promise<readonly GateResult[]>;
}

/** The middle one; of an even number the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] =
    sorted.length % 2 === 0
      ? [sorted[middle - 1], sorted[middle]]
      : [sorted[middle], sorted[middle]];
  return (low + high) / 2;
}

/** The value below which a part of them lies; `part` from 0 to 1. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** Whether the median keeps to the goal. */
export function judge({ name, goal, values }: GateResult): GateRow {
  const [sign, bound] = goal.split(' ');
  const value = median(values);
  const met = sign === '>=' ? value >= Number(bound) : value <= Number(bound);
  return { name, value, goal, met, min: Math.min(...values), max: Math.max(...values) };
}
