import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  deviceKey,
  eui48Text,
  eui64Text,
  fullUrl,
  mintReadingId,
  NAMESPACE,
  observationIdentifier,
  phdIdentifier,
  readingId,
  secondsSince2000,
  uuidV5,
} from '../../fhir/identifiers.ts';
import { fc } from '../support/property.ts';

const V5 = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('UUID v5 gives the example of RFC 9562, appendix A.4', () => {
  const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
  expect(uuidV5('www.example.com', dns)).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
});

test('the namespace is v5 of the canonical base in the URL namespace', () => {
  const url = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';
  expect(uuidV5('https://iomt-agent.example/fhir/', url)).toBe(NAMESPACE);
});

test('a long name, and one of the same namespace after another, give what they give alone', () => {
  const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
  const long = 'ø'.repeat(5_000);
  const alone = uuidV5(long, dns);
  expect(uuidV5('www.example.com', dns)).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  expect(uuidV5(long, dns)).toBe(alone);
  const bytes = Buffer.concat([Buffer.from(dns.replaceAll('-', ''), 'hex'), Buffer.from(long)]);
  expect(createHash('sha1').update(bytes).digest('hex').slice(0, 8)).toBe(alone.slice(0, 8));
});

test('every name gives a UUID of version 5, and a namespace that is none is refused', () => {
  fc.assert(fc.property(fc.string(), (name) => V5.test(uuidV5(name))));
  expect(() => uuidV5('a', 'not-a-namespace')).toThrow(TypeError);
});

const record = {
  deviceKey: 'eui64:00005EFFFE005301',
  userSlot: 1,
  kind: 'blood-pressure',
  deviceTime: '2026-11-20T07:28:42',
  clockEpoch: 3,
  rawBytes: '1E8A0054',
} as const;

describe('identity of a reading', () => {
  test('is frozen: another value would double every reading at every receiver', () => {
    expect(readingId(record)).toBe('95391cec-c0c0-5a11-af53-2aa348ed2a5a');
    expect(readingId({ ...record, sequence: 7 })).toBe('9a453ba2-4b1f-5e02-ba2c-222c52d08722');
  });

  test('changes with each part of it, and with nothing else', () => {
    const variants = [
      record,
      { ...record, deviceKey: 'eui64:00005EFFFE005302' },
      { ...record, userSlot: 2 },
      { ...record, userSlot: undefined },
      { ...record, kind: 'heart-rate' as const },
      { ...record, deviceTime: '2026-11-20T07:28:43' },
      { ...record, clockEpoch: 4 },
      { ...record, rawBytes: '1E8A0055' },
      { ...record, sequence: 1 },
      { ...record, sequence: 2 },
    ];
    expect(new Set(variants.map(readingId)).size).toBe(variants.length);
    expect(readingId({ ...record, rawBytes: '1e8a0054' })).toBe(readingId(record));
  });

  test('two records of one minute differ by their bytes', () => {
    const minute = { ...record, deviceTime: '2026-11-20T07:28:00' };
    expect(readingId({ ...minute, rawBytes: 'aa' })).not.toBe(
      readingId({ ...minute, rawBytes: 'ab' }),
    );
  });

  test('with a sequence number the bytes do not count: a status may change when it is sent again', () => {
    const numbered = { ...record, sequence: 9 };
    expect(readingId({ ...numbered, rawBytes: 'aa' })).toBe(readingId(numbered));
  });

  test('no separator inside a part can imitate another record', () => {
    const a = readingId({ ...record, deviceKey: 'a","b', clockEpoch: 'c' });
    const b = readingId({ ...record, deviceKey: 'a', clockEpoch: 'b","c' });
    expect(a).not.toBe(b);
  });

  test('a record without time and sequence has none of its own, and is minted from its capture', () => {
    const { deviceTime: _, ...timeless } = record;
    expect(() => readingId(timeless)).toThrow(TypeError);
    const { rawBytes: __, ...bare } = record;
    expect(() => readingId(bare)).toThrow(TypeError);
    const capture = {
      deviceKey: record.deviceKey,
      kind: record.kind,
      at: 1_795_000_000_000,
      session: 's1',
      rawBytes: 'AA',
    };
    expect(mintReadingId(capture)).toMatch(V5);
    expect(mintReadingId({ ...capture, rawBytes: 'aa' })).toBe(mintReadingId(capture));
    expect(mintReadingId({ ...capture, at: capture.at + 1 })).not.toBe(mintReadingId(capture));
    expect(mintReadingId({ ...capture, kind: 'heart-rate' })).not.toBe(mintReadingId(capture));
  });
});

test('an Observation is one person’s: a moved reading is new for the next person', () => {
  const id = readingId(record);
  const [a, b] = ['4d6f0c1e-9a3b-4c55-8f27-1f2d6f5b7a90', '4d6f0c1e-9a3b-4c55-8f27-1f2d6f5b7a91'];
  expect(observationIdentifier(id, '150020', a)).not.toBe(observationIdentifier(id, '150020', b));
  expect(observationIdentifier(id, '150020', a)).not.toBe(observationIdentifier(id, '149546', a));
  expect(observationIdentifier(id, '150020', a)).toBe(observationIdentifier(id, '150020', a));
});

test('a fullUrl is never the identifier that it comes from', () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      expect(fullUrl('urn:ietf:rfc:3986', `urn:uuid:${id}`)).not.toBe(`urn:uuid:${id}`);
    }),
  );
});

test('device key: System ID, then serial with model, then address', () => {
  const facts = {
    systemId: '00-00-5e-ff-fe-00-53-01',
    serial: '5010001',
    model: 'EX-651',
    address: '00005e005301',
  };
  const { systemId: _, ...noSystemId } = facts;
  expect(deviceKey(facts)).toBe('eui64:00005EFFFE005301');
  expect(deviceKey(noSystemId)).toBe('serial:["EX-651","5010001"]');
  expect(deviceKey({ address: facts.address })).toBe('eui48:00005E005301');
  expect(deviceKey({ serial: '5010001' })).toBeUndefined();
  expect(deviceKey({ ...facts, systemId: '00-00-00-00-00-00-00-00' })).toBe(
    'serial:["EX-651","5010001"]',
  );
});

test('EUI text from any spelling, and nothing from what is none', () => {
  expect(eui64Text('00005efffe005301')).toBe('00-00-5E-FF-FE-00-53-01');
  expect(eui64Text('00:00:5e:ff:fe:00:53:01')).toBe('00-00-5E-FF-FE-00-53-01');
  expect(eui48Text('00005e005301')).toBe('00-00-5E-00-53-01');
  for (const wrong of [undefined, '', '00', 'zz005e005301', '000000000000', '00005e00530']) {
    expect(eui48Text(wrong)).toBeUndefined();
  }
});

test('PHD identifier: device time uncorrected, in seconds since 2000', () => {
  // The guide's own worked example prints 30 s too few.
  expect(secondsSince2000('2021-11-22T11:56:30')).toBe('690897390');
  expect(secondsSince2000('2021-11-22T11:56:30.567')).toBe('690897390.567');
  expect(
    phdIdentifier(
      { systemId: '00-00-5E-FF-FE-00-53-01' },
      '4d6f0c1e-9a3b-4c55-8f27-1f2d6f5b7a90',
      '150020',
      '2026-11-20T07:28:42',
    ),
  ).toBe(
    '00005EFFFE005301-urn:uuid:4d6f0c1e-9a3b-4c55-8f27-1f2d6f5b7a90-urn:ietf:rfc:3986-150020-848474922',
  );
  expect(phdIdentifier({}, 'p', '150020', '2026-11-20T07:28:42')).toBeUndefined();
});
