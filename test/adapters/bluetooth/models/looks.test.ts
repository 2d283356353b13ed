import { expect, test } from 'vitest';
import { MODELS, modelOf } from '../../../../adapters/bluetooth/models/index.ts';
import {
  actionOf,
  LOOK_FACTS,
  LOOKS,
  lookOf,
  looksOf,
} from '../../../../adapters/bluetooth/models/looks.ts';
import { KINDS } from '../../../../adapters/measurement.ts';

test('every model has a look, and so has everything that can be measured', () => {
  expect(MODELS.filter(({ measures }) => lookOf(measures) === undefined)).toEqual([]);
  const kinds = LOOKS.flatMap((look) => LOOK_FACTS[look].kinds);
  expect(kinds.toSorted()).toEqual(
    Object.keys(KINDS)
      .filter((kind) => kind !== 'battery')
      .toSorted(),
  );
});

test('what is heard has its model’s look, else those of its services', () => {
  expect(looksOf(modelOf('beurer-bf720'), ['ffff'])).toEqual(['scale']);
  expect(looksOf(undefined, ['1810', '180a'])).toEqual(['cuff']);
  expect(looksOf(undefined, ['fcd2'])).toEqual(['room-sensor', 'door-contact', 'button']);
  expect(looksOf(undefined, ['180a'])).toEqual([]);
});

test('the drawing shows what the words ask for', () => {
  const drawn = (key: string) => {
    const model = modelOf(key);
    const look = model && lookOf(model.measures);
    return look && actionOf(look, model.instructions.pair);
  };
  expect(drawn('omron-x4-smart')).toBe('hold-button');
  expect(drawn('beurer-bm54')).toBe('read-code');
  expect(drawn('nonin-3230')).toBe('on-finger');
  expect(drawn('polar-h10')).toBe('wear-strap');
  expect(drawn('xiaomi-mi-scale')).toBe('step-on');
  expect(drawn('shelly-sbdw-002c')).toBe('pull-strip');
});
