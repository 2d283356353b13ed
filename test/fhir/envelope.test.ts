import { describe, expect, test } from 'vitest';
import { hasObservation, toCorrection, toEnvelope, toRetraction } from '../../fhir/bundle.ts';
import type { BundleEntry } from '../../fhir/r4.ts';
import type { Reading } from '../../fhir/reading.ts';
import { fc } from '../support/property.ts';
import { contact, glucose, weight } from './examples.ts';
import { observations, options, parse } from './opened.ts';
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
