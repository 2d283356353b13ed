import { expect, test } from 'vitest';
import {
  codeText,
  SETUP_CARD_STYLE,
  setupCard,
  welcomeUrl,
} from '../../../../agent/home/portal/pages/setup-card.ts';
import { en } from '../../../../agent/home/portal/words/setup-card.en.ts';
import { nb } from '../../../../agent/home/portal/words/setup-card.nb.ts';
import { nn } from '../../../../agent/home/portal/words/setup-card.nn.ts';
import { LANGUAGE_TAGS } from '../../../../agent/pages/language.ts';

const CARD = {
  url: 'https://iomt-abcdefgh.local:8420/',
  numberUrls: ['https://192.0.2.10:8420/'],
  code: '12345678',
  codeMinutes: 15,
  isTrusted: false,
};
const WORDS = { nb, nn, en };

test('the code stands where no server and no log sees it', () => {
  const url = new URL(welcomeUrl(CARD.url, CARD.code));
  expect([url.origin, url.pathname, url.search, url.hash]).toEqual([
    'https://iomt-abcdefgh.local:8420',
    '/welcome',
    '',
    '#12345678',
  ]);
  expect(welcomeUrl(CARD.url, undefined)).toBe('https://iomt-abcdefgh.local:8420/welcome');
});

test.each(LANGUAGE_TAGS)(
  '%s: address, number, code and the warning of three kinds of browser',
  (tag) => {
    const { html } = setupCard(CARD, tag);
    for (const part of [CARD.url, CARD.numberUrls[0] ?? '', codeText(CARD.code), '113', ' 15 ']) {
      expect(html).toContain(part);
    }
    expect(html.match(/<svg/g)).toHaveLength(4);
    expect(html.match(/role="img" aria-label="[^"]{20,}"/g)).toHaveLength(4);
    for (const { browser, heading } of Object.values(WORDS[tag].browsers)) {
      expect(html).toContain(browser.replaceAll("'", '&#39;'));
      expect(html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ')).toContain(heading);
    }
    expect(html).not.toMatch(/style=|<script|undefined|\$\{|\[object/);
  },
);

test.each(LANGUAGE_TAGS)('%s: a name that browsers trust has no warning', (tag) => {
  const { html } = setupCard({ ...CARD, url: 'https://box.example.org/', isTrusted: true }, tag);
  expect(html).toContain('https://box.example.org/');
  expect(html.match(/<svg/g)).toHaveLength(1);
  expect(html).not.toContain(WORDS[tag].warning.title);
  // By number there is one, whatever the name has.
  expect(html).toContain(WORDS[tag].typeNumberNamed);
  expect(setupCard(CARD, tag).html).not.toContain(WORDS[tag].typeNumberNamed);
});

test('without a code there is room to write it, and no number where there is none', () => {
  const { html } = setupCard({ ...CARD, code: undefined, numberUrls: [] }, 'nb');
  expect(html).toContain(nb.noCode);
  expect(html).not.toContain('12345678');
  expect(html).not.toContain(nb.typeNumber);
});

/** Every string of a catalogue with its place; functions as what they make of a mark. */
function strings(node: unknown, path = ''): [string, string][] {
  if (typeof node === 'string') return [[path, node]];
  if (typeof node === 'function')
    return strings((node as (...a: string[]) => unknown)('§', '§'), path);
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => strings(value, `${path}.${key}`));
}

test('every language has the same words, none empty, none left in another language', () => {
  const english = strings(en);
  for (const other of [nb, nn]) {
    const own = strings(other);
    expect(own.map(([path]) => path)).toEqual(english.map(([path]) => path));
    for (const [at, [path, words]] of own.entries()) {
      expect(words.trim(), path).not.toBe('');
      expect(words, path).not.toBe(english[at]?.[1]);
      expect(words.includes('§'), path).toBe(english[at]?.[1].includes('§'));
    }
  }
  // What browsers write stands as they write it.
  const prose = strings(nn).filter(([path]) => !/heading|pressed|steps|browser$/.test(path));
  for (const [path, words] of prose) {
    expect(words, path).not.toMatch(/\b(ikke|hjemme|fra|hva|jeg|advarsel\w*|nettleser\w*)\b/i);
  }
});

test('the card’s style is of its own names only', () => {
  const rules = SETUP_CARD_STYLE.replaceAll(/@media[^{]+\{|\{[^}]*\}|\}/g, '')
    .trim()
    .split('\n');
  for (const selector of rules.filter((line) => line.trim() !== '')) {
    expect(selector).toMatch(/\.setup-/);
  }
});
