import type { Random } from '../../adapters/simulated/random.ts';

export const below = (random: Random, limit: number): number => Math.floor(random() * limit);
export const oneOf = <T>(random: Random, list: readonly T[]): T =>
  list[below(random, list.length)] as T;

/** Longer than any advertisement or notification that is decoded here. */
const RANDOM_BYTES_MAX = 72;
/** Where formats have their special values. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff] as const;

const anything = (random: Random): number[] =>
  Array.from({ length: below(random, RANDOM_BYTES_MAX) }, () => below(random, 0x100));

type Mutation = (bytes: number[], random: Random, corpus: readonly Uint8Array[]) => number[];

const put = (bytes: number[], random: Random, byte: number): number[] =>
  bytes.length === 0 ? bytes : bytes.with(below(random, bytes.length), byte);

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => put(bytes, random, below(random, 0x100)),
  (bytes, random) => put(bytes, random, oneOf(random, EDGES)),
  (bytes, random) => {
    const at = below(random, bytes.length);
    return bytes.length === 0 ? bytes : bytes.with(at, (bytes[at] ?? 0) ^ (1 << below(random, 8)));
  },
  (bytes, random) => bytes.slice(0, below(random, bytes.length + 1)),
  (bytes, random) => bytes.slice(below(random, bytes.length + 1)),
  (bytes, random) => [...bytes, ...anything(random).slice(0, below(random, 8))],
  (bytes, random, corpus) => {
    const other = [...oneOf(random, corpus)];
    return [
      ...bytes.slice(0, below(random, bytes.length + 1)),
      ...other.slice(below(random, other.length + 1)),
    ];
  },
];

/** Now and then something at all; else what some device sent, changed once or more. */
export function fuzzedBytes(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  if (random() < 0.2) return Uint8Array.from(anything(random));
  let bytes = [...oneOf(random, corpus)];
  for (let changes = 1 + below(random, 4); changes > 0; changes -= 1) {
    bytes = oneOf(random, MUTATIONS)(bytes, random, corpus);
  }
  return Uint8Array.from(bytes);
}
