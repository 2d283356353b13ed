import type { Kind, Measurement, Quantity, StatusFlag } from '../../../adapters/measurement.ts';
import { PRINTED_UNIT } from '../../../fhir/codes.ts';
import { isControlSolution, stateOf } from '../../../fhir/observation.ts';
import { statusMeaning } from '../../../fhir/status.ts';
import { capital, type Language } from '../../pages/language.ts';
import { MEASURED, type Measure, type StateWord } from '../../pages/measured.ts';
import { numberText } from '../../pages/number.ts';
import { put, wordsOf } from './words/words.ts';

/** One thing that was measured, as somebody reads it. */
export interface ShownPart {
  readonly name: string;
  /** `138/84`, `71,8`, `open`; without its unit, for a large figure. */
  readonly figure: string;
  /** `mmHg`, `per minute`; empty where there is none. */
  readonly unit: string;
  /** The reading is about this: it needs no name beside the kind's. */
  readonly isMain: boolean;
}

export interface ShownReading {
  /** "Blood pressure". */
  readonly kind: string;
  /** In the device's order; none of a reading that was removed. */
  readonly parts: readonly ShownPart[];
  /** All parts in one line: `138/84 mmHg, pulse 71 per minute`. */
  readonly value: string;
  /** What the device reported of its own measurement, each in plain words. */
  readonly reported: readonly string[];
  /** The same as a sentence; undefined when it reported nothing. */
  readonly reportedText: string | undefined;
}

/** The device's name for a quantity, and the pages'. */
const MEASURE: Readonly<Record<string, Measure>> = {
  systolic: 'systolic',
  diastolic: 'diastolic',
  mean: 'mean',
  'pulse-rate': 'pulse',
  'heart-rate': 'heartRate',
  spo2: 'oxygenSaturation',
  'pulse-amplitude-index': 'pulseAmplitude',
  weight: 'weight',
  height: 'height',
  bmi: 'bmi',
  'body-fat': 'bodyFat',
  'fat-free-mass': 'fatFreeMass',
  'soft-lean-mass': 'softLeanMass',
  'body-water-mass': 'bodyWater',
  'muscle-percentage': 'musclePercentage',
  'muscle-mass': 'muscleMass',
  'basal-metabolism': 'basalMetabolism',
  impedance: 'impedance',
  humidity: 'roomHumidity',
  pressure: 'roomPressure',
};
const SITES: Readonly<Record<string, Measure>> = {
  armpit: 'temperatureArmpit',
  ear: 'temperatureEar',
  tympanum: 'temperatureEar',
  mouth: 'temperatureMouth',
  rectum: 'temperatureRectum',
  finger: 'temperatureFinger',
  toe: 'temperatureToe',
};
const MEALS: Readonly<Record<string, StateWord>> = {
  preprandial: 'beforeMeal',
  postprandial: 'afterMeal',
  fasting: 'fasting',
  casual: 'casual',
  bedtime: 'bedtime',
};
/** The quantity that each kind is about. */
const MAIN: Readonly<Partial<Record<Kind, string>>> = {
  'heart-rate': 'heart-rate',
  'oxygen-saturation': 'spo2',
  'body-temperature': 'temperature',
  'body-weight': 'weight',
  glucose: 'glucose',
  'glucose-interstitial': 'glucose',
  battery: 'level',
};

/** UCUM as people write it, beside what FHIR prints. */
const UNITS: Readonly<Record<string, string>> = {
  ...PRINTED_UNIT,
  Ohm: 'Ω',
  '1': '',
  '[ppm]': 'ppm',
  'kW.h': 'kWh',
  deg: '°',
  'deg/s': '°/s',
  'ug/m3': 'µg/m³',
  'uS/cm': 'µS/cm',
  'm/s2': 'm/s²',
  m3: 'm³',
  'm3/h': 'm³/h',
};

/** No number is parted from its unit at the end of a line. */
const SPACE = '\u00a0';

interface Content {
  readonly kind: Kind;
  readonly measurements: readonly Measurement[];
  readonly status: readonly StatusFlag[];
}

/** A reading in the reader's words; numbers keep the device's own decimals. Nothing is judged. */
export function shownReading(reading: Content, language: Language): ShownReading {
  const words = wordsOf(language).readings;
  const { flags } = MEASURED[language];
  const parts = reading.measurements.flatMap((one) => partsOf(one, reading, language));
  const reported = reading.status.map((flag) => flags[flag]);
  return {
    kind: kindName(reading.kind, language),
    parts,
    value: parts.map(partText).join(', '),
    reported,
    reportedText:
      reported.length === 0 ? undefined : put(words.reported, { what: reported.join(', ') }),
  };
}

/** `pulse 71 per minute`; without its name where the kind says it. */
export function partText({ name, figure, unit, isMain }: ShownPart): string {
  const value = unit === '%' || unit === '°' ? `${figure}${SPACE}${unit}` : joined(figure, unit);
  return isMain ? value : `${name} ${value}`;
}

const joined = (figure: string, unit: string) => (unit ? `${figure}${SPACE}${unit}` : figure);

function partsOf(one: Measurement, reading: Content, language: Language): ShownPart[] {
  const words = wordsOf(language).readings;
  const told = toldOf(one, language);
  if (isControlSolution(one)) {
    told.push({ name: '', figure: words.control, unit: '', isMain: true });
  }
  const pressure = pressureOf(one, reading, language);
  const rest = Object.entries(one.quantities).filter(
    ([name]) => !pressure || (name !== 'systolic' && name !== 'diastolic'),
  );
  const numbers = rest.map(([name, quantity]) => {
    const isMain = MAIN[reading.kind] === name && one.kind === reading.kind;
    const { figure, unit } = figureOf(quantity, reading, language);
    return { name: nameOf(name, one, language), figure, unit, isMain };
  });
  return [...(pressure ? [pressure] : []), ...numbers, ...told];
}

/** `138/84 mmHg`, where the device gave both in one unit. */
function pressureOf(
  { quantities: { systolic, diastolic } }: Measurement,
  reading: Content,
  language: Language,
): ShownPart | undefined {
  if (!systolic || !diastolic || systolic.unit !== diastolic.unit) return undefined;
  if ('absent' in systolic || 'absent' in diastolic) return undefined;
  const [high, low] = [systolic, diastolic].map((one) => figureOf(one, reading, language));
  if (!high || !low || high.isAbsent) return undefined;
  const name = MEASURED[language].measures.bloodPressure;
  return { name, figure: `${high.figure}/${low.figure}`, unit: high.unit, isMain: true };
}

/** What the device said that is no number. */
function toldOf(one: Measurement, language: Language): ShownPart[] {
  const { stateWords, measures } = MEASURED[language];
  const state = stateOf(one);
  const meal = MEALS[String(one.attributes.meal)];
  const press = one.kind === 'button' ? one.attributes.button : undefined;
  return [
    ...(state
      ? [{ name: '', figure: stateWords[state.code as StateWord], unit: '', isMain: true }]
      : []),
    ...(meal ? [{ name: measures.meal, figure: stateWords[meal], unit: '', isMain: true }] : []),
    ...(press === undefined
      ? []
      : [{ name: '', figure: pressText(press, language), unit: '', isMain: true }]),
  ];
}

function pressText(press: unknown, language: Language): string {
  return (
    wordsOf(language).readings.presses[Number(press) - 1] ??
    `${MEASURED[language].measures.button} ${press}`
  );
}

function nameOf(name: string, one: Measurement, language: Language): string {
  const { measures } = MEASURED[language];
  const words = wordsOf(language).readings;
  const measure = measureOf(name, one);
  const plain = measure ? measures[measure] : (words.quantities[name] ?? words.kinds[one.kind]);
  const { modality } = one.attributes;
  if (modality !== 'fast' && modality !== 'slow') return plain;
  return `${plain} (${words[modality]})`;
}

function measureOf(name: string, { kind, attributes }: Measurement): Measure | undefined {
  if (name === 'temperature') {
    if (kind === 'environment') return 'roomTemperature';
    return SITES[String(attributes.site)] ?? 'temperature';
  }
  return MEASURE[name];
}

interface Figure {
  readonly figure: string;
  readonly unit: string;
  readonly isAbsent: boolean;
}

/** The device may say of its own measurement that there is no value, or that it is only a limit. */
function figureOf(quantity: Quantity, reading: Content, language: Language): Figure {
  const { absent, comparator } = statusMeaning({ ...reading, simulated: false });
  const words = wordsOf(language).readings;
  const why = absent ?? ('absent' in quantity ? quantity.absent : undefined);
  if (why !== undefined || 'absent' in quantity) {
    const { noValue, absent: reasons } = MEASURED[language];
    return { figure: `${noValue} (${reasons[why ?? 'unknown']})`, unit: '', isAbsent: true };
  }
  const number = numberText(quantity.value, language);
  const limit = comparator && (comparator === '>' ? words.over : words.under);
  const figure = limit ? `${limit} ${number}` : number;
  return { figure, unit: unitText(quantity.unit, language), isAbsent: false };
}

/** A unit as people write it. */
export function unitText(unit: string, language: Language): string {
  return unit === '/min' ? wordsOf(language).readings.perMinute : (UNITS[unit] ?? unit);
}

/** What a kind is called, at the beginning of a line. */
export const kindName = (kind: Kind, language: Language): string =>
  capital(wordsOf(language).readings.kinds[kind]);
