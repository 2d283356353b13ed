import { expect, test } from 'vitest';
import { NUMBERS } from '../../../../adapters/bluetooth/advertisements/bthome-objects.ts';
import {
  KINDS,
  type Kind,
  type Measurement,
  type Quantity,
  STATUS_FLAGS,
  type StatusFlag,
} from '../../../../adapters/measurement.ts';
import { shownReading, unitText } from '../../../../agent/home/portal/shown-value.ts';
import { WORDS } from '../../../../agent/home/portal/words/words.ts';
import { LANGUAGE_TAGS, type Language } from '../../../../agent/pages/language.ts';
import { pressure, single } from './many-readings.ts';

const shown = (one: Measurement, language: Language = 'nb', status: readonly StatusFlag[] = []) =>
  shownReading({ kind: one.kind, measurements: [one], status }, language);
/** As it is read aloud: the space that keeps a unit beside its number is a space. */
const said = (...given: Parameters<typeof shown>) =>
  shown(...given).value.replaceAll('\u00a0', ' ');
const number = (value: string, unit: string): Quantity => ({ value, unit });

test.each([
  [pressure(138), 'nb', '138/84 mmHg, puls 71 per minutt'],
  [pressure(138), 'nn', '138/84 mmHg, puls 71 per minutt'],
  [pressure(138), 'en', '138/84 mmHg, pulse 71 per minute'],
  [single('body-weight', 'weight', number('71.80', 'kg')), 'nn', '71,80 kg'],
  [single('body-weight', 'weight', number('71.80', 'kg')), 'en', '71.80 kg'],
  [single('glucose', 'glucose', number('6.0', 'mmol/L')), 'nb', '6,0 mmol/L'],
  [single('body-temperature', 'temperature', number('37.2', 'Cel')), 'nb', '37,2 °C'],
  [single('oxygen-saturation', 'spo2', number('97', '%')), 'nb', '97 %'],
  [single('heart-rate', 'heart-rate', number('64', '/min')), 'nb', '64 per minutt'],
  [single('environment', 'temperature', number('-3.50', 'Cel')), 'nb', 'romtemperatur −3,50 °C'],
  [single('environment', 'co2', number('800', '[ppm]')), 'nn', 'karbondioksid 800 ppm'],
] as const)('%# in %s', (one, language, text) => {
  expect(said(one as Measurement, language)).toBe(text);
});

test('a pressure that is not two numbers of one unit is told part by part', () => {
  const kPa = { ...pressure(138).quantities, diastolic: number('11.2', 'kPa') };
  expect(said({ ...pressure(138), quantities: kPa })).toBe(
    'systolisk 138 mmHg, diastolisk 11,2 kPa, puls 71 per minutt',
  );
  const absent = { ...pressure(138).quantities, systolic: { absent: 'not-a-number' } as const };
  expect(said({ ...pressure(138), quantities: absent })).toBe(
    'systolisk ingen verdi (ikke et tall), diastolisk 84 mmHg, puls 71 per minutt',
  );
});

test('where the device says that there is no value, no number is shown', () => {
  expect(said(pressure(138), 'nb', ['invalid'])).not.toMatch(/138|84|71/);
  const spo2 = single('oxygen-saturation', 'spo2', number('0', '%'));
  expect(said(spo2, 'en', ['measurement-unavailable'])).toBe('no value (not measured)');
});

test('a glucose beyond what the meter can show is a limit, and says so', () => {
  const high = single('glucose', 'glucose', number('33.3', 'mmol/L'));
  expect(said(high, 'nb', ['result-too-high'])).toBe('over 33,3 mmol/L');
  expect(said(high, 'en', ['result-too-low'])).toBe('under 33.3 mmol/L');
  // Of a cuff the same flag says nothing about its numbers.
  expect(said(pressure(138), 'en', ['result-too-high'])).toContain('138/84');
});

test('a test of the meter is never taken for somebody’s value', () => {
  const one = single('glucose', 'glucose', number('6.0', 'mmol/L'));
  const test = { ...one, attributes: { type: 'control-solution' } };
  expect(said(test)).toBe('6,0 mmol/L, test av apparatet med kontrolløsning');
});

test('states, meals, presses and sites in words', () => {
  const bare = (kind: Kind, attributes: Measurement['attributes']) => ({
    ...{ kind, attributes, quantities: {} },
  });
  expect(said(bare('contact', { opening: true }))).toBe('åpen');
  expect(said(bare('motion', { motion: false }))).toBe('ingenting registrert');
  expect(said(bare('button', { button: 4 }), 'nn')).toBe('halden inne');
  const meal = {
    ...single('glucose', 'glucose', number('6.0', 'mmol/L')),
    attributes: { meal: 'fasting' },
  };
  expect(said(meal)).toBe('6,0 mmol/L, fastende');
  const ear = {
    ...single('body-temperature', 'temperature', number('37.2', 'Cel')),
    attributes: { site: 'ear' },
  };
  expect(shown(ear).parts[0]?.name).toBe('kroppstemperatur, øre');
});

test('what the device reported stands beside the value, in order, and as its own word', () => {
  const { reported, reportedText } = shown(pressure(138), 'nb', [
    'irregular-pulse',
    'cuff-too-loose',
  ]);
  expect(reported).toEqual(['uregelmessig puls', 'mansjetten for løs']);
  expect(reportedText).toBe('apparatet meldte: uregelmessig puls, mansjetten for løs');
  expect(shown(pressure(138)).reportedText).toBeUndefined();
  for (const language of LANGUAGE_TAGS) {
    for (const flag of STATUS_FLAGS) {
      expect(shown(pressure(138), language, [flag]).reported[0]?.trim(), flag).toBeTruthy();
    }
  }
});

test('every number of a sensor has a name and a unit that people read', () => {
  for (const { name, kind, unit } of Object.values(NUMBERS)) {
    for (const language of LANGUAGE_TAGS) {
      const [part] = shown(single(kind, name, number('1', unit)), language).parts;
      expect(part?.name, name).not.toBe(WORDS[language].readings.kinds.environment);
      expect(unitText(unit, language), name).not.toMatch(/[[\]]|^1$|\d$/);
    }
  }
});

test('every kind has a name', () => {
  expect(Object.keys(WORDS.en.readings.kinds)).toEqual(Object.keys(KINDS));
});
