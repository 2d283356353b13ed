import { expect, test } from 'vitest';
import { shown } from '../../../../adapters/bluetooth/adoptable.ts';
import { recognised } from '../../../../agent/home/people/recognised.ts';

const heard = (more: object) =>
  recognised(
    shown({
      ...{ address: '00005e005366', services: [], serviceData: [], rssi: -60 },
      ...{ connectable: true, at: 0 },
      ...more,
    }),
  );

test('a broadcaster is recognised by the product number in its frames', () => {
  const data = Buffer.from('58594c3f1012efbe38c1a47f7b3e9500000035019b45', 'hex');
  const one = heard({ serviceData: [{ uuid: 'fe95', data }] });
  expect(one).toMatchObject({ model: 'Linptech PS1BB', modelKey: 'linptech-ps1bb' });
  expect(one).not.toHaveProperty('notYet');
});

test('a frame that is cut before its number names no product', () => {
  const data = Buffer.from('58594c', 'hex');
  expect(heard({ serviceData: [{ uuid: 'fe95', data }] })).not.toHaveProperty('product');
});

test('a model that cannot be read yet is said to be so', () => {
  const one = heard({ name: 'BLEsmart_00000561', services: ['fe4a'] });
  expect(one).toMatchObject({
    modelKey: 'omron-m4-intelli-it',
    notYet: { en: expect.stringContaining('cannot read') },
  });
});

test('one that speaks its maker’s own protocol is supported', () => {
  const one = heard({ name: 'BP3GY1-2N', services: ['fff0'] });
  expect(one).toMatchObject({ modelKey: 'microlife-bp3gy1-2n', supported: true });
  expect(one).not.toHaveProperty('notYet');
});
