import { expect, test } from 'vitest';
import { decodeGatt } from '../../../../adapters/bluetooth/gatt/index.ts';
import { little } from './encoder.ts';
import { result } from './result.ts';

test.each([
  [0x07ff, 'not-a-number'],
  [0x0800, 'error'],
  [0x0801, 'error'],
  [0x07fe, 'positive-infinity'],
  [0x0802, 'negative-infinity'],
])('special value %i in any place is absent, and the others stand', (bits, absent) => {
  const one = [0x64, 0x00];
  const special = little(bits, 2);
  const decoded = result('2a35', [0, ...special, ...one, ...special]);
  expect(decoded.measurements[0]?.quantities).toEqual({
    systolic: { absent, unit: 'mm[Hg]' },
    diastolic: { value: '100', unit: 'mm[Hg]' },
    mean: { absent, unit: 'mm[Hg]' },
  });
});

test('weight and body fat of 0xFFFF: no value, and the device said why', () => {
  const weight = result('2a9d', [0x04, 0xff, 0xff, 0xff]);
  expect(weight).toEqual({
    ok: true,
    measurements: [
      {
        kind: 'body-weight',
        quantities: { weight: { absent: 'error', unit: 'kg' } },
        attributes: { flags: 4, trailingBytes: 0 },
      },
    ],
    status: ['measurement-unsuccessful'],
  });
  const fat = result('2a9c', [0x00, 0x00, 0xff, 0xff]);
  expect(fat.measurements[0]?.quantities).toEqual({ 'body-fat': { absent: 'error', unit: '%' } });
  expect(fat.status).toEqual(['measurement-unsuccessful']);
});

test.each(['0000', '7f00', 'ff00'])('a saturation of %s is a code for no finger', (spo2) => {
  const decoded = result('2a5e', [0, ...Buffer.from(spo2, 'hex'), 0x48, 0x00]);
  expect(decoded.measurements[0]?.quantities).toEqual({
    spo2: { absent: 'not-performed', unit: '%' },
    'pulse-rate': { value: '72', unit: '/min' },
  });
});

test.each(['0a', '41'])('control solution (%s) is nobody’s glucose', (sample) => {
  const frame = `020100e3070815061f0d3bc0${sample}`;
  const decoded = decodeGatt('2a18', Buffer.from(frame, 'hex'));
  expect(decoded).toMatchObject({ ok: true, fields: { sequenceNumber: 1 } });
  expect(decoded).not.toHaveProperty('measurements');
});

test.each(['ff7f', '0080'])('a glucose time offset of %s leaves no usable time', (offset) => {
  const decoded = result('2a18', [...Buffer.from(`030100e3070815061f0d${offset}3bc011`, 'hex')]);
  expect(decoded.deviceTime).toBeUndefined();
  expect(decoded.status).toContain('device-clock-not-set');
});

test.each(['2A35', '0x2a35', '00002a35-0000-1000-8000-00805f9b34fb'])('%s is found', (uuid) => {
  expect(decodeGatt(uuid, Uint8Array.of(0))).toEqual({ ok: false, reason: 'too-short' });
  expect(decodeGatt(`${uuid}0`, Uint8Array.of(0))).toEqual({ ok: false, reason: 'unsupported' });
});

test.each([
  ['2a35', '00640064006400', 'reserved-value'], // as high above as below
  ['fff1', '4d3a0002810b', 'bad-checksum'],
  ['fff1', '4d3a0005810d', 'bad-checksum'], // the sum is right, the length is not
  ['fff1', '5a0a26100200002121340baa', 'bad-checksum'],
  ['fff1', '5a0a26100200002121350aaa', 'bad-checksum'],
  ['2a19', '65', 'reserved-value'],
  ['2a19', '', 'too-short'],
  ['2a23', '01020304050607', 'too-short'],
])('%s %s is refused', (uuid, hex, reason) => {
  expect(decodeGatt(uuid, Buffer.from(hex, 'hex'))).toEqual({ ok: false, reason });
});

test('System ID becomes EUI-64 text', () => {
  const bytes = Buffer.from('015300feff5e0000', 'hex');
  expect(decodeGatt('2a23', bytes)).toEqual({
    ok: true,
    fields: { systemId: '00-00-5E-FF-FE-00-53-01' },
  });
});
