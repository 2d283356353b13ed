import { expect, test } from 'vitest';
import { shown, worthShowing } from '../../../adapters/bluetooth/adoptable.ts';
import type { Advertisement } from '../../../adapters/bluetooth/radio/radio.ts';

const heard = (more: Partial<Advertisement>): Advertisement => ({
  address: '00005e005341',
  services: [],
  serviceData: [],
  rssi: -50,
  connectable: true,
  at: 0,
  ...more,
});
const data = new Uint8Array([0x40, 0x20, 0xd5, 0x3b, 1]);
const serviceData = (uuid: string) => ({ serviceData: [{ uuid, data }] });
const manufacturer = (company: number) => ({ manufacturer: { company, data } });

test.each<[string, Partial<Advertisement>, shown: boolean, supported: boolean | undefined]>([
  ['a cuff', { services: ['1810'] }, true, true],
  ['a door sensor', { ...serviceData('fcd2'), connectable: false }, true, true],
  ['a scale that broadcasts', serviceData('181b'), true, true],
  ['a room sensor', manufacturer(0x0499), true, true],
  ['a strap that broadcasts its rate', manufacturer(0x006b), true, true],
  [
    'a cuff of a protocol of its own',
    { services: ['ecbe3980c9a211e1b1bd0002a5d5c51b'] },
    true,
    undefined,
  ],
  ['something with a name', { name: 'Gadget', ...manufacturer(0x0157) }, true, false],
  ['something with a battery', serviceData('180f'), false, false],
  ['a beacon with a name', { name: 'Shop', connectable: false }, false, false],
  ['a telephone', manufacturer(0x004c), false, false],
])('%s', (_, more, isShown, isSupported) => {
  expect(worthShowing(heard(more))).toBe(isShown);
  expect(shown(heard(more)).supported).toBe(isSupported);
});

test('what is shown holds nothing of the data, but which product it is', () => {
  const seen = shown(heard({ ...serviceData('fe95'), ...manufacturer(0x0157) }));
  expect(seen).toMatchObject({ broadcasts: ['fe95'], company: 0x0157, product: 0x3bd5 });
  expect(JSON.stringify(seen)).not.toMatch(/data"/i);
});
