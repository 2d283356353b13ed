import { expect, test } from 'vitest';
import {
  advertisementDecoders,
  decodeAdvertisement,
} from '../../../../adapters/bluetooth/advertisements/index.ts';
import { sealOf } from '../../../../adapters/bluetooth/advertisements/sealed.ts';
import { fc } from '../../../support/property.ts';
import { bytesOf, decodeLike, vectors } from '../gatt/vectors.ts';
import { KEY, seal, sealedBthome } from './seal.ts';

const BTHOME = { serviceData: 'fcd2' };
const MIBEACON = { serviceData: 'fe95' };
const ADDRESS = '02:00:5E:10:00:01';

const frameOf = (objects: string) => sealedBthome('02005e100001', objects, 0x00112233);

test('an encrypted BTHome frame says what the plain one says, and its counter', () => {
  const decoded = decodeAdvertisement(BTHOME, frameOf('02ca0903bf13'), {
    address: ADDRESS,
    key: KEY,
  });
  expect(decoded).toMatchObject({
    measurements: [
      {
        kind: 'environment',
        quantities: {
          temperature: { value: '25.06', unit: 'Cel' },
          humidity: { value: '50.55', unit: '%' },
        },
        attributes: { encrypted: true, counter: 0x00112233 },
      },
    ],
  });
});

test('every changed bit, a wrong key, address or none: encrypted, and no value', () => {
  const frame = frameOf('02ca0903bf13');
  const refusal = { ok: false, reason: 'encrypted' };
  const context = { address: ADDRESS, key: KEY };
  for (let bit = 8; bit < frame.length * 8; bit += 1) {
    const changed = Buffer.from(frame);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(decodeAdvertisement(BTHOME, changed, context)).toEqual(refusal);
  }
  expect(decodeAdvertisement(BTHOME, frame)).toEqual(refusal);
  expect(decodeAdvertisement(BTHOME, frame, { key: KEY })).toEqual(refusal);
  expect(decodeAdvertisement(BTHOME, frame, { address: ADDRESS })).toEqual(refusal);
  expect(decodeAdvertisement(BTHOME, frame, { ...context, key: KEY.slice(1) })).toEqual(refusal);
  expect(decodeAdvertisement(BTHOME, frame, { ...context, address: '02:00:5E:10:00:02' })).toEqual(
    refusal,
  );
});

test('an address in the frame is used before the one it came from', () => {
  const nonce = Buffer.from('02005e100001d2fc4333221100', 'hex');
  const sealed = seal(Buffer.from('2d01', 'hex'), nonce);
  const frame = Buffer.concat([
    Buffer.from('430100105e0002', 'hex'),
    sealed.subarray(0, -4),
    Buffer.from('33221100', 'hex'),
    sealed.subarray(-4),
  ]);
  const decoded = decodeAdvertisement(BTHOME, frame, { address: '020000000000', key: KEY });
  expect(decoded).toMatchObject({
    measurements: [{ kind: 'contact', attributes: { window: true, state: 'open' } }],
  });
});

test('a MiBeacon frame that was changed gives no value', () => {
  for (const vector of vectors.filter(({ bindkeyHex }) => bindkeyHex)) {
    if ('error' in vector.expected) continue;
    const changed = bytesOf(vector);
    const last = changed.length - 1;
    changed[last] = (changed[last] ?? 0) ^ 1;
    expect(decodeLike(vector, changed), vector.id).toEqual({ ok: false, reason: 'encrypted' });
  }
});

test.each([
  ['19100100', { opening: true, state: 'open' }],
  ['19100101', { opening: false, state: 'closed' }],
  ['19100102', { opening: true, state: 'open', leftOpen: true }],
  ['04480102', { opening: false, state: 'closed' }],
])('MiBeacon contact %s', (object, attributes) => {
  const decoded = decodeAdvertisement(MIBEACON, Buffer.from(`40508b0901${object}`, 'hex'));
  expect(decoded).toMatchObject({ measurements: [{ kind: 'contact', attributes }] });
});

test('an unknown BTHome object ends the frame; what came before it stands', () => {
  const decoded = decodeAdvertisement(BTHOME, Buffer.from('4001642d01eb01', 'hex'));
  expect(decoded).toMatchObject({
    measurements: [
      { kind: 'battery', quantities: { level: { value: '100', unit: '%' } } },
      { kind: 'contact', attributes: { window: true } },
    ],
  });
});

test('a BTHome object cut short, and another version of it, are refused', () => {
  expect(decodeAdvertisement(BTHOME, Buffer.from('4002ca', 'hex'))).toEqual({
    ok: false,
    reason: 'too-short',
  });
  expect(decodeAdvertisement(BTHOME, Buffer.from('2002ca09', 'hex'))).toEqual({
    ok: false,
    reason: 'unsupported',
  });
});

test.each([
  ['223e30e607020e10293a', true],
  ['023e30e607020e10293a', false], // still moving
  ['a23e30e607020e10293a', false], // stepped off
  ['623e30e607020e10293a', false], // an object
])('Mi Scale %s is a result: %s', (hex, isResult) => {
  const decoded = decodeAdvertisement({ serviceData: '181d' }, Buffer.from(hex, 'hex'));
  expect('measurements' in decoded).toBe(isResult);
  expect('fields' in decoded).toBe(!isResult);
});

test('Ruuvi leaves out what the tag says it does not have', () => {
  const decoded = decodeAdvertisement(
    { manufacturer: 0x0499 },
    Buffer.from('058000ffffffff800080008000ffffffffffffffffffffff', 'hex'),
  );
  expect(decoded).toMatchObject({ measurements: [{ kind: 'environment', quantities: {} }] });
  const [measurement] = 'measurements' in decoded ? decoded.measurements : [];
  expect(measurement?.quantities).toEqual({});
  expect(Object.keys(measurement?.attributes ?? {})).toEqual(['mac']);
});

test('Ruuvi RAWv1 sends frost as a sign and a magnitude', () => {
  const bytes = Buffer.from('03298a1ece1efc18f94202ca0b53', 'hex');
  expect(decodeAdvertisement({ manufacturer: 0x0499 }, bytes)).toMatchObject({
    measurements: [{ quantities: { temperature: { value: '-10.30', unit: 'Cel' } } }],
  });
});

test('manufacturer data is the same with and without its company id', () => {
  for (const vector of vectors.filter(({ service }) => service === 'company 0x0499')) {
    const bare = bytesOf(vector);
    const prefixed = Uint8Array.of(0x99, 0x04, ...bare);
    const source = { manufacturer: 0x0499 };
    expect(decodeAdvertisement(source, prefixed)).toEqual(decodeAdvertisement(source, bare));
  }
});

test('any bytes in any place of a broadcast: a value, a refusal, never an exception', () => {
  const sources = [...advertisementDecoders(), { serviceData: 'feed' }, { manufacturer: 1 }];
  expect(sources.length).toBeGreaterThan(7);
  const context = fc.option(
    fc.record(
      { address: fc.constantFrom(ADDRESS, 'x', ''), key: fc.uint8Array({ maxLength: 17 }) },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...sources),
      fc.uint8Array({ maxLength: 40 }),
      context,
      (source, bytes, about) => {
        const decoded = decodeAdvertisement(source, bytes, about);
        expect(JSON.parse(JSON.stringify(decoded))).toEqual(decoded);
      },
    ),
    { numRuns: 3000 },
  );
});

test('the seal of a frame: the counter that its nonce has, and one byte of it where there is no more', () => {
  const count = ({ id, payloadHex }: (typeof vectors)[number]) => [
    id,
    sealOf(MIBEACON, Buffer.from(payloadHex, 'hex')),
  ];
  const seals = Object.fromEntries(
    vectors.filter(({ id }) => id.startsWith('mibeacon')).map(count),
  );
  expect(seals).toMatchObject({
    'mibeacon-cgdk2': { counter: 0x0207, bits: 32, tag: '2fa453fa' },
    'mibeacon-mccgq02hl': { counter: 0x04a3, bits: 32 },
    'mibeacon-s400-2': { counter: 0x0b, bits: 8, tag: 'd8642df6' },
    'mibeacon-t201': undefined,
  });
  expect(sealOf(BTHOME, frameOf('2d01'))).toMatchObject({ counter: 0x00112233, bits: 32 });
  expect(sealOf(BTHOME, Buffer.from('402d01', 'hex'))).toBeUndefined();
  expect(sealOf({ manufacturer: 0x0499 }, frameOf('2d01'))).toBeUndefined();
  fc.assert(
    fc.property(
      fc.constantFrom(BTHOME, MIBEACON),
      fc.uint8Array({ maxLength: 30 }),
      (at, bytes) => {
        const { counter } = sealOf(at, bytes) ?? { counter: 0 };
        expect(Number.isInteger(counter) && counter >= 0 && counter <= 0xffffffff).toBe(true);
      },
    ),
  );
});

test.each([
  ['2f166b68', '104'],
  ['2f166b', '107'], // without the slower average
  ['6f166b68', 'unsupported'], // another kind of data
  ['2f166b6800', 'unsupported'],
  ['2f160000', 'not-a-result'], // not worn
  ['2f16', 'too-short'],
])('Polar %s: %s', (hex, said) => {
  const decoded = decodeAdvertisement({ manufacturer: 0x006b }, Buffer.from(hex, 'hex'));
  if (!decoded.ok) expect(decoded.reason).toBe(said);
  else
    expect(decoded).toMatchObject({
      measurements: [{ kind: 'heart-rate', quantities: { 'heart-rate': { value: said } } }],
    });
});

test('one weighing of an S400 bears one number in whatever frame it comes', () => {
  const weighing = vectors.find(({ id }) => id === 'mibeacon-s400-openscale');
  const decoded = weighing && decodeLike(weighing, bytesOf(weighing));
  expect(decoded).toMatchObject({
    sequence: 0x686c1979,
    measurements: [{ kind: 'body-weight' }, {}],
  });
});

test.each([
  ['3333bb41', { value: '23.4', unit: 'Cel' }],
  ['0000c07f', { absent: 'not-a-number', unit: 'Cel' }],
  ['0000807f', { absent: 'positive-infinity', unit: 'Cel' }],
  ['000080ff', { absent: 'negative-infinity', unit: 'Cel' }],
  ['ffff7f7f', { value: expect.stringMatching(/^3402823\d{32}$/), unit: 'Cel' }],
  ['bd378635', { value: '0.000001', unit: 'Cel' }],
  ['00000000', { value: '0', unit: 'Cel' }],
])('MiBeacon: a float %s is a decimal number or none', (hex, temperature) => {
  const bytes = Buffer.from(`40504c3f10014c04${hex}`, 'hex');
  expect(decodeAdvertisement({ serviceData: 'fe95' }, bytes)).toMatchObject({
    measurements: [{ quantities: { temperature } }],
  });
});
