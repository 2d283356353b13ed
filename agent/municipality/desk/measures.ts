import { INTERPRETATIONS, STATUS_BITS } from '../../../fhir/status.ts';
import type { Flag, Measure, StateWord } from '../../pages/measured.ts';

/** Codes that the desk has words for: MDC first, LOINC where a sender has only that. */
export const MEASURES: Readonly<Record<string, Measure>> = {
  '150020': 'bloodPressure',
  '85354-9': 'bloodPressure',
  '150021': 'systolic',
  '8480-6': 'systolic',
  '150022': 'diastolic',
  '8462-4': 'diastolic',
  '150023': 'mean',
  '8478-0': 'mean',
  '149546': 'pulse',
  '149530': 'pulse',
  '147842': 'heartRate',
  '8867-4': 'heartRate',
  '150456': 'oxygenSaturation',
  '2708-6': 'oxygenSaturation',
  '59408-5': 'oxygenSaturation',
  '150488': 'pulseAmplitude',
  '150364': 'temperature',
  '188452': 'temperatureArmpit',
  '188428': 'temperatureEar',
  '150392': 'temperatureEar',
  '188424': 'temperatureMouth',
  '188420': 'temperatureRectum',
  '188432': 'temperatureFinger',
  '188448': 'temperatureToe',
  '8310-5': 'temperature',
  '188736': 'weight',
  '29463-7': 'weight',
  '188740': 'height',
  '8302-2': 'height',
  '188752': 'bmi',
  '39156-5': 'bmi',
  '188748': 'bodyFat',
  '41982-0': 'bodyFat',
  '188756': 'fatFreeMass',
  '188760': 'softLeanMass',
  '188764': 'bodyWater',
  '160184': 'glucoseCapillaryBlood',
  '160188': 'glucoseCapillaryPlasma',
  '160212': 'glucoseInterstitial',
  '160192': 'glucose',
  '160196': 'glucose',
  '160200': 'glucose',
  '160204': 'glucose',
  '160364': 'glucose',
  '160368': 'glucose',
  '160020': 'glucose',
  '15074-8': 'glucose',
  '2339-0': 'glucose',
  '8417864': 'meal',
  '8519690': 'contact',
  '8519687': 'motion',
  presence: 'presence',
  '8519683': 'smoke',
  '8519685': 'waterLeak',
  button: 'button',
  'room-temperature': 'roomTemperature',
  'room-humidity': 'roomHumidity',
  'room-pressure': 'roomPressure',
};

/** Coded values that the desk has words for. */
export const STATES: Readonly<Record<string, StateWord>> = {
  open: 'open',
  closed: 'closed',
  detected: 'detected',
  clear: 'clear',
  '8417868': 'beforeMeal',
  '8417872': 'afterMeal',
  '8417876': 'fasting',
  '8417880': 'casual',
  '8417908': 'bedtime',
};

/** Codes by which a home tells what the device reported: bits of an enumeration, and interpretations. */
export const FLAGS: Readonly<Record<string, Flag>> = Object.fromEntries([
  ...Object.values(STATUS_BITS).flatMap(({ code, bits }) =>
    entries(bits).map(([flag, [bit]]) => [`${code.code}.${bit}`, flag]),
  ),
  ...entries(INTERPRETATIONS).map(([flag, code]) => [code, flag]),
]);

function entries<V>(table: Readonly<Partial<Record<Flag, V>>>) {
  return Object.entries(table) as [Flag, V][];
}
