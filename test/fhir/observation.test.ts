import { describe, expect, test } from 'vitest';
import { STATED_TIME, toEnvelope } from '../../fhir/bundle.ts';
import type { Reading } from '../../fhir/reading.ts';
import { withoutIds } from '../support/without-ids.ts';
import { bloodPressure, contact, glucose, oxygenSaturation, weight } from './examples.ts';
import { coded, observations, options, parse } from './opened.ts';

describe('status words', () => {
  const flagged = (...status: Reading['status'][number][]) =>
    toEnvelope({ ...oxygenSaturation, status }, options);

  test('early: preliminary with its interpretation; questionable and calibrating: final with theirs', () => {
    const interpretation = (code: string) => [
      { coding: [{ system: 'http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status', code }] },
    ];
    expect(coded(flagged('early-estimate'), '150456')).toMatchObject({
      status: 'preliminary',
      interpretation: interpretation('early-indication'),
    });
    expect(coded(flagged('questionable'), '150456')).toMatchObject({
      status: 'final',
      interpretation: interpretation('questionable'),
    });
    expect(coded(flagged('calibration-ongoing'), '150456')).toMatchObject({
      status: 'final',
      interpretation: interpretation('calibration-ongoing'),
    });
  });

  test('invalid and not available: a reason instead of the number', () => {
    const invalid = coded(flagged('invalid'), '150456');
    expect(invalid).toMatchObject({
      status: 'entered-in-error',
      dataAbsentReason: { coding: [{ code: 'error' }] },
    });
    expect(invalid).not.toHaveProperty('valueQuantity');
    expect(coded(flagged('measurement-unavailable'), '150456')).toMatchObject({
      dataAbsentReason: { coding: [{ code: 'not-performed' }] },
    });
  });

  test('demonstration, testing and simulated: HTEST on the Bundle and each Observation', () => {
    const htest = [expect.objectContaining({ code: 'HTEST' })];
    const simulated = toEnvelope({ ...oxygenSaturation, simulated: true }, options);
    for (const text of [flagged('demonstration'), flagged('testing'), simulated]) {
      expect(parse(text).meta.security).toEqual(htest);
      for (const each of observations(text)) expect(each.meta?.security).toEqual(htest);
    }
    expect(flagged('low-perfusion')).not.toContain('HTEST');
  });

  test('a word without a code is told as the device’s own report', () => {
    const text = toEnvelope({ ...bloodPressure, status: ['contact-not-detected'] }, options);
    expect(coded(text, '150020').note).toEqual([
      { text: 'The device reported: contact not detected.' },
    ]);
    expect(coded(text, '149546').note).toBeUndefined();
  });

  test('glucose beyond the meter: the number is a limit', () => {
    const high = toEnvelope({ ...glucose, status: ['result-too-high'] }, options);
    expect(coded(high, '160184').valueQuantity).toMatchObject({
      value: 'number 6.0',
      comparator: '>',
    });
    expect(coded(high, '8417752').component?.[0]?.code.coding?.[0]?.code).toBe('8417752.5');
    const low = toEnvelope({ ...glucose, status: ['result-too-low'] }, options);
    expect(coded(low, '160184').valueQuantity?.comparator).toBe('<');
  });
});

describe('units', () => {
  test('a cuff that measures in kPa: mm[Hg] for the profile, with its own quantity beside it', () => {
    const kPa = (value: string) => ({ value, unit: 'kPa' });
    const quantities = { systolic: kPa('16.0'), diastolic: kPa('10.7'), mean: kPa('12.4') };
    const text = toEnvelope(
      { ...bloodPressure, measurements: [{ kind: 'blood-pressure', quantities, attributes: {} }] },
      options,
    );
    const panel = coded(text, '85354-9');
    expect(panel.meta?.profile).toContain('http://hl7.org/fhir/StructureDefinition/bp');
    expect(panel.component?.[0]?.valueQuantity).toEqual({
      extension: [
        {
          url: 'http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation',
          valueQuantity: {
            value: 'number 16.0',
            unit: 'kPa',
            system: 'http://unitsofmeasure.org',
            code: 'kPa',
          },
        },
      ],
      value: 'number 120.0',
      unit: 'mmHg',
      system: 'http://unitsofmeasure.org',
      code: 'mm[Hg]',
    });
    expect(panel.component?.[1]?.valueQuantity?.value).toBe('number 80.3');
  });

  test('a height in metres becomes centimetres by moving the point', () => {
    const quantities = {
      weight: { value: '71.800', unit: 'kg' },
      height: { value: '1.750', unit: 'm' },
    };
    const text = toEnvelope(
      { ...weight, measurements: [{ kind: 'body-weight', quantities, attributes: {} }] },
      options,
    );
    expect(coded(text, '8302-2').valueQuantity).toMatchObject({
      value: 'number 175.0',
      code: 'cm',
    });
  });

  test('a unit that the profile does not know is sent as it is, without that claim', () => {
    const quantities = { weight: { value: '11.3', unit: '[stone_av]' } };
    const text = toEnvelope(
      { ...weight, measurements: [{ kind: 'body-weight', quantities, attributes: {} }] },
      options,
    );
    const observation = coded(text, '29463-7');
    expect(observation.valueQuantity).toMatchObject({ value: 'number 11.3', code: '[stone_av]' });
    expect(observation.meta?.profile).toEqual([
      'http://hl7.org/fhir/uv/phd/StructureDefinition/PhdNumericObservation',
    ]);
  });
});

describe('what the time rests on', () => {
  test('a time from a clock that cannot be read stands alone: nothing was corrected by it', () => {
    const time = {
      basis: 'device-time-live',
      effective: '2026-11-20T07:28:42+01:00',
      deviceTime: '2026-11-20T07:28:42',
    } as const;
    const text = toEnvelope({ ...bloodPressure, time }, options);
    const clock = coded(text, '67975');
    expect(clock.valueDateTime).toBe('2026-11-20T07:28:42+01:00');
    expect(clock).not.toHaveProperty('effectiveDateTime');
    expect(coded(text, '150020').identifier[1]?.value).toContain('-150020-848474922');
  });

  test('a time that a person stated is not taken for a clock’s, and is said beside the value', () => {
    const time = {
      basis: 'stated',
      effective: '2026-11-20T07:30:00+01:00',
      statedAt: '2026-11-21T09:00:00+01:00',
    } as const;
    const text = toEnvelope({ ...bloodPressure, time }, options);
    const clock = coded(text, '67975');
    expect(clock).toMatchObject({ effectiveDateTime: time.statedAt });
    expect(clock).toHaveProperty('dataAbsentReason.coding.0.code', 'unknown');
    expect(clock).not.toHaveProperty('valueDateTime');
    const panel = coded(text, '150020');
    expect(panel).toMatchObject({
      effectiveDateTime: time.effective,
      note: [{ text: STATED_TIME }],
    });
    // PHD's identifier is made of the device's own time, which nobody trusts.
    expect(text).not.toContain('PhdBaseObservation');
  });

  test('a device without time has no coincident timestamp and no PHD identifier', () => {
    const text = toEnvelope(contact, options);
    expect(withoutIds(text)).not.toContain('67975');
    expect(text).not.toContain('PhdBaseObservation');
  });
});
