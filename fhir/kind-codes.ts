import type { Kind } from '../adapters/measurement.ts';
import {
  BASE,
  BLOOD_PRESSURE,
  type Code,
  glucoseCode,
  MEAL,
  mdc,
  NUMERIC,
  STATES,
  temperatureCode,
} from './codes.ts';
import { STATUS_BITS } from './status.ts';

/** The codes by which a sharing permission names a kind. */
export interface KindCodes {
  /** Named by this kind alone, so that a permission can be read back. */
  readonly own: Code;
  /** What else an envelope of this kind may hold: all of it is permitted, or the kind is not. */
  readonly more: readonly Code[];
  /** What some devices of this kind add; older permissions may not name it. */
  readonly optional: readonly Code[];
}

type Numeric = (typeof NUMERIC)[keyof typeof NUMERIC];

const mdcOf = ({ codes }: Numeric): readonly Code[] => codes.slice(0, 1);
const loincOf = ({ codes }: Numeric): readonly Code[] => codes.slice(1, 2);
const bitsOf = (kind: Kind): readonly Code[] => {
  const code = STATUS_BITS[kind]?.code;
  return code ? [code] : [];
};

function row(
  own: Code | undefined,
  more: readonly Code[] = [],
  optional: readonly Code[] = [],
): KindCodes {
  if (!own) throw new TypeError('a kind without a code of its own');
  return { own, more, optional };
}

/** A kind that no standard table names. */
const homeKind = (kind: Kind): KindCodes =>
  row({ system: `${BASE}CodeSystem/measurement-kind`, code: kind });

export const KIND_CODES: Readonly<Record<Kind, KindCodes>> = {
  'blood-pressure': row(BLOOD_PRESSURE.codes[1], [
    ...loincOf(NUMERIC.cuffPulse),
    ...bitsOf('blood-pressure'),
  ]),
  'heart-rate': row(NUMERIC.heartRate.codes[0]),
  'oxygen-saturation': row(NUMERIC.spo2.codes[1], [
    ...mdcOf(NUMERIC.oximeterPulse),
    ...mdcOf(NUMERIC.pulseAmplitude),
    ...bitsOf('oxygen-saturation'),
  ]),
  'body-temperature': row(temperatureCode(undefined).codes[1]),
  'body-weight': row(
    NUMERIC.weight.codes[1],
    [],
    [...loincOf(NUMERIC.bmi), ...loincOf(NUMERIC.height)],
  ),
  'body-composition': row(NUMERIC.bodyFat.codes[1], [
    ...mdcOf(NUMERIC.fatFreeMass),
    ...mdcOf(NUMERIC.softLeanMass),
    ...mdcOf(NUMERIC.bodyWater),
    ...mdcOf(NUMERIC.weight),
    ...mdcOf(NUMERIC.height),
  ]),
  /** Besides, glucose in general: it stands for every sample that a meter can name. */
  glucose: row(glucoseCode('capillary-whole-blood', 'mmol/L').codes[1], [
    mdc(160020, 'CONC_GLU_GEN'),
    ...MEAL.codes,
    ...bitsOf('glucose'),
  ]),
  'glucose-interstitial': row(glucoseCode('interstitial-fluid', 'mmol/L').codes[1], [
    ...glucoseCode('interstitial-fluid', 'mg/dL').codes.slice(1),
    ...bitsOf('glucose-interstitial'),
  ]),
  environment: homeKind('environment'),
  contact: row(STATES.contact?.codes[0]),
  motion: row(STATES.motion?.codes[0]),
  presence: homeKind('presence'),
  button: homeKind('button'),
  smoke: row(STATES.smoke?.codes[0]),
  'water-leak': row(STATES['water-leak']?.codes[0]),
  battery: homeKind('battery'),
};
