import { decodeGatt } from '../../../adapters/bluetooth/gatt/index.ts';
import type { Decoded, Measurement, Quantity } from '../../../adapters/measurement.ts';
import type { Captures, StoredCapture } from './captures.ts';
import type { Meaning } from './interpret.ts';
import type { StoredReading } from './readings.ts';
import type { Frame } from './record-frames.ts';

const BODY_COMPOSITION = ['181b', '2a9c'] as const;
const WEIGHT = ['181d', '2a9d'] as const;

/** Weight and composition that tell no time are of one weighing when they come this near each other. */
const ONE_WEIGHING_MS = 60_000;

type Result = Extract<Meaning, { is: 'result' }>;
type Told = Extract<Decoded, { measurements: unknown }>;

const told = ([, characteristic]: readonly [string, string], { bytes }: Frame) => {
  const decoded = decodeGatt(characteristic, bytes);
  return decoded.ok && 'measurements' in decoded ? decoded : undefined;
};
const first = (of: Told | Result | undefined): Measurement | undefined => of?.measurements[0];
const isOneOfTwo = (of: Told | undefined) => first(of)?.attributes.multiplePacket === true;
const numberOf = (quantity: Quantity | undefined) =>
  quantity && 'value' in quantity ? quantity.value : undefined;

/**
 * Joins what a scale says of one weighing in several frames: a composition that does not fit one
 * packet is sent in two, and the weight comes once as a weight and once in the composition.
 */
export function createWeighings(captures: Pick<Captures, 'before' | 'inSession'>) {
  /** Which frames of a connection are two halves: in the order in which they came, first with next. */
  function otherHalf(capture: Frame): { id: number; isFirst: boolean } | undefined {
    const frames = captures.inSession(capture, ...BODY_COMPOSITION);
    for (let at = 0; at < frames.length; at += 1) {
      const [one, next] = [frames[at], frames[at + 1]];
      if (!one || !next) break;
      const both = [told(BODY_COMPOSITION, one), told(BODY_COMPOSITION, next)] as const;
      if (!both.every(isOneOfTwo) || !areOneRecord(both[0] as Told, both[1] as Told)) continue;
      if (one.id === capture.id) return { id: next.id, isFirst: true };
      if (next.id === capture.id) return { id: one.id, isFirst: false };
      at += 1;
    }
    return undefined;
  }

  /** The other frame, which told the same weight of the same weighing, and came before this one. */
  function toldBefore(
    capture: StoredCapture,
    meaning: Result,
    by: readonly [string, string],
  ): number | undefined {
    const weight = numberOf(first(meaning)?.quantities.weight);
    if (weight === undefined) return undefined;
    return captures.before(capture, ...by).find((frame) => {
      const other = told(by, frame);
      if (!other || numberOf(first(other)?.quantities.weight) !== weight) return false;
      if (other.userIndex !== meaning.userIndex) return false;
      const near =
        frame.session === capture.session && Math.abs(frame.at - capture.at) < ONE_WEIGHING_MS;
      return meaning.deviceTime === undefined
        ? near && other.deviceTime === undefined
        : other.deviceTime === meaning.deviceTime;
    })?.id;
  }

  return {
    /** A weight that the composition before it told already is no other reading. */
    weight(capture: StoredCapture, meaning: Result): Meaning {
      const by = toldBefore(capture, meaning, BODY_COMPOSITION);
      return by === undefined ? meaning : { is: 'told-before', by };
    },

    /**
     * A composition with its other half, without a weight that was told as a weight. Its second half
     * alone belongs to the first; a first half is `partial` until the second has come.
     */
    composition(capture: StoredCapture, meaning: Result): Meaning {
      const half = first(meaning)?.attributes.multiplePacket ? otherHalf(capture) : undefined;
      if (half && !half.isFirst) return { is: 'part', of: half.id };
      const frame =
        half && captures.inSession(capture, ...BODY_COMPOSITION).find(({ id }) => id === half.id);
      const rest = frame && told(BODY_COMPOSITION, frame);
      const whole = rest ? merged(meaning, rest) : meaning;
      const partial = !rest && first(meaning)?.attributes.multiplePacket === true;
      const once = toldBefore(capture, whole, WEIGHT) === undefined ? whole : withoutWeight(whole);
      return partial ? { ...once, partial } : once;
    },
  };
}

/** Kinds that a scale may tell two of at one moment. */
export const WEIGHED: ReadonlySet<string> = new Set(['body-weight', 'body-composition']);

/** A weight and a composition of one device, user and moment: one person stood there. */
export function isSameWeighing(one: StoredReading, other: StoredReading): boolean {
  const [time, otherTime] = [one.content.deviceTime, other.content.deviceTime];
  const near = Math.abs(one.capturedAt - other.capturedAt) < ONE_WEIGHING_MS;
  return (
    one.kind !== other.kind &&
    [one.kind, other.kind].every((kind) => WEIGHED.has(kind)) &&
    one.device === other.device &&
    one.userSlot === other.userSlot &&
    (time === undefined ? near && otherTime === undefined : time === otherTime)
  );
}

/** Time and user may stand in the first only; what both say must agree, but for the fat, which each must have. */
function areOneRecord(one: Told, other: Told): boolean {
  const [a = {}, b = {}] = [first(one)?.quantities, first(other)?.quantities];
  const agree = Object.keys(b).every(
    (name) => name === 'body-fat' || !a[name] || numberOf(a[name]) === numberOf(b[name]),
  );
  // The very same again is the first one, indicated twice.
  const adds = Object.keys(b).some((name) => !a[name]);
  return (
    agree &&
    adds &&
    (other.deviceTime === undefined || other.deviceTime === one.deviceTime) &&
    (other.userIndex === undefined || other.userIndex === one.userIndex) &&
    first(one)?.attributes.massUnit === first(other)?.attributes.massUnit
  );
}

function merged(meaning: Result, rest: Told): Result {
  const [one, ...more] = meaning.measurements;
  if (!one) return meaning;
  const known = Object.entries(one.quantities).filter(([, quantity]) => 'value' in quantity);
  const quantities = {
    ...one.quantities,
    ...first(rest)?.quantities,
    ...Object.fromEntries(known),
  };
  return { ...meaning, measurements: [{ ...one, quantities }, ...more] };
}

function withoutWeight(meaning: Result): Result {
  const measurements = meaning.measurements.map((measurement) => {
    const { weight: _weight, height: _height, ...quantities } = measurement.quantities;
    return { ...measurement, quantities };
  });
  return { ...meaning, measurements };
}
