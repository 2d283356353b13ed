import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KINDS, type Kind, type Measurement, STATUS_FLAGS } from '../../adapters/measurement.ts';
import { toEnvelope } from '../../fhir/bundle.ts';
import type { Observation } from '../../fhir/r4.ts';
import type { Reading } from '../../fhir/reading.ts';
import { STATUS_BITS } from '../../fhir/status.ts';
import { bloodPressure, ENVELOPE_ID, oxygenSaturation } from './examples.ts';

/**
 * The code table a second time, entered apart from the first: kind, quantity, attributes, accepted
 * units, MDC number, LOINC and its display. A slip in either list shows as a difference.
 */
const TABLE: readonly {
  kind: Kind;
  quantity: string;
  attributes?: Measurement['attributes'];
  units: readonly string[];
  mdc: string;
  refid: string;
  loinc?: readonly [code: string, display: string][];
  vital?: string;
}[] = [
  {
    kind: 'blood-pressure',
    quantity: 'systolic',
    units: ['mm[Hg]', 'kPa'],
    mdc: '150021',
    refid: 'MDC_PRESS_BLD_NONINV_SYS',
    loinc: [['8480-6', 'Systolic blood pressure']],
    vital: 'bp',
  },
  {
    kind: 'blood-pressure',
    quantity: 'diastolic',
    units: ['mm[Hg]', 'kPa'],
    mdc: '150022',
    refid: 'MDC_PRESS_BLD_NONINV_DIA',
    loinc: [['8462-4', 'Diastolic blood pressure']],
    vital: 'bp',
  },
  {
    kind: 'blood-pressure',
    quantity: 'mean',
    units: ['mm[Hg]', 'kPa'],
    mdc: '150023',
    refid: 'MDC_PRESS_BLD_NONINV_MEAN',
    loinc: [['8478-0', 'Mean blood pressure']],
    vital: 'bp',
  },
  {
    kind: 'blood-pressure',
    quantity: 'pulse-rate',
    units: ['/min'],
    mdc: '149546',
    refid: 'MDC_PULS_RATE_NON_INV',
    loinc: [['8867-4', 'Heart rate']],
    vital: 'heartrate',
  },
  {
    kind: 'heart-rate',
    quantity: 'heart-rate',
    units: ['/min'],
    mdc: '147842',
    refid: 'MDC_ECG_HEART_RATE',
    loinc: [['8867-4', 'Heart rate']],
    vital: 'heartrate',
  },
  {
    kind: 'oxygen-saturation',
    quantity: 'pulse-rate',
    units: ['/min'],
    mdc: '149530',
    refid: 'MDC_PULS_OXIM_PULS_RATE',
    loinc: [['8867-4', 'Heart rate']],
    vital: 'heartrate',
  },
  {
    kind: 'oxygen-saturation',
    quantity: 'spo2',
    units: ['%'],
    mdc: '150456',
    refid: 'MDC_PULS_OXIM_SAT_O2',
    loinc: [
      ['2708-6', 'Oxygen saturation in Arterial blood'],
      ['59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry'],
    ],
    vital: 'oxygensat',
  },
  {
    kind: 'oxygen-saturation',
    quantity: 'pulse-amplitude-index',
    units: ['%'],
    mdc: '150488',
    refid: 'MDC_BLD_PERF_INDEX',
  },
  ...(
    [
      [undefined, '150364', 'MDC_TEMP_BODY'],
      ['body', '150364', 'MDC_TEMP_BODY'],
      ['armpit', '188452', 'MDC_TEMP_AXILLA'],
      ['ear', '188428', 'MDC_TEMP_EAR'],
      ['tympanum', '150392', 'MDC_TEMP_TYMP'],
      ['mouth', '188424', 'MDC_TEMP_ORAL'],
      ['rectum', '188420', 'MDC_TEMP_RECT'],
      ['finger', '188432', 'MDC_TEMP_FINGER'],
      ['gastro-intestinal-tract', '188456', 'MDC_TEMP_GIT'],
      ['toe', '188448', 'MDC_TEMP_TOE'],
    ] as const
  ).map(([site, mdc, refid]) => ({
    kind: 'body-temperature' as const,
    quantity: 'temperature',
    ...(site && { attributes: { site } }),
    units: ['Cel', '[degF]'],
    mdc,
    refid,
    loinc: [['8310-5', 'Body temperature'] as [string, string]],
    vital: 'bodytemp',
  })),
  {
    kind: 'body-weight',
    quantity: 'weight',
    units: ['kg', 'g', '[lb_av]'],
    mdc: '188736',
    refid: 'MDC_MASS_BODY_ACTUAL',
    loinc: [['29463-7', 'Body weight']],
    vital: 'bodyweight',
  },
  {
    kind: 'body-weight',
    quantity: 'height',
    units: ['cm', '[in_i]', 'm'],
    mdc: '188740',
    refid: 'MDC_LEN_BODY_ACTUAL',
    loinc: [['8302-2', 'Body height']],
    vital: 'bodyheight',
  },
  {
    kind: 'body-weight',
    quantity: 'bmi',
    units: ['kg/m2'],
    mdc: '188752',
    refid: 'MDC_RATIO_MASS_BODY_LEN_SQ',
    loinc: [['39156-5', 'Body mass index (BMI) [Ratio]']],
    vital: 'bmi',
  },
  {
    kind: 'body-composition',
    quantity: 'body-fat',
    units: ['%'],
    mdc: '188748',
    refid: 'MDC_BODY_FAT',
    loinc: [['41982-0', 'Percentage of body fat Measured']],
  },
  {
    kind: 'body-composition',
    quantity: 'fat-free-mass',
    units: ['kg', '[lb_av]'],
    mdc: '188756',
    refid: 'MDC_MASS_BODY_FAT_FREE',
  },
  {
    kind: 'body-composition',
    quantity: 'soft-lean-mass',
    units: ['kg', '[lb_av]'],
    mdc: '188760',
    refid: 'MDC_MASS_BODY_SOFT_LEAN',
  },
  {
    kind: 'body-composition',
    quantity: 'body-water-mass',
    units: ['kg', '[lb_av]'],
    mdc: '188764',
    refid: 'MDC_BODY_WATER',
  },
  ...(
    [
      [
        'capillary-whole-blood',
        'mmol/L',
        '160184',
        'CAPILLARY_WHOLEBLOOD',
        '15074-8',
        'Glucose [Moles/volume] in Blood',
      ],
      [
        'capillary-whole-blood',
        'mg/dL',
        '160184',
        'CAPILLARY_WHOLEBLOOD',
        '2339-0',
        'Glucose [Mass/volume] in Blood',
      ],
      [
        'capillary-plasma',
        'mmol/L',
        '160188',
        'CAPILLARY_PLASMA',
        '14749-6',
        'Glucose [Moles/volume] in Serum or Plasma',
      ],
      ['capillary-plasma', 'mg/dL', '160188', 'CAPILLARY_PLASMA', undefined, undefined],
      ['venous-whole-blood', 'mmol/L', '160192', 'VENOUS_WHOLEBLOOD', undefined, undefined],
      ['venous-plasma', 'mmol/L', '160196', 'VENOUS_PLASMA', undefined, undefined],
      ['arterial-whole-blood', 'mmol/L', '160200', 'ARTERIAL_WHOLEBLOOD', undefined, undefined],
      ['arterial-plasma', 'mmol/L', '160204', 'ARTERIAL_PLASMA', undefined, undefined],
      [
        'undetermined-whole-blood',
        'mmol/L',
        '160364',
        'UNDETERMINED_WHOLEBLOOD',
        undefined,
        undefined,
      ],
      ['undetermined-plasma', 'mmol/L', '160368', 'UNDETERMINED_PLASMA', undefined, undefined],
      [
        'interstitial-fluid',
        'mmol/L',
        '160212',
        'ISF',
        '105272-9',
        'Glucose [Moles/volume] in Interstitial fluid',
      ],
      [
        'interstitial-fluid',
        'mg/dL',
        '160212',
        'ISF',
        '99504-3',
        'Glucose [Mass/volume] in Interstitial fluid',
      ],
      ['', 'mmol/L', '160020', 'GEN', undefined, undefined],
    ] as const
  ).map(([type, unit, mdc, refid, loinc, display]) => ({
    kind: 'glucose' as const,
    quantity: 'glucose',
    attributes: { type },
    units: [unit],
    mdc,
    refid: `MDC_CONC_GLU_${refid}`,
    ...(loinc && { loinc: [[loinc, display] as [string, string]] }),
  })),
];

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
  expect(Object.keys(KINDS).length).toBe(15);
});
