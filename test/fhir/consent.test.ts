import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KINDS, type Kind } from '../../adapters/measurement.ts';
import { fromConsent, type SharingPermission, toConsent } from '../../fhir/consent.ts';
import { BASES } from '../../fhir/consent-representative.ts';
import { KIND_CODES } from '../../fhir/kind-codes.ts';
import { fc } from '../support/property.ts';

const example = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/fhir/consent.json'), 'utf8'),
);

const permission: SharingPermission = {
  id: '9c1f4a52-77d0-4a0e-b6a6-3e0f7f6d2c11',
  version: 1,
  pseudonym: '4d6f0c1e-9a3b-4c55-8f27-1f2d6f5b7a90',
  recipient: {
    id: 'eksempel-kommune',
    name: 'Eksempel kommune, hjemmetjenesten',
    organisation: { system: 'urn:oid:2.16.578.1.12.4.1.4.101', value: '999999999' },
  },
  kinds: ['blood-pressure', 'body-weight'],
  purpose: 'TREAT',
  legalBasis: 'consent',
  givenAt: '2026-11-20T06:41:07+01:00',
  from: '2026-11-20T00:00:00+01:00',
  until: '2027-06-01T23:59:59+02:00',
  pauses: [],
  state: 'active',
  sentence:
    'Eksempel kommune, hjemmetjenesten, kan se mitt blodtrykk med puls og min vekt som jeg måler fra og med 20. november 2026, for å følge opp min helse, til og med 1. juni 2027.',
  language: 'nb',
};

/** A deep copy of a written consent that may be changed. */
const written = (of: SharingPermission = permission) => JSON.parse(JSON.stringify(toConsent(of)));

test('the worked example, with two additions: the recipient id, and what a scale may add to weight', () => {
  const ours = written();
  const [permit] = ours.provision.provision;
  expect(permit.actor[0].id).toBe('eksempel-kommune');
  delete permit.actor[0].id;
  const added = permit.code.splice(4);
  expect(added.map((each: { coding: { code: string }[] }) => each.coding[0]?.code)).toEqual([
    '39156-5',
    '8302-2',
  ]);
  expect(ours).toEqual(example);
});

test('the worked example is read, given the recipient id', () => {
  const theirs = structuredClone(example);
  theirs.provision.provision[0].actor[0].id = 'eksempel-kommune';
  expect(fromConsent(theirs)).toEqual({ ok: true, permission });
});

test('every kind has a code of its own that no other kind names', () => {
  const kinds = Object.keys(KINDS) as Kind[];
  const keyed = kinds.map((kind) => KIND_CODES[kind].own.code);
  expect(new Set(keyed).size).toBe(kinds.length);
  for (const kind of kinds) {
    for (const { code } of [...KIND_CODES[kind].more, ...KIND_CODES[kind].optional]) {
      expect(keyed).not.toContain(code);
    }
  }
});

const instants = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
  .map((date) => `${date.toISOString().slice(0, 19)}+01:00`);
const words = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
  .filter((s) => /\S/.test(s));
const uuids = fc.uuid();

const permissions: fc.Arbitrary<SharingPermission> = fc.record(
  {
    id: uuids,
    version: fc.integer({ min: 1, max: 10_000 }),
    pseudonym: uuids,
    recipient: fc.record(
      {
        id: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
        name: words,
        organisation: fc.record({
          system: fc.constant('urn:oid:2.16.578.1.12.4.1.4.101'),
          value: fc.stringMatching(/^[0-9]{9}$/),
        }),
      },
      { requiredKeys: ['id', 'name'] },
    ),
    kinds: fc.uniqueArray(fc.constantFrom(...(Object.keys(KINDS) as Kind[])), { minLength: 1 }),
    purpose: fc.constantFrom('TREAT', 'HRESCH', 'CAREMGT'),
    legalBasis: fc.constantFrom('consent', 'health-service', 'other'),
    givenAt: instants,
    from: instants,
    until: instants,
    pauses: fc.array(fc.record({ from: instants, until: instants }, { requiredKeys: ['from'] }), {
      maxLength: 4,
    }),
    state: fc.constantFrom('active', 'withdrawn'),
    sentence: words,
    language: fc.constantFrom('nb', 'nn', 'en'),
    representative: fc.record({ id: uuids, basis: fc.constantFrom(...BASES) }),
  },
  {
    requiredKeys: [
      'id',
      'version',
      'pseudonym',
      'recipient',
      'kinds',
      'purpose',
      'legalBasis',
      'givenAt',
      'from',
      'pauses',
      'state',
      'sentence',
      'language',
    ],
  },
) as fc.Arbitrary<SharingPermission>;

test('what was written is read back the same', () => {
  fc.assert(
    fc.property(permissions, (each) => {
      expect(fromConsent(JSON.parse(JSON.stringify(toConsent(each))))).toEqual({
        ok: true,
        permission: each,
      });
    }),
  );
});

test('who agreed in the place of the person stands in it, without a name, and nobody else is read', () => {
  const id = '1c1f4a52-77d0-4a0e-b6a6-3e0f7f6d2c55';
  const consent = written({ ...permission, representative: { id, basis: 'guardian' } });
  expect(consent.performer).toEqual([{ type: 'RelatedPerson', reference: '#representative' }]);
  expect(consent.contained).toMatchObject([
    {
      resourceType: 'RelatedPerson',
      identifier: [{ value: `urn:uuid:${id}` }],
      relationship: [{ coding: [{ code: 'GUARD' }] }],
    },
  ]);
  for (const strange of [
    { contained: undefined },
    { contained: [...consent.contained, ...consent.contained] },
    { contained: [{ ...consent.contained[0], relationship: [{ coding: [{ code: 'GUARD' }] }] }] },
    { performer: [{ reference: '#another' }] },
  ]) {
    const read = fromConsent({ ...consent, ...strange });
    expect(read).toMatchObject({ ok: false, at: 'performer' });
  }
});

test('reading is total', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      expect(fromConsent(json)).toMatchObject({ ok: false });
    }),
  );
});

/** Every place in a JSON value, as a list of keys. */
function places(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [...path, key],
    ...places(inner, [...path, key]),
  ]);
}

test('no part taken away makes a wider permission', () => {
  const full = { ...permission, pauses: [{ from: permission.givenAt }] };
  let refused = 0;
  for (const path of places(written(full))) {
    const damaged = written(full);
    const last = path.at(-1) ?? '';
    const parent = path.slice(0, -1).reduce((inner, key) => inner[key], damaged);
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete parent[last];
    const result = fromConsent(damaged);
    if (!result.ok) {
      refused += 1;
      continue;
    }
    const { kinds, until, pauses } = result.permission;
    // A permission without an end, or without its pauses, is another one: it reads as it is written.
    expect(kinds.every((kind) => full.kinds.includes(kind))).toBe(true);
    if (until === undefined) expect(path.join('.')).toMatch(/period\.end$/);
    if (pauses.length === 0) expect(path.join('.')).toMatch(/0\.provision(\.0)?$/);
  }
  expect(refused).toBeGreaterThan(40);
});

describe('what is not understood is refused', () => {
  const cases: [string, (consent: ReturnType<typeof written>) => void, string][] = [
    [
      'a second permit',
      (c) => c.provision.provision.push(c.provision.provision[0]),
      'unknown-rule',
    ],
    [
      'a rule of another kind',
      (c) => {
        c.provision.provision[0].securityLabel = [{}];
      },
      'unknown-rule',
    ],
    [
      'a permit at the root',
      (c) => {
        c.provision.type = 'permit';
      },
      'unknown-rule',
    ],
    [
      'a permit in the pauses',
      (c) => {
        c.provision.provision[0].provision = [
          { type: 'permit', period: { start: permission.from } },
        ];
      },
      'unknown-rule',
    ],
    [
      'a denial of one code only',
      (c) => {
        c.provision.provision[0].provision = [
          { type: 'deny', period: { start: permission.from }, code: [] },
        ];
      },
      'unknown-rule',
    ],
    [
      'another default',
      (c) => {
        c.policyRule.coding[0].code = 'OPTIN';
      },
      'unknown-rule',
    ],
    [
      'a draft',
      (c) => {
        c.status = 'draft';
      },
      'unknown-rule',
    ],
    [
      'a changed sentence',
      (c) => {
        c.sourceAttachment.data = 'QW5vdGhlcg==';
      },
      'sentence-changed',
    ],
    [
      'a code of no kind',
      (c) => {
        c.provision.provision[0].code.push({
          coding: [{ system: 'http://loinc.org', code: '9279-1' }],
        });
      },
      'unknown-code',
    ],
    [
      'blood pressure without its pulse',
      (c) => {
        c.provision.provision[0].code.splice(1, 1);
      },
      'unknown-code',
    ],
    [
      'a time without offset',
      (c) => {
        c.provision.provision[0].dataPeriod.start = '2026-11-20T00:00:00';
      },
      'missing',
    ],
  ];
  for (const [name, damage, code] of cases) {
    test(name, () => {
      const consent = written();
      damage(consent);
      expect(fromConsent(consent)).toMatchObject({ ok: false, code });
    });
  }
});
