import { describe, expect, test } from 'vitest';
import {
  hasObservation,
  STATED_TIME,
  toCorrection,
  toEnvelope,
  toRetraction,
} from '../../fhir/bundle.ts';
import type { BundleEntry } from '../../fhir/r4.ts';
import type { Reading } from '../../fhir/reading.ts';
import { fc } from '../support/property.ts';
import { withoutIds } from '../support/without-ids.ts';
import { bloodPressure, contact, glucose, oxygenSaturation, weight } from './examples.ts';
import { coded, observations, options, parse } from './opened.ts';
import { readings } from './readings.ts';

/** Every value in a JSON tree with the path to it. */
function leaves(value: unknown, path = ''): [path: string, value: unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  const inner = Object.entries(value);
  if (inner.length === 0) return [[path, value]];
  return inner.flatMap(([key, each]) => leaves(each, `${path}.${key}`));
}

/** Elements of R4 that repeat, in what is written here. */
const REPEATING = new Set([
  'entry',
  'identifier',
  'profile',
  'security',
  'tag',
  'extension',
  'category',
  'performer',
  'coding',
  'component',
  'interpretation',
  'note',
  'derivedFrom',
  'deviceName',
  'specialization',
  'version',
  'property',
  'valueCode',
]);
/** The same names where R4 has one: a Bundle's and a Reference's identifier, a version's text. */
const SINGLE =
  /^\.identifier$|\.(subject|authorReference)\.identifier$|\.performer\.0\.identifier$|\.specialization\.\d+\.version$/;

function shapes(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = `${path}.${key}`;
    const repeats = REPEATING.has(key) && !SINGLE.test(here);
    const wrong = !/^\d+$/.test(key) && Array.isArray(inner) !== repeats;
    return [...(wrong ? [here] : []), ...shapes(inner, here)];
  });
}

const makers = { toEnvelope, toCorrection, toRetraction };

describe.each(Object.entries(makers))('%s over generated readings', (_name, make) => {
  const each = (check: (text: string, reading: Reading) => void) =>
    fc.assert(
      fc.property(readings.filter(hasObservation), (reading) => {
        check(make(reading, options), reading);
      }),
      { numRuns: 300 },
    );

  test('nothing empty, nothing null, nothing blank', () => {
    each((text) => {
      for (const [path, value] of leaves(JSON.parse(text))) {
        if (typeof value === 'string') expect(value, path).toMatch(/\S/);
        else expect(typeof value, path).toMatch(/^(number|boolean)$/);
      }
    });
  });

  test('what repeats is an array, what does not is none', () => {
    each((text) => expect(shapes(JSON.parse(text))).toEqual([]));
  });

  test('conditional queries hold nothing that needs escaping', () => {
    each((text) => {
      for (const { request } of parse(text).entry) {
        const query = request.ifNoneExist ?? request.url.split('?')[1] ?? '';
        const [, system = '', value = ''] = /^identifier=([^|]+)\|([^|]+)$/.exec(query) ?? [];
        expect(system + value).not.toMatch(/[+,|$&\\#% ]/);
        expect(value).not.toBe('');
      }
    });
  });

  test('references point into the Bundle; fullUrls are unique and no identifier', () => {
    each((text) => {
      const whole = parse(text);
      const urls = whole.entry.map((entry) => entry.fullUrl);
      expect(new Set(urls).size).toBe(urls.length);
      const all = leaves(whole);
      for (const [path, value] of all) {
        if (path.endsWith('.reference') && !path.includes('.subject.'))
          expect(urls).toContain(value);
        if (path.endsWith('.value')) expect(urls).not.toContain(value);
      }
    });
  });

  test('the same reading gives the same text', () => {
    each((text, reading) => expect(make(structuredClone(reading), options)).toBe(text));
  });
});

test('every Observation has a value, components, or the reason why not, and never value and reason', () => {
  fc.assert(
    fc.property(readings.filter(hasObservation), (reading) => {
      for (const each of observations(toEnvelope(reading, options))) {
        const clock = each.code.coding?.[0]?.code === '67975';
        for (const part of each.component ?? [each]) {
          const values = Object.keys(part).filter((key) => key.startsWith('value')).length;
          const absent = part.dataAbsentReason ? 1 : 0;
          expect(values + absent, clock ? 'clock' : 'value').toBe(1);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('every measured value that has a code is in the envelope, digit for digit', () => {
  fc.assert(
    fc.property(readings.filter(hasObservation), (reading) => {
      if (['invalid', 'measurement-unavailable'].some((f) => reading.status.includes(f as never)))
        return;
      const text = toEnvelope(reading, options);
      const numbers = new Set(
        leaves(parse(text)).flatMap(([path, value]) => (path.endsWith('.value') ? [value] : [])),
      );
      const left = new Set(['muscle-percentage', 'muscle-mass', 'impedance', 'basal-metabolism']);
      for (const { quantities } of reading.measurements) {
        for (const [name, quantity] of Object.entries(quantities)) {
          if ('absent' in quantity || left.has(name)) continue;
          // Moving the point is no conversion that needs the original beside it in another number.
          if (['mol/L', 'kg/L'].includes(quantity.unit)) continue;
          expect(numbers).toContain(`number ${quantity.value}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

describe('taking back', () => {
  test('carries no value, component, device or clock, and the identifiers that were sent', () => {
    fc.assert(
      fc.property(readings.filter(hasObservation), (reading) => {
        const sent = observations(toEnvelope(reading, options)).filter(
          (each) => each.subject.type === 'Patient',
        );
        const taken = parse(toRetraction(reading, options));
        const back = observations(JSON.stringify(taken));
        expect(back.map((each) => each.identifier)).toEqual(sent.map((each) => each.identifier));
        for (const each of back) {
          expect(each.status).toBe('entered-in-error');
          const keys = Object.keys(each).filter((key) =>
            /^value|component|device|extension|method/.test(key),
          );
          expect(keys).toEqual([]);
        }
        expect(
          taken.entry.every((entry: BundleEntry) => entry.resource.resourceType !== 'Device'),
        ).toBe(true);
      }),
    );
  });
});

describe('correcting', () => {
  test('replaces by identifier, with full content and status corrected', () => {
    const sent = parse(toEnvelope(weight, options));
    const time = { ...weight.time, effective: '2026-11-20T07:05:39+01:00' };
    const corrected = parse(toCorrection({ ...weight, time }, options));
    const [before, after] = [sent, corrected].map((bundle) => bundle.entry.at(-1));
    expect(after?.request).toEqual({
      method: 'PUT',
      url: `Observation?${before?.request.ifNoneExist}`,
    });
    expect(after?.resource).toEqual({
      ...before?.resource,
      status: 'corrected',
      effectiveDateTime: '2026-11-20T07:05:39+01:00',
    });
    const clock = corrected.entry.at(-2);
    expect(clock?.request.method).toBe('PUT');
    expect(clock?.resource).toMatchObject({ status: 'final' });
  });

  test('own words go in one Observation, by the Patient and no name, and make it amended alone', () => {
    const note = { text: 'etter trappene', time: '2026-11-20T07:40:00+01:00' };
    const text = toCorrection({ ...weight, note }, options, 'amended');
    const patients = observations(text).filter(({ subject }) => subject.type === 'Patient');
    expect(new Set(patients.map(({ status }) => status))).toEqual(new Set(['amended']));
    const [noted, ...others] = patients.flatMap((one) => one.note ?? []);
    expect(noted).toEqual({ authorReference: patients[0]?.subject, ...note });
    expect(others).toEqual([]);
    expect(toRetraction({ ...weight, note }, options)).not.toContain(note.text);
  });

  test('changed device facts replace what the receiver holds', () => {
    const renewed = parse(toEnvelope(weight, { ...options, replaceDevices: true }));
    const devices = renewed.entry.filter(({ resource }) => resource.resourceType === 'Device');
    expect(devices.map(({ request }) => request.url)).toEqual([
      'Device?identifier=urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680|00-00-5E-EF-10-00-00-42',
      'Device?identifier=urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680|00-00-5E-FF-FE-00-53-02',
    ]);
  });
});

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

describe('what stays at home', () => {
  test('a battery level and a control solution have no Observation', () => {
    const battery: Reading = {
      ...contact,
      kind: 'battery',
      measurements: [
        { kind: 'battery', quantities: { level: { value: '100', unit: '%' } }, attributes: {} },
      ],
    };
    const [measurement] = glucose.measurements;
    const control: Reading = {
      ...glucose,
      measurements: measurement
        ? [{ ...measurement, attributes: { type: 'control-solution', meal: 'fasting' } }]
        : [],
    };
    for (const reading of [battery, control]) {
      expect(hasObservation(reading)).toBe(false);
      expect(() => toEnvelope(reading, options)).toThrow(TypeError);
    }
  });
});
