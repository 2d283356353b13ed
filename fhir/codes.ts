import type { DataAbsentReason, Kind, TypedBy, Ucum } from '../adapters/measurement.ts';

/** The one code table: what a measurement is called in FHIR. A test holds a second, separate list. */

export interface Code {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

/** Canonical base of the project's own code systems. */
export const BASE = 'https://iomt-agent.example/fhir/';

export const SYSTEM = {
  mdc: 'urn:iso:std:iso:11073:10101',
  bits: 'http://terminology.hl7.org/CodeSystem/ASN1ToHL7',
  loinc: 'http://loinc.org',
  snomed: 'http://snomed.info/sct',
  ucum: 'http://unitsofmeasure.org',
  uri: 'urn:ietf:rfc:3986',
  phdIdentifier: 'http://hl7.org/fhir/uv/phd/StructureDefinition/PhdBaseObservation',
  absent: 'http://terminology.hl7.org/CodeSystem/data-absent-reason',
  measurementStatus: 'http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status',
  observationValue: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  actReason: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  local: `${BASE}CodeSystem/observation`,
} as const;

const PHD = 'http://hl7.org/fhir/uv/phd/StructureDefinition/';
const R4 = 'http://hl7.org/fhir/StructureDefinition/';

export const PROFILE = {
  phdDevice: `${PHD}PhdDevice`,
  phgDevice: `${PHD}PhgDevice`,
  coincident: `${PHD}PhdCoincidentTimeStampObservation`,
  numeric: `${PHD}PhdNumericObservation`,
  compound: `${PHD}PhdCompoundNumericObservation`,
  bits: `${PHD}PhdBitsEnumerationObservation`,
  coded: `${PHD}PhdCodedEnumerationObservation`,
} as const;

export const EXTENSION = {
  gateway: `${R4}observation-gatewayDevice`,
  coincident: `${PHD}CoincidentTimeStampReference`,
  translation: `${R4}iso21090-PQ-translation`,
} as const;

export const mdc = (code: number, display: string): Code => ({
  system: SYSTEM.mdc,
  code: String(code),
  display: `MDC_${display}`,
});
const loinc = (code: string, display: string): Code => ({ system: SYSTEM.loinc, code, display });
const local = (code: string): Code => ({ system: SYSTEM.local, code });

export const CATEGORY = {
  vital: {
    system: 'http://terminology.hl7.org/CodeSystem/observation-category',
    code: 'vital-signs',
    display: 'Vital Signs',
  },
  phd: {
    system: 'http://hl7.org/fhir/uv/phd/CodeSystem/PhdObservationCategories',
    code: 'phd',
    display: 'PHD generated Observation',
  },
} as const satisfies Record<string, Code>;

/** v3-ActReason code of what is no care data: from a virtual device, a demonstration or a test. */
export const TEST_DATA: Code = {
  system: SYSTEM.actReason,
  code: 'HTEST',
  display: 'test health data',
};

/**
 * v3-ObservationValue codes of what no device told: who states it. A representative decides in law; who
 * looks after the box wrote down what the person reported.
 */
export const ASSERTED_BY: Readonly<Record<TypedBy, Code>> = {
  person: { system: SYSTEM.observationValue, code: 'PATAST', display: 'patient asserted' },
  representative: {
    system: SYSTEM.observationValue,
    code: 'SDMAST',
    display: 'substitute decision maker asserted',
  },
  operator: { system: SYSTEM.observationValue, code: 'PATRPT', display: 'patient reported' },
};

/** How a unit is printed where it is not its UCUM code. */
export const PRINTED_UNIT: Readonly<Record<Ucum, string>> = {
  'mm[Hg]': 'mmHg',
  Cel: '°C',
  '[degF]': '°F',
  '[lb_av]': 'lb',
  '[in_i]': 'in',
  'kg/m2': 'kg/m²',
};

/** One quantity as it stands in FHIR: alone in an Observation or as a component. */
export interface NumericCode {
  readonly codes: readonly Code[];
  readonly text: string;
  /** UCUM codes that the profile accepts, first preferred. Others are converted or claim less. */
  readonly units: readonly Ucum[];
  /** R4 vital sign profile, which brings its category. */
  readonly vital?: string;
}

const PULSE = loinc('8867-4', 'Heart rate');
const numeric = (
  codes: readonly Code[],
  text: string,
  units: readonly Ucum[],
  vital?: string,
): NumericCode => ({ codes, text, units, ...(vital ? { vital: R4 + vital } : {}) });

const WEIGHT_UNITS = ['kg', 'g', '[lb_av]'] as const;

export const NUMERIC = {
  cuffPulse: numeric(
    [mdc(149546, 'PULS_RATE_NON_INV'), PULSE],
    'Pulse rate measured by the cuff',
    ['/min'],
    'heartrate',
  ),
  heartRate: numeric([mdc(147842, 'ECG_HEART_RATE'), PULSE], 'Heart rate', ['/min'], 'heartrate'),
  /** Typed in: by hand, by a watch or by a cuff, nobody knows. */
  typedPulse: numeric([PULSE], 'Pulse rate, typed in', ['/min'], 'heartrate'),
  oximeterPulse: numeric(
    [mdc(149530, 'PULS_OXIM_PULS_RATE'), PULSE],
    'Pulse rate by pulse oximetry',
    ['/min'],
    'heartrate',
  ),
  spo2: numeric(
    [
      mdc(150456, 'PULS_OXIM_SAT_O2'),
      loinc('2708-6', 'Oxygen saturation in Arterial blood'),
      loinc('59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry'),
    ],
    'Oxygen saturation by pulse oximetry',
    ['%'],
    'oxygensat',
  ),
  pulseAmplitude: numeric([mdc(150488, 'BLD_PERF_INDEX')], 'Pulse amplitude index', ['%']),
  weight: numeric(
    [mdc(188736, 'MASS_BODY_ACTUAL'), loinc('29463-7', 'Body weight')],
    'Body weight',
    WEIGHT_UNITS,
    'bodyweight',
  ),
  height: numeric(
    [mdc(188740, 'LEN_BODY_ACTUAL'), loinc('8302-2', 'Body height')],
    'Body height',
    ['cm', '[in_i]'],
    'bodyheight',
  ),
  bmi: numeric(
    [mdc(188752, 'RATIO_MASS_BODY_LEN_SQ'), loinc('39156-5', 'Body mass index (BMI) [Ratio]')],
    'Body mass index',
    ['kg/m2'],
    'bmi',
  ),
  bodyFat: numeric(
    [mdc(188748, 'BODY_FAT'), loinc('41982-0', 'Percentage of body fat Measured')],
    'Body fat',
    ['%'],
  ),
  fatFreeMass: numeric([mdc(188756, 'MASS_BODY_FAT_FREE')], 'Fat free mass', WEIGHT_UNITS),
  softLeanMass: numeric([mdc(188760, 'MASS_BODY_SOFT_LEAN')], 'Soft lean mass', WEIGHT_UNITS),
  bodyWater: numeric([mdc(188764, 'BODY_WATER')], 'Body water', WEIGHT_UNITS),
} as const;

/** Blood pressure: a panel without a value of its own; mm[Hg] only. */
export const BLOOD_PRESSURE = {
  codes: [
    mdc(150020, 'PRESS_BLD_NONINV'),
    loinc('85354-9', 'Blood pressure panel with all children optional'),
  ],
  text: 'Blood pressure',
  vital: `${R4}bp`,
  unit: 'mm[Hg]',
  components: {
    systolic: [mdc(150021, 'PRESS_BLD_NONINV_SYS'), loinc('8480-6', 'Systolic blood pressure')],
    diastolic: [mdc(150022, 'PRESS_BLD_NONINV_DIA'), loinc('8462-4', 'Diastolic blood pressure')],
    mean: [mdc(150023, 'PRESS_BLD_NONINV_MEAN'), loinc('8478-0', 'Mean blood pressure')],
  },
} as const;

/** The thermometer's site, in the words of 0x2A1D, when it said so; else body, unspecified. */
const TEMPERATURE_SITES: Readonly<Record<string, Code>> = {
  armpit: mdc(188452, 'TEMP_AXILLA'),
  body: mdc(150364, 'TEMP_BODY'),
  ear: mdc(188428, 'TEMP_EAR'),
  finger: mdc(188432, 'TEMP_FINGER'),
  'gastro-intestinal-tract': mdc(188456, 'TEMP_GIT'),
  mouth: mdc(188424, 'TEMP_ORAL'),
  rectum: mdc(188420, 'TEMP_RECT'),
  toe: mdc(188448, 'TEMP_TOE'),
  tympanum: mdc(150392, 'TEMP_TYMP'),
};
const BODY_TEMPERATURE = mdc(150364, 'TEMP_BODY');

/** Body temperature at a site; an unknown or unnamed site claims none. */
export function temperatureCode(site: unknown): NumericCode {
  const known = typeof site === 'string' ? TEMPERATURE_SITES[site] : undefined;
  const codes = [known ?? BODY_TEMPERATURE, loinc('8310-5', 'Body temperature')];
  return numeric(codes, 'Body temperature', ['Cel', '[degF]'], 'bodytemp');
}

const PLX_MODALITY: Readonly<Record<string, Code>> = {
  spot: mdc(150588, 'MODALITY_SPOT'),
  fast: mdc(150580, 'MODALITY_FAST'),
  slow: mdc(150584, 'MODALITY_SLOW'),
};

/** How an oximeter measured, for `method`; the continuous normal mode has no code. */
export function modalityCode(modality: unknown): Code | undefined {
  return typeof modality === 'string' ? PLX_MODALITY[modality] : undefined;
}

const GLUCOSE_BLOOD = {
  'mmol/L': loinc('15074-8', 'Glucose [Moles/volume] in Blood'),
  'mg/dL': loinc('2339-0', 'Glucose [Mass/volume] in Blood'),
};
type GlucoseUnit = keyof typeof GLUCOSE_BLOOD;

/** Sample of a glucose meter: MDC code, and LOINC where the table of standards 3.5 has one. */
const GLUCOSE_SAMPLES: Readonly<
  Record<string, readonly [Code, string, Partial<Record<GlucoseUnit, Code>>]>
> = {
  'capillary-whole-blood': [
    mdc(160184, 'CONC_GLU_CAPILLARY_WHOLEBLOOD'),
    'Glucose, capillary whole blood',
    GLUCOSE_BLOOD,
  ],
  'capillary-plasma': [
    mdc(160188, 'CONC_GLU_CAPILLARY_PLASMA'),
    'Glucose, capillary plasma',
    { 'mmol/L': loinc('14749-6', 'Glucose [Moles/volume] in Serum or Plasma') },
  ],
  'venous-whole-blood': [
    mdc(160192, 'CONC_GLU_VENOUS_WHOLEBLOOD'),
    'Glucose, venous whole blood',
    {},
  ],
  'venous-plasma': [mdc(160196, 'CONC_GLU_VENOUS_PLASMA'), 'Glucose, venous plasma', {}],
  'arterial-whole-blood': [
    mdc(160200, 'CONC_GLU_ARTERIAL_WHOLEBLOOD'),
    'Glucose, arterial whole blood',
    {},
  ],
  'arterial-plasma': [mdc(160204, 'CONC_GLU_ARTERIAL_PLASMA'), 'Glucose, arterial plasma', {}],
  'undetermined-whole-blood': [
    mdc(160364, 'CONC_GLU_UNDETERMINED_WHOLEBLOOD'),
    'Glucose, whole blood',
    {},
  ],
  'undetermined-plasma': [mdc(160368, 'CONC_GLU_UNDETERMINED_PLASMA'), 'Glucose, plasma', {}],
  'interstitial-fluid': [
    mdc(160212, 'CONC_GLU_ISF'),
    'Glucose, interstitial fluid',
    {
      'mmol/L': loinc('105272-9', 'Glucose [Moles/volume] in Interstitial fluid'),
      'mg/dL': loinc('99504-3', 'Glucose [Mass/volume] in Interstitial fluid'),
    },
  ],
};
const GLUCOSE_GENERAL = [mdc(160020, 'CONC_GLU_GEN'), 'Glucose', {}] as const;

/** Glucose in a sample that the meter named; without a name it is glucose in general. */
export function glucoseCode(sample: unknown, unit: Ucum | undefined): NumericCode {
  const [code, text, byUnit] =
    (typeof sample === 'string' ? GLUCOSE_SAMPLES[sample] : undefined) ?? GLUCOSE_GENERAL;
  const more = (byUnit as Partial<Record<string, Code>>)[unit ?? ''];
  return numeric(more ? [code, more] : [code], text, ['mmol/L', 'mg/dL']);
}

/** SNOMED CT site of a sample. */
const SAMPLE_LOCATIONS: Readonly<Record<string, Code>> = {
  finger: { system: SYSTEM.snomed, code: '7569003', display: 'Finger structure (body structure)' },
};

/** Where the sample was taken, for `bodySite`, where a code is known. */
export function sampleLocation(location: unknown): Code | undefined {
  return typeof location === 'string' ? SAMPLE_LOCATIONS[location] : undefined;
}

export const MEAL = {
  codes: [mdc(8417864, 'CTXT_GLU_MEAL')],
  text: 'Meal context of the glucose measurement',
  values: {
    preprandial: [mdc(8417868, 'CTXT_GLU_MEAL_PREPRANDIAL'), 'Before a meal'],
    postprandial: [mdc(8417872, 'CTXT_GLU_MEAL_POSTPRANDIAL'), 'After a meal'],
    fasting: [mdc(8417876, 'CTXT_GLU_MEAL_FASTING'), 'Fasting'],
    casual: [mdc(8417880, 'CTXT_GLU_MEAL_CASUAL'), 'Casual'],
    bedtime: [mdc(8417908, 'CTXT_GLU_MEAL_BEDTIME'), 'Bedtime'],
  } as Readonly<Record<string, readonly [Code, string]>>,
} as const;

/** A home sensor with two states. The boolean attribute of the measurement says which. */
export interface StateCode {
  readonly codes: readonly Code[];
  readonly text: string;
  /** Names under which decoders tell the state. */
  readonly attributes: readonly string[];
  readonly states: { readonly true: Code; readonly false: Code };
}

const contactState = (code: string, display: string): Code => ({
  system: `${BASE}CodeSystem/contact-state`,
  code,
  display,
});
const sensorState = (code: string, display: string): Code => ({
  system: `${BASE}CodeSystem/sensor-state`,
  code,
  display,
});
const DETECTED = {
  true: sensorState('detected', 'Detected'),
  false: sensorState('clear', 'Clear'),
} as const;

export const STATES: Readonly<Partial<Record<Kind, StateCode>>> = {
  contact: {
    codes: [mdc(8519690, 'AI_TYPE_SENSOR_CONTACTCLOSURE')],
    text: 'Door contact',
    attributes: ['open', 'opening', 'door', 'window', 'garageDoor'],
    states: { true: contactState('open', 'Open'), false: contactState('closed', 'Closed') },
  },
  motion: {
    codes: [mdc(8519687, 'AI_TYPE_SENSOR_MOTION')],
    text: 'Motion sensor',
    attributes: ['detected', 'motion', 'moving', 'vibration'],
    states: DETECTED,
  },
  presence: {
    codes: [local('presence')],
    text: 'Presence sensor',
    attributes: ['detected', 'presence', 'occupancy'],
    states: DETECTED,
  },
  smoke: {
    codes: [mdc(8519683, 'AI_TYPE_SENSOR_SMOKE')],
    text: 'Smoke detector',
    attributes: ['detected', 'smoke'],
    states: DETECTED,
  },
  'water-leak': {
    codes: [mdc(8519685, 'AI_TYPE_SENSOR_WATER')],
    text: 'Water leak sensor',
    attributes: ['detected', 'moisture', 'waterLeak', 'leak'],
    states: DETECTED,
  },
};

/** Pressing a button is an event, told in the device's own word. */
export const BUTTON = { codes: [local('button')], text: 'Button' } as const;

/** What the room's air was: the project's own codes, no claim to be the person's data. */
export function environmentCode(quantity: string): { codes: readonly Code[]; text: string } {
  const name = quantity.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return { codes: [local(`room-${name}`)], text: `Room ${name.replaceAll('-', ' ')}` };
}

export const ABSENT_DISPLAY: Readonly<Record<DataAbsentReason, string>> = {
  'not-a-number': 'Not a Number (NaN)',
  'positive-infinity': 'Positive Infinity (PINF)',
  'negative-infinity': 'Negative Infinity (NINF)',
  error: 'Error',
  unknown: 'Unknown',
  'not-performed': 'Not Performed',
};
