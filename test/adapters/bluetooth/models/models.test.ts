import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bondLostWords } from '../../../../adapters/bluetooth/models/bond-lost.ts';
import { modelsTable, withModels } from '../../../../adapters/bluetooth/models/document.ts';
import { identify, MODELS, modelOf } from '../../../../adapters/bluetooth/models/index.ts';
import { QUIRKS, type Words } from '../../../../adapters/bluetooth/models/model.ts';
import { MEASURE, NOT_YET, ONE_HOST, PAIR } from '../../../../adapters/bluetooth/models/words.ts';
import { KINDS } from '../../../../adapters/measurement.ts';
import { fc } from '../../../support/property.ts';

const root = join(import.meta.dirname, '../../../..');
const folder = join(root, 'adapters/bluetooth/models');
const NO_VENDOR = ['bond-lost.ts', 'document.ts', 'index.ts', 'model.ts', 'looks.ts', 'words.ts'];

test('keys are unique, and find their model again', () => {
  expect(new Set(MODELS.map(({ key }) => key)).size).toBe(MODELS.length);
  for (const model of MODELS) {
    expect(model.key).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(modelOf(model.key)).toBe(model);
  }
  expect(modelOf('no-such-model')).toBeUndefined();
});

test('every vendor file is in the index', async () => {
  const files = readdirSync(folder).filter((file) => !NO_VENDOR.includes(file));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const lists = Object.values((await import(join(folder, file))) as Record<string, unknown>);
    expect(lists, file).toHaveLength(1);
    for (const model of lists.flat()) expect(MODELS, file).toContain(model);
  }
});

test.each(MODELS)('$key is recognised by what it says of itself', (model) => {
  expect(identify(model.example)?.key).toBe(model.key);
  const others = MODELS.filter((other) => other !== model);
  expect(others.filter((other) => identify(other.example) === model)).toEqual([]);
});

test.each(MODELS)('$key is not recognised by half of what it says', ({ key, example }) => {
  const { services, ...rest } = example;
  expect(identify({ services })).toBeUndefined();
  expect(identify({ ...rest, services: ['1801'] })?.key).toBe(services ? undefined : key);
  const { manufacturer } = example;
  if (manufacturer !== undefined) expect(identify({ manufacturer, services })).toBeUndefined();
});

test('what contradicts itself, or fits two models, is no model', () => {
  expect(identify({ name: 'A&D_UA-651BLE_000001', model: 'UB-1100BLE' })).toBeUndefined();
  expect(identify({ name: 'Polar H10 00000001', manufacturer: 'Example' })).toBeUndefined();
  expect(identify({ name: 'X4 Smart', model: 'HEM-7155T-EBK' })).toBeUndefined();
  expect(identify({ name: 'BF720', model: 'HEM-7600T-E' })).toBeUndefined();
});

test('a short model number counts beside its maker only', () => {
  expect(identify({ model: '923', services: ['1808'] })).toBeUndefined();
  expect(identify({ model: '923', manufacturer: 'Example', services: ['1808'] })).toBeUndefined();
  expect(identify({ name: 'meter+00000001', services: ['1808'] })).toBeUndefined();
});

test('who says nothing, or anything, is not taken for a device that is known', () => {
  expect(identify({})).toBeUndefined();
  const text = fc.option(fc.string(), { nil: undefined });
  const services = fc.array(fc.constantFrom('1810', '181d', '1808', '1822', 'fff0', 'fe95'));
  fc.assert(
    fc.property(text, text, text, services, (name, manufacturer, model, told) => {
      const found = identify({ name, manufacturer, model, services: told });
      if (!found) return;
      const { identity } = found;
      expect(identity.name?.test(name ?? '') || identity.model?.test(model ?? '')).toBe(true);
    }),
  );
});

test('three languages are complete', () => {
  const complete = (words: Words) =>
    (['nb', 'nn', 'en'] as const).every((language) => /\S.*[.]$/.test(words[language]));
  for (const words of [...Object.values(PAIR), ...Object.values(MEASURE), ONE_HOST, NOT_YET]) {
    expect(words).toSatisfy(complete);
    expect(new Set([words.nb, words.nn, words.en]).size).toBe(3);
  }
  for (const { instructions } of MODELS) {
    expect([instructions.pair, instructions.measure].every(complete)).toBe(true);
  }
});

test('a lost bond is said with what a person does about it, of every model and of none', () => {
  for (const model of [undefined, 'no-such-model', ...MODELS.map(({ key }) => key)]) {
    const words = bondLostWords(model);
    expect(new Set([words.nb, words.nn, words.en]).size).toBe(3);
    for (const text of Object.values(words)) expect(text).toMatch(/\S.*[.]$/);
  }
  expect(bondLostWords('ad-ua-651ble').en).toBe(
    'A&D UA-651BLE has forgotten this box and has to be paired again. Put the device beside the box and hold its button until “Pr” shows.',
  );
  expect(bondLostWords('omron-x4-smart').nb).toMatch(
    /^Omron X4 Smart .* én paring.*«P» blinker\.$/,
  );
  expect(bondLostWords(undefined).nn).toMatch(/^Apparatet har gløymt/);
});

test('a product number tells a broadcaster, and another one is another', () => {
  expect(identify({ product: 0x3f4c })?.key).toBe('linptech-ps1bb');
  expect(identify({ product: 0x3f4c, services: ['181d'] })).toBeUndefined();
  expect(identify({ product: 0xffff, name: 'Xiaomi Smart Scale S200' })).toBeUndefined();
  expect(identify({ name: 'Xiaomi Smart Scale S200', services: ['fe95'] })?.key).toBe(
    'xiaomi-s200',
  );
});

test('the names that people report', () => {
  expect(identify({ name: 'UB-1100BLE_000001', services: ['1810'] })?.key).toBe('ad-ub-1100ble');
  expect(identify({ name: 'A&D_UT201BLE_000001', services: ['1809'] })?.key).toBe('ad-ut-201ble');
});

test('quirks, kinds, clocks and ranges are of the closed lists, with a source', () => {
  for (const model of MODELS) {
    expect(Object.keys(QUIRKS)).toEqual(expect.arrayContaining([...model.quirks]));
    expect(new Set(model.quirks).size).toBe(model.quirks.length);
    expect(Object.keys(KINDS)).toEqual(expect.arrayContaining([...model.measures]));
    expect(model.measures.length).toBeGreaterThan(0);
    const { name, model: number, product } = model.identity;
    expect(name instanceof RegExp || number instanceof RegExp || product !== undefined).toBe(true);
    for (const { source } of Object.values(model.measuringRange ?? {})) {
      expect(source).not.toBe('');
    }
    // Patterns keep no state between two devices.
    for (const pattern of [model.identity.name, model.identity.model]) {
      expect(pattern?.global || pattern?.sticky || false).toBe(false);
    }
  }
  const used = new Set(MODELS.flatMap(({ quirks }) => quirks));
  expect([...used].sort()).toEqual(Object.keys(QUIRKS).sort());
});

test('a capture that is named as evidence is among the vectors', () => {
  const text = readFileSync(join(root, 'test/fixtures/vectors.json'), 'utf8');
  const vectors = (JSON.parse(text) as { id: string }[]).map(({ id }) => id);
  const captures = MODELS.flatMap(({ evidence }) => evidence).filter(
    ({ kind }) => kind === 'capture',
  );
  expect(captures.length).toBeGreaterThan(5);
  for (const { reference } of captures) expect(vectors).toContain(reference);
});

test('README has the table of the models', () => {
  const page = readFileSync(join(root, 'README.md'), 'utf8');
  const AGAIN = 'out of date; make it again: node adapters/bluetooth/models/document.ts --write';
  expect(page === withModels(page), AGAIN).toBe(true);
  expect(modelsTable().split('\n')).toHaveLength(MODELS.length + 2);
  expect(() => withModels('a page without a place for it')).toThrow();
});
