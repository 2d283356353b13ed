import { randomUUID } from 'node:crypto';
import { PERSON, transaction } from './fhir-harness.ts';

/** Invented envelopes of the contract's form; numbers are put in as text, so that theirs survives. */

const MDC = 'urn:iso:std:iso:11073:10101';
const LOINC = 'http://loinc.org';
const BITS = 'http://terminology.hl7.org/CodeSystem/ASN1ToHL7';
const UCUM = 'http://unitsofmeasure.org';
const RFC3986 = 'urn:ietf:rfc:3986';
const COINCIDENT = 'http://hl7.org/fhir/uv/phd/StructureDefinition/CoincidentTimeStampReference';

type Coding = readonly [system: string, code: string, display?: string];
const concept = (codings: readonly Coding[], text?: string) => ({
  coding: codings.map(([system, code, display]) => ({
    system,
    code,
    ...(display ? { display } : {}),
  })),
  ...(text ? { text } : {}),
});
/** A number to be written as it stands here. */
const exactly = (text: string) => `exactly ${text}`;
const quantity = (value: string, unit: string, code = unit) => ({
  valueQuantity: { value: exactly(value), unit, system: UCUM, code },
});

export interface EnvelopeOptions {
  readonly id?: string;
  readonly person?: string;
  /** Gives the Observations their identifiers: the same reading again, or corrected. */
  readonly reading?: string;
  readonly effective?: string;
  readonly simulated?: boolean;
  readonly put?: 'amended' | 'corrected' | 'entered-in-error';
  /** What the person wrote, in the first Observation. */
  readonly words?: string;
  /** Coincident timestamp: the device's clock when the gateway's said `at`. */
  readonly clock?: { at: string; device?: string };
}

interface Part {
  readonly name: string;
  readonly observation: object;
  readonly derivedFrom?: string;
}

function envelope(kind: { text: string; model: string }, parts: Part[], options: EnvelopeOptions) {
  const { id = randomUUID(), person = PERSON, reading = randomUUID(), put } = options;
  const effective = options.effective ?? '2026-11-20T07:31:12+01:00';
  const url = (name: string) => `urn:uuid:${name.padStart(8, '0').slice(0, 8)}${reading.slice(8)}`;
  const urls = { patient: 'urn:uuid:11111111-0000-4000-8000-000000000001', device: url('dddd') };
  const meta = options.simulated
    ? {
        meta: {
          security: [
            { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HTEST' },
          ],
        },
      }
    : {};
  const pseudonym = { system: RFC3986, value: `urn:uuid:${person}` };
  const conditional = (
    resource: { resourceType: string; identifier: { system: string; value: string }[] },
    fullUrl: string,
  ) => ({
    fullUrl,
    resource,
    request: {
      method: 'POST',
      url: resource.resourceType,
      ifNoneExist: `identifier=${resource.identifier[0]?.system}|${resource.identifier[0]?.value}`,
    },
  });
  const entries: unknown[] = [
    conditional(
      { resourceType: 'Patient', ...meta, identifier: [pseudonym] } as never,
      urls.patient,
    ),
    conditional(
      {
        resourceType: 'Device',
        ...meta,
        identifier: [
          {
            system: 'urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680',
            value: '00-00-5E-FF-FE-00-53-01',
          },
        ],
        manufacturer: 'Example Medical',
        modelNumber: kind.model,
      } as never,
      urls.device,
    ),
  ];
  if (options.clock) {
    entries.push(
      conditional(
        {
          resourceType: 'Observation',
          ...meta,
          identifier: [{ system: RFC3986, value: url('c10c') }],
          status: 'final',
          code: concept([[MDC, '67975', 'MDC_ATTR_TIME_ABS']]),
          subject: { reference: urls.device },
          effectiveDateTime: options.clock.at,
          ...(options.clock.device
            ? { valueDateTime: options.clock.device }
            : {
                dataAbsentReason: concept([
                  ['http://terminology.hl7.org/CodeSystem/data-absent-reason', 'unknown'],
                ]),
              }),
        } as never,
        url('c10cf'),
      ),
    );
  }
  const author = { reference: urls.patient, type: 'Patient', identifier: pseudonym };
  const words = (at: number) =>
    at === 0 && options.words !== undefined
      ? { note: [{ authorReference: author, time: effective, text: options.words }] }
      : {};
  for (const [at, { name, observation, derivedFrom }] of parts.entries()) {
    const { code, ...value } = observation as { code: object };
    const identifier = { system: RFC3986, value: `urn:uuid:${name}${reading.slice(name.length)}` };
    const resource = {
      resourceType: 'Observation',
      ...meta,
      ...(options.clock
        ? { extension: [{ url: COINCIDENT, valueReference: { reference: url('c10cf') } }] }
        : {}),
      identifier: [identifier],
      status: put ?? 'final',
      code,
      subject: author,
      effectiveDateTime: effective,
      ...words(at),
      ...(put === 'entered-in-error' ? {} : { device: { reference: urls.device }, ...value }),
      ...(derivedFrom ? { derivedFrom: [{ reference: url(derivedFrom) }] } : {}),
    };
    entries.push(
      put
        ? {
            fullUrl: url(name),
            resource,
            request: {
              method: 'PUT',
              url: `Observation?identifier=${RFC3986}|${identifier.value}`,
            },
          }
        : conditional(resource as never, url(name)),
    );
  }
  const body = JSON.stringify(transaction(entries, id)).replaceAll(/"exactly ([^"]+)"/g, '$1');
  return { id, reading, body };
}

export function bloodPressure(
  values: { systolic?: string; diastolic?: string; pulse?: string } & EnvelopeOptions = {},
) {
  const absent = {
    dataAbsentReason: concept([
      [
        'http://terminology.hl7.org/CodeSystem/data-absent-reason',
        'not-a-number',
        'Not a Number (NaN)',
      ],
    ]),
  };
  const { systolic = '138', diastolic = '84', pulse = '71', ...options } = values;
  const component = (mdc: string, loinc: string, value: string) => ({
    code: concept([
      [MDC, mdc],
      [LOINC, loinc],
    ]),
    ...(value === 'NaN' ? absent : quantity(value, 'mmHg', 'mm[Hg]')),
  });
  return envelope(
    { text: 'Blood pressure', model: 'EX-651' },
    [
      {
        name: 'aaaa',
        observation: {
          code: concept(
            [
              [MDC, '150020'],
              [LOINC, '85354-9'],
            ],
            'Blood pressure',
          ),
          component: [
            component('150021', '8480-6', systolic),
            component('150022', '8462-4', diastolic),
          ],
        },
      },
      {
        name: 'bbbb',
        observation: {
          code: concept(
            [
              [MDC, '149546'],
              [LOINC, '8867-4'],
            ],
            'Pulse rate measured by the cuff',
          ),
          ...(pulse === 'NaN' ? absent : quantity(pulse, '/min')),
        },
      },
      {
        name: 'cccc',
        derivedFrom: 'aaaa',
        observation: {
          code: concept([[MDC, '8410608', 'MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS']]),
          component: [
            { code: concept([[BITS, '8410608.0', 'body-movement']]), valueBoolean: true },
            { code: concept([[BITS, '8410608.1', 'cuff-too-loose']]), valueBoolean: false },
          ],
        },
      },
    ],
    options,
  );
}

export function glucose(values: { value?: string } & EnvelopeOptions = {}) {
  const { value = '6.0', ...options } = values;
  return envelope(
    { text: 'Glucose', model: 'EX-12' },
    [
      {
        name: 'aaaa',
        observation: {
          code: concept(
            [
              [MDC, '160184'],
              [LOINC, '15074-8'],
            ],
            'Glucose, capillary whole blood',
          ),
          ...quantity(value, 'mmol/L'),
        },
      },
      {
        name: 'bbbb',
        derivedFrom: 'aaaa',
        observation: {
          code: concept([[MDC, '8417864']], 'Meal context of the glucose measurement'),
          valueCodeableConcept: concept([[MDC, '8417876', 'MDC_CTXT_GLU_MEAL_FASTING']], 'Fasting'),
        },
      },
    ],
    options,
  );
}

export function contact(options: EnvelopeOptions = {}) {
  return envelope(
    { text: 'Door contact', model: 'EX-D1' },
    [
      {
        name: 'aaaa',
        observation: {
          code: concept([[MDC, '8519690']], 'Door contact'),
          valueCodeableConcept: concept(
            [['https://iomt-agent.example/fhir/CodeSystem/contact-state', 'open', 'Open']],
            'Open',
          ),
        },
      },
    ],
    options,
  );
}
