import { expect, test } from 'vitest';
import { counterOf, interpret } from '../../../../agent/home/journal/interpret.ts';
import { fc } from '../../../support/property.ts';

const gatt = (characteristic: string, hex: string) =>
  interpret({ source: { service: '1800', characteristic }, bytes: Buffer.from(hex, 'hex') });
const broadcast = (serviceData: string, hex: string) =>
  interpret({ source: { serviceData }, bytes: Buffer.from(hex, 'hex') });

test('what each frame means for the journal', () => {
  expect(gatt('2a19', '61')).toEqual({ is: 'battery', percent: '97' });
  expect(gatt('2a29', Buffer.from('Example').toString('hex'))).toEqual({
    is: 'fact',
    fact: { manufacturer: 'Example' },
  });
  expect(gatt('2a2b', 'ea07030209000001 0000'.replace(' ', ''))).toEqual({
    is: 'clock',
    deviceNow: '2026-03-02T09:00:00',
  });
  expect(gatt('2a35', '0480')).toEqual({ is: 'unreadable', because: 'too-short' });
  expect(gatt('ffff', '00')).toEqual({ is: 'unreadable', because: 'unsupported' });
  expect(gatt('2a37', '0400')).toMatchObject({ is: 'result', status: ['contact-not-detected'] });
});

test('broadcasts: measurements are results, a battery beside them a fact, the rest is none', () => {
  expect(broadcast('fcd2', '4000050161')).toEqual({ is: 'battery', percent: '97' });
  const door = broadcast('fcd2', '40000501612d01');
  expect(door).toMatchObject({ is: 'result', battery: '97', measurements: [{ kind: 'contact' }] });
  expect(door.is === 'result' && counterOf(door.measurements[0])).toBe('packetId 5');
  expect(broadcast('fcd2', '400005')).toEqual({ is: 'not-a-result' });
  expect(broadcast('1810', '00')).toEqual({ is: 'not-a-result' });
  expect(broadcast('181d', '01')).toEqual({ is: 'not-a-result' });
  // Sealed, and the household has no key: said, for its measurements are not read.
  expect(broadcast('fcd2', `41${'00'.repeat(12)}`)).toEqual({
    is: 'unreadable',
    because: 'encrypted',
  });
});

test('any bytes from anywhere mean something', () => {
  const source = fc.oneof(
    fc
      .constantFrom('2a35', '2a37', '2a18', '2a19', '2a23', '2a2b', 'fff1')
      .map((characteristic) => ({
        service: '1810',
        characteristic,
      })),
    fc.constantFrom('fcd2', 'fe95', '181b', '181d').map((serviceData) => ({ serviceData })),
    fc.constantFrom(0x0499, 0x006b, 1).map((manufacturer) => ({ manufacturer })),
  );
  fc.assert(
    fc.property(source, fc.uint8Array({ maxLength: 40 }), (from, bytes) => {
      const before = Buffer.from(bytes);
      expect(interpret({ source: from, bytes }).is).toBeTypeOf('string');
      expect(Buffer.from(bytes)).toEqual(before);
    }),
    { numRuns: 2_000 },
  );
});
