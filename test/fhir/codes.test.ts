import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KINDS, type Kind, type Measurement, STATUS_FLAGS } from '../../adapters/measurement.ts';
import { toEnvelope } from '../../fhir/bundle.ts';
import type { Observation } from '../../fhir/r4.ts';
import type { Reading } from '../../fhir/reading.ts';
import { STATUS_BITS } from '../../fhir/status.ts';
import { TABLE } from './code-list.ts';
import { bloodPressure, ENVELOPE_ID, oxygenSaturation } from './examples.ts';

/** LOINC codes of one thing measured in several ways or places; no other code may be shared. */
const SHARED = new Set(['8867-4', '8310-5']);

const PRINTED: Readonly<Record<string, string>> = {
  'mm[Hg]': 'mmHg',
  '/min': '/min',
  '%': '%',
  Cel: '°C',
  '[degF]': '°F',
  kg: 'kg',
  g: 'g',
  '[lb_av]': 'lb',
  cm: 'cm',
  '[in_i]': 'in',
  'kg/m2': 'kg/m²',
  'mmol/L': 'mmol/L',
  'mg/dL': 'mg/dL',
};
const CONVERTED: Readonly<Record<string, readonly [unit: string, value: string]>> = {
  kPa: ['mm[Hg]', '92.3'],
  m: ['cm', '1230'],
};

function observationsOf(reading: Reading): Observation[] {
  const text = toEnvelope(reading, {
    envelopeId: ENVELOPE_ID,
    recordedAt: '2026-11-20T07:32:07+01:00',
  });
  return JSON.parse(text)
    .entry.map((entry: { resource: Observation }) => entry.resource)
    .filter((each: Observation) => each.resourceType === 'Observation');
}

/** The Observation or component with an MDC code, and the Observation it stands in. */
function find(all: readonly Observation[], mdc: string) {
  for (const observation of all) {
    for (const part of [observation, ...(observation.component ?? [])]) {
      if (part.code.coding?.[0]?.code === mdc) return { observation, part };
    }
  }
  throw new Error(`no ${mdc}`);
}

describe('the code table, against a second list', () => {
  for (const row of TABLE) {
    for (const unit of row.units) {
      const where = Object.values(row.attributes ?? {}).join(' ');
      test(`${row.kind} ${row.quantity} ${where} in ${unit}`, () => {
        const { kind, quantity, attributes = {} } = row;
        const measurement = {
          kind,
          quantities: { [quantity]: { value: '12.3', unit } },
          attributes,
        };
        const reading: Reading = {
          ...bloodPressure,
          kind,
          measurements: [measurement],
          status: [],
        };
        const { observation, part } = find(observationsOf(reading), row.mdc);
        expect(part.code.coding).toEqual([
          { system: 'urn:iso:std:iso:11073:10101', code: row.mdc, display: row.refid },
          ...(row.loinc ?? []).map(([code, display]) => ({
            system: 'http://loinc.org',
            code,
            display,
          })),
        ]);
        const [code, value] = CONVERTED[unit] ?? [unit, '12.3'];
        expect(part.valueQuantity).toMatchObject({
          value: Number(value),
          unit: PRINTED[code],
          system: 'http://unitsofmeasure.org',
          code,
        });
        expect(part.valueQuantity?.extension?.[0]?.valueQuantity?.code).toBe(
          unit === code ? undefined : unit,
        );
        const [phd, vital] = observation.meta?.profile ?? [];
        expect(phd).toMatch(/\/phd\/StructureDefinition\/Phd(CompoundNumeric|Numeric)Observation$/);
        expect(vital).toBe(
          row.vital ? `http://hl7.org/fhir/StructureDefinition/${row.vital}` : undefined,
        );
      });
    }
  }

  test('no LOINC code names two things', () => {
    const named = new Map<string, Set<string>>();
    for (const { loinc = [], mdc } of TABLE) {
      for (const [code] of loinc) named.set(code, (named.get(code) ?? new Set()).add(mdc));
    }
    for (const [code, things] of named) {
      if (!SHARED.has(code)) expect([code, things.size]).toEqual([code, 1]);
    }
  });
});

describe('status bits, against a second list', () => {
  const BITS: readonly [Kind, string, string][] = [
    [
      'blood-pressure',
      '8410608',
      'body-movement cuff-too-loose irregular-pulse pulse-rate-above-upper-limit pulse-rate-below-lower-limit improper-position',
    ],
    [
      'oxygen-saturation',
      '150604',
      'sensor-disconnected sensor-malfunction sensor-displaced unknown-sensor sensor-unconnected-to-user sensor-interference signal-analysis-ongoing questionable-pulse nonpulsatile-signal erratic-signal low-perfusion poor-signal inadequate-signal signal-irregularity equipment-malfunction extended-display-update',
    ],
    [
      'glucose',
      '8417752',
      'device-battery-low glucose-sensor-malfunction sample-size-insufficient strip-insertion-error strip-type-incorrect result-too-high result-too-low temperature-too-high temperature-too-low read-interrupted general-device-fault',
    ],
  ];
  for (const [kind, code, flags] of BITS) {
    test(kind, () => {
      const { bits, code: own } = STATUS_BITS[kind] ?? {};
      expect(own?.code).toBe(code);
      const order = Object.entries(bits ?? {}).sort(([, [a]], [, [b]]) => a - b);
      expect(order.map(([flag]) => flag)).toEqual(flags.split(' '));
      expect(order.map(([, [bit]]) => bit)).toEqual(order.map((_, index) => index));
    });
  }

  test('Bluetooth’s sensor status bit n is bit 15 − n', () => {
    // Low perfusion is Bluetooth's bit 5.
    const [bits] = observationsOf(oxygenSaturation).slice(-1);
    expect(bits?.component?.[0]?.code.coding?.[0]).toEqual({
      system: 'http://terminology.hl7.org/CodeSystem/ASN1ToHL7',
      code: '150604.10',
      display: 'signal-low-perfusion',
    });
  });

  const official = join(
    import.meta.dirname,
    '../../../shared/profiles/phd/CodeSystem-ASN1ToHL7.json',
  );
  // The official code system lies beside the repository, and only with its authors.
  if (existsSync(official)) {
    test('names are those of the official code system', () => {
      const { concept } = JSON.parse(readFileSync(official, 'utf8'));
      const names = new Map<string, string>(
        concept.map((each: { code: string; display: string }) => [each.code, each.display]),
      );
      for (const { code, bits } of Object.values(STATUS_BITS)) {
        for (const [bit, display] of Object.values(bits)) {
          expect(display).toBe(names.get(`${code.code}.${bit}`));
        }
      }
    });
  }

  test('no word of a device is dropped in silence, of whatever kind', () => {
    const quiet = new Set(['device-clock-not-set', 'measurement-unsuccessful']);
    const plain = JSON.stringify(observationsOf({ ...bloodPressure, status: [] }));
    for (const flag of STATUS_FLAGS) {
      const told = JSON.stringify(observationsOf({ ...bloodPressure, status: [flag] }));
      if (!quiet.has(flag)) expect([flag, told === plain]).toEqual([flag, false]);
    }
  });
});

test('every kind of the home has codes, or stays at home for a reason', () => {
  const states: readonly [Kind, Measurement['attributes'], string, string][] = [
    ['contact', { state: 'open', window: true }, '8519690', 'open'],
    ['contact', { state: 'closed', window: false }, '8519690', 'closed'],
    ['motion', { motion: true }, '8519687', 'detected'],
    ['presence', { occupancy: false }, 'presence', 'clear'],
    ['smoke', { smoke: true }, '8519683', 'detected'],
    ['water-leak', { moisture: true }, '8519685', 'detected'],
  ];
  for (const [kind, attributes, code, state] of states) {
    const measurements = [{ kind, quantities: {}, attributes }];
    const { part } = find(
      observationsOf({ ...bloodPressure, kind, measurements, status: [] }),
      code,
    );
    expect(part.valueCodeableConcept?.coding?.[0]?.code).toBe(state);
  }
  const room = {
    temperature: { value: '21.50', unit: 'Cel' },
    humidity: { value: '40', unit: '%' },
  };
  const measurements = [{ kind: 'environment' as const, quantities: room, attributes: {} }];
  const all = observationsOf({ ...bloodPressure, kind: 'environment', measurements, status: [] });
  expect(all.slice(-2).map((each) => [each.code.coding?.[0]?.code, each.meta])).toEqual([
    ['room-temperature', undefined],
    ['room-humidity', undefined],
  ]);
  expect(Object.keys(KINDS).length).toBe(16);
});
