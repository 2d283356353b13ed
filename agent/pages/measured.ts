import type { DataAbsentReason, StatusFlag } from '../../adapters/measurement.ts';
import type { Language } from './language.ts';
import { en } from './words/measured.en.ts';
import { nb } from './words/measured.nb.ts';
import { nn } from './words/measured.nn.ts';

/** What is measured, as the pages of both programs name it. */
export type Measure =
  | 'bloodPressure'
  | 'systolic'
  | 'diastolic'
  | 'mean'
  | 'pulse'
  | 'heartRate'
  | 'oxygenSaturation'
  | 'pulseAmplitude'
  | 'temperature'
  | 'temperatureArmpit'
  | 'temperatureEar'
  | 'temperatureMouth'
  | 'temperatureRectum'
  | 'temperatureFinger'
  | 'temperatureToe'
  | 'weight'
  | 'height'
  | 'bmi'
  | 'bodyFat'
  | 'fatFreeMass'
  | 'softLeanMass'
  | 'bodyWater'
  | 'musclePercentage'
  | 'muscleMass'
  | 'basalMetabolism'
  | 'impedance'
  | 'glucose'
  | 'glucoseCapillaryBlood'
  | 'glucoseCapillaryPlasma'
  | 'glucoseInterstitial'
  | 'meal'
  | 'contact'
  | 'motion'
  | 'presence'
  | 'smoke'
  | 'waterLeak'
  | 'button'
  | 'roomTemperature'
  | 'roomHumidity'
  | 'roomPressure';

/** Values that are words. */
export type StateWord =
  | 'open'
  | 'closed'
  | 'detected'
  | 'clear'
  | 'beforeMeal'
  | 'afterMeal'
  | 'fasting'
  | 'casual'
  | 'bedtime';

/** What every language says of a measurement. None of it judges one. */
export interface MeasuredWords {
  readonly measures: Readonly<Record<Measure, string>>;
  readonly stateWords: Readonly<Record<StateWord, string>>;
  /** Why there is no value. */
  readonly absent: Readonly<Record<DataAbsentReason, string>>;
  /** What the device reported of its own measurement. */
  readonly flags: Readonly<Record<StatusFlag, string>>;
  readonly noValue: string;
  readonly yes: string;
  readonly no: string;
}

/** What a device can report of its own measurement. */
export type Flag = keyof MeasuredWords['flags'];

export const MEASURED: Readonly<Record<Language, MeasuredWords>> = { nb, nn, en };
