import { expect, test } from 'vitest';
import { WORDS } from '../../../../agent/home/portal/words/words.ts';

type Tree = { readonly [name: string]: unknown };

/** Every text with its path, and the places in it that are filled in. */
function texts(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string'
      ? [[`${path}${name}`, value]]
      : texts(value as Tree, `${path}${name}.`),
  );
}
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

test('the catalogues say the same things, with the same places, and nothing is left empty', () => {
  const english = texts(WORDS.en);
  for (const language of ['nb', 'nn'] as const) {
    const own = new Map(texts(WORDS[language]));
    expect([...own.keys()].sort()).toEqual(english.map(([path]) => path).sort());
    for (const [path, text] of english) {
      expect([path, places(own.get(path) ?? '')]).toEqual([path, places(text)]);
      expect([path, own.get(path)?.trim() !== '']).toEqual([path, true]);
    }
  }
  expect(english.length).toBeGreaterThan(200);
});

test('no English is left in Norwegian, and no bokmål in nynorsk', () => {
  const english = new Map(texts(WORDS.en));
  const same = (['nb', 'nn'] as const).flatMap((language) =>
    texts(WORDS[language]).filter(
      ([path, text]) => text.split(' ').length > 4 && english.get(path) === text,
    ),
  );
  expect(same).toEqual([]);
  const bokmål =
    /(?<![\p{L}-])(ikke|jeg|hvem|hva|hvor|noen|noe|ble|være|fra|mye|hun|sier|gjøre)(?!\p{L})/iu;
  expect(texts(WORDS.nn).filter(([, text]) => bokmål.test(text))).toEqual([]);
});
