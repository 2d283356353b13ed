import { type Quantity as Measured, type Measurement, typedByOf } from '../adapters/measurement.ts';
import {
  ABSENT_DISPLAY,
  BLOOD_PRESSURE,
  BUTTON,
  type Code,
  EXTENSION,
  environmentCode,
  glucoseCode,
  MEAL,
  modalityCode,
  NUMERIC,
  type NumericCode,
  PRINTED_UNIT,
  PROFILE,
  STATES,
  SYSTEM,
  sampleLocation,
  temperatureCode,
} from './codes.ts';
import { exactNumber, kPaToMmHg, movePoint } from './number.ts';
import type { CodeableConcept, Component, Quantity, Value } from './r4.ts';
import type { Reading } from './reading.ts';
import { STATUS_BITS, type StatusMeaning, setBits } from './status.ts';

/** What one Observation says, before the envelope adds who, when, by which device and identifiers. */
export interface Draft {
  /** Tells the Observations of one reading apart; in the identifier, so it never changes. */
  readonly key: string;
  readonly codes: readonly Code[];
  readonly text?: string;
  readonly vital?: string;
  /** PHD profile, claimed when the device's facts allow it. */
  readonly phd?: string;
  readonly value: Value;
  readonly bodySite?: Code;
  readonly method?: Code;
  readonly components?: readonly Component[];
  /** Key of the Observation that this one comments. */
  readonly derivedFrom?: string;
}

/** Conversions where a profile fixes another unit. The device's own quantity stands beside. */
const CONVERSIONS: Readonly<Record<string, readonly [to: string, convert: (t: string) => string]>> =
  {
    kPa: ['mm[Hg]', kPaToMmHg],
    m: ['cm', (text) => movePoint(text, 2)],
    'mol/L': ['mmol/L', (text) => movePoint(text, 3)],
    'kg/L': ['mg/dL', (text) => movePoint(text, 5)],
  };

function quantity(value: string, unit: string): Quantity {
  return {
    value: exactNumber(value),
    unit: PRINTED_UNIT[unit] ?? unit,
    system: SYSTEM.ucum,
    code: unit,
  };
}

/** The quantity in a unit of the profile, and its UCUM code, or as sent when there is no way there. */
function inUnits(value: string, unit: string, units: readonly string[]): Quantity {
  const [to, convert] = CONVERSIONS[unit] ?? [];
  if (units.includes(unit) || !to || !convert || !units.includes(to)) return quantity(value, unit);
  const translation = { url: EXTENSION.translation, valueQuantity: quantity(value, unit) };
  return { extension: [translation], ...quantity(convert(value), to) };
}

function absence(reason: keyof typeof ABSENT_DISPLAY): Value {
  return {
    dataAbsentReason: {
      coding: [{ system: SYSTEM.absent, code: reason, display: ABSENT_DISPLAY[reason] }],
    },
  };
}

/** Value or data-absent reason: special values and a device's "no value" are never left out. */
function valueFor(measured: Measured, units: readonly string[], meaning: StatusMeaning): Value {
  if (meaning.absent) return absence(meaning.absent);
  if ('absent' in measured) return absence(measured.absent);
  const { comparator } = meaning;
  const { value, ...rest } = inUnits(measured.value, measured.unit, units);
  return { valueQuantity: { value, ...(comparator && { comparator }), ...rest } };
}

function numericDraft(
  measured: Measured | undefined,
  code: NumericCode,
  meaning: StatusMeaning,
  more: Pick<Draft, 'method' | 'bodySite'> = {},
): Draft[] {
  if (measured === undefined) return [];
  const value = valueFor(measured, code.units, meaning);
  const unit = value.valueQuantity?.code;
  // Claimed only where it holds. R4's bmi demands a value; a unit that the profile does not know goes as sent, unclaimed.
  const fits = unit === undefined ? code !== NUMERIC.bmi : code.units.includes(unit);
  return [
    {
      key: code.codes[0]?.code ?? code.text,
      codes: code.codes,
      text: code.text,
      ...(code.vital && fits && { vital: code.vital }),
      phd: PROFILE.numeric,
      value,
      ...more,
    },
  ];
}

/** Systolic and diastolic are demanded by the profile: unheard of is said, not left out. */
const UNHEARD: Measured = { absent: 'unknown' };

function bloodPressure({ quantities }: Measurement, meaning: StatusMeaning): Draft[] {
  const { components, unit } = BLOOD_PRESSURE;
  const component = (codes: readonly Code[], measured: Measured): Component => ({
    code: { coding: codes },
    ...valueFor(measured, [unit], meaning),
  });
  const all = [
    component(components.systolic, quantities.systolic ?? UNHEARD),
    component(components.diastolic, quantities.diastolic ?? UNHEARD),
    ...(quantities.mean ? [component(components.mean, quantities.mean)] : []),
  ];
  const fits = all.every(({ valueQuantity }) => (valueQuantity?.code ?? unit) === unit);
  return [
    {
      key: BLOOD_PRESSURE.codes[0].code,
      codes: BLOOD_PRESSURE.codes,
      text: BLOOD_PRESSURE.text,
      ...(fits && { vital: BLOOD_PRESSURE.vital }),
      phd: PROFILE.compound,
      value: {},
      components: all,
    },
    ...numericDraft(quantities['pulse-rate'], NUMERIC.cuffPulse, meaning),
  ];
}

function oxygenSaturation(measurement: Measurement, meaning: StatusMeaning): Draft[] {
  const { quantities: q, attributes } = measurement;
  // R4 oxygensat and heartrate bind component values to UCUM, so the modality goes to `method`.
  const code = modalityCode(attributes.modality);
  const method = code ? { method: code } : {};
  return [
    ...numericDraft(q.spo2, NUMERIC.spo2, meaning, method),
    ...numericDraft(q['pulse-rate'], NUMERIC.oximeterPulse, meaning, method),
    ...numericDraft(q['pulse-amplitude-index'], NUMERIC.pulseAmplitude, meaning, method),
  ];
}

/**
 * Impedance, basal metabolism, muscle mass and percentage have no MDC code (standards 3.5): they
 * stay at home.
 */
function body({ quantities: q }: Measurement, meaning: StatusMeaning): Draft[] {
  return [
    ...numericDraft(q.weight, NUMERIC.weight, meaning),
    ...numericDraft(q.bmi, NUMERIC.bmi, meaning),
    ...numericDraft(q.height, NUMERIC.height, meaning),
    ...numericDraft(q['body-fat'], NUMERIC.bodyFat, meaning),
    ...numericDraft(q['fat-free-mass'], NUMERIC.fatFreeMass, meaning),
    ...numericDraft(q['soft-lean-mass'], NUMERIC.softLeanMass, meaning),
    ...numericDraft(q['body-water-mass'], NUMERIC.bodyWater, meaning),
  ];
}

/** A test of the meter with control solution: never stored as anybody's glucose (standards 1.8). */
export function isControlSolution({ kind, attributes }: Measurement): boolean {
  const { type, sampleLocation: location } = attributes;
  const isGlucose = kind === 'glucose' || kind === 'glucose-interstitial';
  return isGlucose && (type === 'control-solution' || location === 'control-solution');
}

function glucose(measurement: Measurement, meaning: StatusMeaning): Draft[] {
  const { quantities, attributes } = measurement;
  if (isControlSolution(measurement)) return [];
  const measured = quantities.glucose;
  const unit = CONVERSIONS[measured?.unit ?? '']?.[0] ?? measured?.unit;
  const site = sampleLocation(attributes.sampleLocation);
  const value = numericDraft(measured, glucoseCode(attributes.type, unit), meaning, {
    ...(site && { bodySite: site }),
  });
  const [meal, text] = MEAL.values[String(attributes.meal)] ?? [];
  if (!meal || !text) return value;
  const context: Draft = {
    key: MEAL.codes[0].code,
    codes: MEAL.codes,
    text: MEAL.text,
    phd: PROFILE.coded,
    value: { valueCodeableConcept: { coding: [meal], text } },
    ...(value[0] && { derivedFrom: value[0].key }),
  };
  return [...value, context];
}

function environment({ quantities }: Measurement, meaning: StatusMeaning): Draft[] {
  return Object.entries(quantities).map(([name, measured]) => {
    const { codes, text } = environmentCode(name);
    return {
      key: codes[0]?.code ?? name,
      codes,
      text,
      value: valueFor(measured, [measured.unit ?? ''], meaning),
    };
  });
}

/** What a home sensor saw: its state by word, or by the first attribute that says yes or no. */
export function stateOf({ kind, attributes }: Measurement): Code | undefined {
  const table = STATES[kind];
  if (!table) return undefined;
  const { states } = table;
  const word = Object.values(states).find(({ code }) => code === attributes.state);
  const name = table.attributes.find((attribute) => typeof attributes[attribute] === 'boolean');
  return word ?? (name === undefined ? undefined : attributes[name] ? states.true : states.false);
}

function state(measurement: Measurement): Draft[] {
  const table = STATES[measurement.kind];
  const told = stateOf(measurement);
  if (!table || !told) return [];
  const value = { coding: [told], ...(told.display && { text: told.display }) };
  return [
    {
      key: table.codes[0]?.code ?? measurement.kind,
      codes: table.codes,
      text: table.text,
      value: { valueCodeableConcept: value },
    },
  ];
}

function button({ attributes }: Measurement): Draft[] {
  const press = attributes.press ?? attributes.button ?? attributes.event;
  const text = press === undefined ? '' : String(press).trim();
  if (text === '') return [];
  return [{ key: 'button', ...BUTTON, value: { valueCodeableConcept: { text } } }];
}

function draftsOf(measurement: Measurement, meaning: StatusMeaning): Draft[] {
  switch (measurement.kind) {
    case 'blood-pressure':
      return bloodPressure(measurement, meaning);
    case 'heart-rate':
      return numericDraft(
        measurement.quantities['heart-rate'],
        typedByOf([measurement]) ? NUMERIC.typedPulse : NUMERIC.heartRate,
        meaning,
      );
    case 'oxygen-saturation':
      return oxygenSaturation(measurement, meaning);
    case 'body-temperature': {
      const code = temperatureCode(measurement.attributes.site);
      return numericDraft(measurement.quantities.temperature, code, meaning);
    }
    case 'body-weight':
    case 'body-composition':
      return body(measurement, meaning);
    case 'glucose':
    case 'glucose-interstitial':
      return glucose(measurement, meaning);
    case 'environment':
      return environment(measurement, meaning);
    case 'contact':
    case 'motion':
    case 'presence':
    case 'smoke':
    case 'water-leak':
      return state(measurement);
    case 'button':
      return button(measurement);
    // The agent's own business: told as a technical event.
    case 'battery':
      return [];
  }
}

const concept = (code: Code): CodeableConcept => ({ coding: [code] });

/** Status bits comment the first Observation; without one they have nothing to comment. */
function statusDraft(reading: Reading, first: Draft | undefined): Draft[] {
  const table = STATUS_BITS[reading.kind];
  const bits = setBits(reading);
  if (!table || !first || bits.length === 0) return [];
  return [
    {
      key: table.code.code,
      codes: [table.code],
      phd: PROFILE.bits,
      value: {},
      components: bits.map((bit) => ({ code: concept(bit), valueBoolean: true })),
      derivedFrom: first.key,
    },
  ];
}

/** The same code twice in one reading, as an oximeter's fast and slow value: told apart by place. */
function distinct(drafts: readonly Draft[]): Draft[] {
  const seen = new Map<string, number>();
  return drafts.map((draft) => {
    const count = (seen.get(draft.key) ?? 0) + 1;
    seen.set(draft.key, count);
    return count === 1 ? draft : { ...draft, key: `${draft.key}/${count}` };
  });
}

/**
 * What a reading says, Observation by Observation, the main one first. Empty when there is nothing
 * to send: a battery level, a control solution, a measurement whose quantities have no code.
 */
export function drafts(reading: Reading, meaning: StatusMeaning): readonly Draft[] {
  const values = distinct(reading.measurements.flatMap((each) => draftsOf(each, meaning)));
  return [...values, ...statusDraft(reading, values[0])];
}
