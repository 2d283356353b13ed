import { afterAll, beforeAll, expect, test } from 'vitest';
import { MODELS } from '../../../../adapters/bluetooth/models/index.ts';
import { KINDS, type Kind } from '../../../../adapters/measurement.ts';
import { kindName, permissionSentence } from '../../../../agent/home/consent/sentence.ts';
import { LANGUAGE_NAMES } from '../../../../agent/pages/language.ts';
import { PRINTED_UNIT } from '../../../../fhir/codes.ts';
import { CARE } from '../household.ts';
import type { TestBrowser } from './furnished.ts';
import { MARK, type OddPortal, oddPortal } from './odd-language.ts';

let portal: OddPortal;
let home: OddPortal['usual'];
let kari: TestBrowser;

beforeAll(async () => {
  portal = await oddPortal();
  home = portal.usual;
  kari = await portal.signedIn(home.person.id);
  kari.cookies.set('iomt-language', 'nn');
});
afterAll(() => portal.stop());

const WORD = /\p{L}{3,}/gu;

/** What stands in no catalogue, and may: names, units, and dates as the runtime has them. */
function given(): Set<string> {
  const dates = Array.from({ length: 12 }, (_, month) =>
    [{ weekday: 'long', month: 'long' } as const, { dateStyle: 'long' } as const].map((form) =>
      new Intl.DateTimeFormat('nn', { ...form, timeZone: 'UTC' }).format(
        Date.UTC(2026, month, month + 1),
      ),
    ),
  );
  const ago = (['day', 'hour', 'minute'] as const).flatMap((unit) =>
    [-1, -2, -40].map((n) =>
      new Intl.RelativeTimeFormat('nn', { numeric: 'auto' }).format(n, unit),
    ),
  );
  const kinds = Object.keys(KINDS) as Kind[];
  const terms = { recipient: CARE.name, kinds };
  const texts = [
    ...dates.flat(),
    ...ago,
    ...kinds.map((kind) => kindName(kind, 'nn')),
    // As it was read when it was given, whatever language the page has now.
    ...(['nb', 'nn'] as const).map((language) =>
      permissionSentence({ ...terms, language, from: '2026-03-02', until: '2026-05-02' }),
    ),
    ...Object.values(LANGUAGE_NAMES),
    ...Object.values(PRINTED_UNIT),
    ...MODELS.flatMap(({ vendor, name }) => [vendor, name]),
    ...[home.person.name, home.device.name, CARE.name, 'Hjelper Eksempel', 'Eva Eksempel'],
  ];
  return new Set(texts.flatMap((text) => text.toLowerCase().match(WORD) ?? []));
}

/** Words of a page that stand in no catalogue: of what is seen and of what is read aloud. */
function strays(page: string, known: ReadonlySet<string>): string[] {
  const spoken = [...page.matchAll(/(?:aria-label|alt|title|placeholder|data-said)="([^"]*)"/g)];
  // Codes and hashes for technicians, and addresses for machines, are the same in each language.
  const coded = /<(style|script)[\s\S]*?<\/\1>|<(\w+)[^>]* class="mono"[^>]*>[\s\S]*?<\/\2>/g;
  const seen = page.replaceAll(coded, ' ').replaceAll(/<[^>]*>/g, ' ');
  const text = [seen, ...spoken.map(([, said = '']) => said)].join(' ');
  const words = text
    .replaceAll(/&#?\w+;|\/\w+/g, ' ')
    .toLowerCase()
    .match(WORD);
  return [...new Set(words)].filter((word) => !word.includes(MARK) && !known.has(word));
}

type Asked = [url: string, page: { readonly status: number; readonly text: string }];

/** What is wrong with pages: another language, or words that stand in no catalogue. */
function wrong(pages: readonly Asked[]): Record<string, unknown> {
  const known = given();
  const found = pages.map(([url, { text }]) => {
    const isTold = /<html[^>]* lang="nn"/.test(text);
    return [url, isTold ? strays(text, known) : 'its language'] as const;
  });
  return Object.fromEntries(found.filter(([, of]) => of.length > 0));
}

test('no word on any page stands outside the catalogues, and each says which language it is', async () => {
  const pages: Asked[] = [];
  for (const url of [...portal.paths(), '/nowhere']) {
    const page = await kari.get(url);
    if (page.status !== 303) pages.push([url, page]);
  }
  expect(wrong(pages)).toEqual({});
  expect(pages.filter(([, { status }]) => status === 200).length).toBeGreaterThan(35);
});

test('nor on the pages of who helps or decides for another, nor where something is refused', async () => {
  const [helper, guardian] = [
    await portal.helper(home.person.id),
    await portal.representative(home.person.id),
  ];
  const stranger = portal.browser();
  for (const browser of [helper, guardian, stranger]) browser.cookies.set('iomt-language', 'nn');
  const pages: Asked[] = [];
  for (const url of ['/box', '/devices', '/me', '/readings/blood-pressure', '/shares']) {
    pages.push([`helper ${url}`, await helper.get(url)]);
    pages.push([`guardian ${url}`, await guardian.get(url)]);
  }
  const posts = [
    [stranger, '/welcome', { code: '1234 5678' }],
    [kari, '/me/pin', { old: '000000', pin: '111111', again: '2' }],
    [kari, '/me/reminder', { time: '24:00' }],
    [kari, '/me/wipe', { pin: '999999' }],
    [kari, '/questions/none/answer', { answer: 'mine' }],
    [kari, `/devices/${home.device.id}/name`, { name: '' }],
    [kari, `/devices/${home.device.id}/whose`, {}],
    [kari, '/me/others/new/helper', {}],
    [kari, '/me', { token: '' }],
  ] as const;
  for (const [browser, url, fields] of posts) {
    const page = await browser.post(url, fields);
    expect([url, page.status === 303]).toEqual([url, false]);
    pages.push([`refused ${url}`, page]);
  }
  expect(wrong(pages)).toEqual({});
});
