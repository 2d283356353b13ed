import { STATED_TIME, TYPED_IN } from '../../../fhir/bundle.ts';
import { ASSERTED_BY, EXTENSION, PRINTED_UNIT } from '../../../fhir/codes.ts';
import type { Measure, StateWord } from '../../pages/measured.ts';
import { isSimulated } from '../fhir-server/validate.ts';
import { at, type JsonObject, numberText, objects, textOf } from '../json.ts';
import type { ReadingRow } from '../relay-store.ts';
import { MEASURES, STATES } from './measures.ts';

/** A name of a thing measured: a word of the catalogues, or the sender's own text. */
export type Name = { readonly word: Measure } | { readonly text: string };

/** What was measured, in no language yet. Number text is the device's. */
export type Value =
  | {
      readonly number: string;
      readonly unit: string;
      readonly comparator?: string;
      /** The device's own quantity, where a profile asked for another unit. */
      readonly original?: { readonly number: string; readonly unit: string };
    }
  | { readonly state: StateWord }
  | { readonly text: string }
  | { readonly truth: boolean }
  | { readonly absent: string };

export interface Part {
  readonly name: Name;
  readonly value: Value;
}

/** What the time rests on (standards 3.3). */
export type ClockBasis =
  /** Seconds that the device was slow (positive) or fast (negative). */
  | { readonly as: 'corrected'; readonly seconds: number }
  | { readonly as: 'untouched' }
  | { readonly as: 'unusable' }
  /** No clock could tell: a person at home said when it was. */
  | { readonly as: 'stated' }
  /** A person typed it in, with the value. */
  | { readonly as: 'typed' }
  | { readonly as: 'none' };

/** One line of the desk, in no language yet and unjudged. */
export interface Line {
  readonly row: number;
  readonly person: string;
  readonly basis?: string;
  readonly kind: Name;
  /** Empty when it was taken back. */
  readonly parts: readonly Part[];
  /** As written by the sender, with its offset. */
  readonly measured?: string;
  /** Milliseconds since 1970 UTC. */
  readonly receivedAt: number;
  readonly device?: string;
  /** No device told it: who typed it in at home. */
  readonly typedBy?: keyof typeof ASSERTED_BY;
  readonly clock: ClockBasis;
  /** What the device said of itself: bit codes with the sender's display, and its notes. */
  readonly reported: readonly { readonly code?: string; readonly text: string }[];
  /** What the person wrote to it. */
  readonly ownWords: readonly string[];
  readonly state: 'received' | 'read' | 'retracted';
  readonly corrected: boolean;
  /** Changed by the person's own words alone. */
  readonly amended: boolean;
  readonly readAt: number | null;
  readonly simulated: boolean;
}

/** Reads a stored reading for showing. Pure and total: what it does not know stands as it was sent. */
export function lineOf(stored: ReadingRow): Line {
  const { observations, device, clock, person, basis } = stored.reading;
  const retracted = stored.retractedAt !== null;
  const [first] = observations;
  const measured = textOf(first?.effectiveDateTime);
  const deviceName = deviceOf(device);
  const amended = observations.some(({ status }) => status === 'amended');
  const typedBy = typedByOf(first);
  return {
    row: stored.row,
    person,
    ...(basis ? { basis } : {}),
    kind: nameOf(first?.code),
    parts: retracted ? [] : observations.flatMap(partsOf),
    ...(measured ? { measured } : {}),
    receivedAt: stored.receivedAt,
    ...(deviceName ? { device: deviceName } : {}),
    ...(typedBy ? { typedBy } : {}),
    clock: typedBy ? { as: 'typed' } : clockOf(clock),
    reported: retracted ? [] : observations.flatMap(reportedOf),
    ownWords: retracted ? [] : observations.flatMap(ownWordsOf),
    state: retracted ? 'retracted' : stored.readAt === null ? 'received' : 'read',
    corrected: stored.correctedAt !== null && !amended,
    amended,
    readAt: stored.readAt,
    simulated: observations.some(isSimulated),
  };
}

/** The name by the first code that is known, else as the sender wrote it. */
export function nameOf(code: unknown): Name {
  const codings = objects(at(code, 'coding'));
  for (const coding of codings) {
    const word = lookup(MEASURES, coding.code);
    if (word) return { word };
  }
  const display = codings.map((coding) => textOf(coding.display)).find(Boolean);
  return { text: textOf(at(code, 'text')) ?? display ?? String(codings[0]?.code ?? '') };
}

/** Own members only: what was sent may be called like a method. */
function lookup<T>(table: Readonly<Record<string, T>>, code: unknown): T | undefined {
  return typeof code === 'string' && Object.hasOwn(table, code) ? table[code] : undefined;
}

function partsOf(observation: JsonObject): Part[] {
  const own = shownValue(observation);
  const components = objects(observation.component).filter((one) => !isStatusBit(one));
  return [
    ...(own ? [{ name: nameOf(observation.code), value: own }] : []),
    ...components.flatMap((component) => {
      const value = shownValue(component);
      return value ? [{ name: nameOf(component.code), value }] : [];
    }),
  ];
}

function shownValue(element: JsonObject): Value | undefined {
  const quantity = quantityOf(element.valueQuantity);
  if (quantity) {
    const translation = objects(at(element, 'valueQuantity', 'extension')).find(
      (one) => one.url === EXTENSION.translation,
    );
    const original = quantityOf(translation?.valueQuantity);
    const comparator = textOf(at(element, 'valueQuantity', 'comparator'));
    return {
      ...quantity,
      ...(comparator ? { comparator } : {}),
      ...(original ? { original } : {}),
    };
  }
  const concept = element.valueCodeableConcept;
  if (concept !== undefined) return conceptOf(concept);
  const text = textOf(element.valueString);
  if (text) return { text };
  if (typeof element.valueBoolean === 'boolean') return { truth: element.valueBoolean };
  const absent = textOf(objects(at(element, 'dataAbsentReason', 'coding'))[0]?.code);
  return absent ? { absent } : undefined;
}

function quantityOf(quantity: unknown): { number: string; unit: string } | undefined {
  const number = numberText(at(quantity, 'value'));
  if (number === undefined) return undefined;
  const code = textOf(at(quantity, 'code')) ?? '';
  return { number, unit: lookup(PRINTED_UNIT, code) ?? textOf(at(quantity, 'unit')) ?? code };
}

function conceptOf(concept: unknown): Value {
  const codings = objects(at(concept, 'coding'));
  for (const { code } of codings) {
    const state = lookup(STATES, code);
    if (state) return { state };
  }
  const display = codings.map((coding) => textOf(coding.display)).find(Boolean);
  return { text: textOf(at(concept, 'text')) ?? display ?? String(codings[0]?.code ?? '') };
}

function isStatusBit(component: JsonObject): boolean {
  return objects(at(component, 'code', 'coding')).some((one) =>
    /^\d+\.\d+$/.test(String(one.code)),
  );
}

function reportedOf(observation: JsonObject): { code?: string; text: string }[] {
  const bits = objects(observation.component)
    .filter((one) => isStatusBit(one) && one.valueBoolean === true)
    .flatMap((one) => objects(at(one, 'code', 'coding')));
  const said = objects(observation.interpretation).flatMap((one) => objects(one.coding));
  return [
    ...[...bits, ...said].map((coding) => ({
      code: String(coding.code),
      text: textOf(coding.display) ?? String(coding.code),
    })),
    ...objects(observation.note).flatMap((note) => {
      const text = isOwn(note) ? undefined : textOf(note.text);
      // Said with the clock or instead of a device, and by none.
      return text && text !== STATED_TIME && text !== TYPED_IN ? [{ text }] : [];
    }),
  ];
}

/** A note with an author is a person's; a device's has none. */
const isOwn = (note: JsonObject): boolean => at(note, 'authorReference') !== undefined;

const ownWordsOf = (observation: JsonObject): string[] =>
  objects(observation.note).flatMap((note) => (isOwn(note) ? (textOf(note.text) ?? []) : []));

/** By the label that says who asserts it: a device's reading has none. */
function typedByOf(observation: JsonObject | undefined): Line['typedBy'] {
  const labels = objects(at(observation, 'meta', 'security'));
  return (Object.keys(ASSERTED_BY) as (keyof typeof ASSERTED_BY)[]).find((by) =>
    labels.some(
      ({ system, code }) => system === ASSERTED_BY[by].system && code === ASSERTED_BY[by].code,
    ),
  );
}

function deviceOf(device: JsonObject | undefined): string | undefined {
  const maker = [textOf(device?.manufacturer), textOf(device?.modelNumber)]
    .filter(Boolean)
    .join(' ');
  return maker || textOf(at(device, 'type', 'text'));
}

/** PHD: both times = corrected, value only = the device's own, absent = unusable or stated, none at all = no clock. */
function clockOf(coincident: JsonObject | undefined): ClockBasis {
  if (!coincident) return { as: 'none' };
  const absent = coincident.dataAbsentReason;
  if (absent !== undefined) {
    return { as: textOf(at(absent, 'text')) === STATED_TIME ? 'stated' : 'unusable' };
  }
  const gateway = Date.parse(textOf(coincident.effectiveDateTime) ?? '');
  const device = Date.parse(textOf(coincident.valueDateTime) ?? '');
  if (Number.isNaN(gateway) || Number.isNaN(device)) return { as: 'untouched' };
  return { as: 'corrected', seconds: Math.round((gateway - device) / 1000) };
}
