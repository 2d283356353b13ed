import { afterAll, beforeAll, expect, test } from 'vitest';
import { MODELS } from '../../../../adapters/bluetooth/models/index.ts';
import { LOOK_FACTS } from '../../../../adapters/bluetooth/models/looks.ts';
import { KINDS, type Kind } from '../../../../adapters/measurement.ts';
import { kindName, permissionSentence } from '../../../../agent/home/consent/sentence.ts';
import { nb as cardNb } from '../../../../agent/home/portal/words/setup-card.nb.ts';
import { nn as cardNn } from '../../../../agent/home/portal/words/setup-card.nn.ts';
import { WORDS } from '../../../../agent/home/portal/words/words.ts';
import { LANGUAGE_NAMES } from '../../../../agent/pages/language.ts';
import { MEASURED } from '../../../../agent/pages/measured.ts';
import { WHEN } from '../../../../agent/pages/when.ts';
import { PRINTED_UNIT } from '../../../../fhir/codes.ts';
import { bloodPressure, CARE, cuff, DAY, HOUR, settled, usual } from '../household.ts';
import { type FurnishedPortal, furnishPortal, type TestBrowser } from './furnished.ts';
import { pressure, put, single, stored } from './many-readings.ts';
import { listed } from './routes.ts';

/**
 * A language that nobody speaks stands in nynorsk's place: bokmål, longer, and every word with the letter
 * that begins it here. What a page then shows without that letter stands in no catalogue.
 */

const LETTERS: Readonly<Record<string, string>> = {
  ...{ a: 'á', c: 'č', d: 'đ', n: 'ŋ', s: 'š', t: 'ŧ', z: 'ž' },
};
const MARK = 'ŋ';

const odd = (text: string): string =>
  text.replaceAll(/\{\w+\}|\p{L}+/gu, (word) =>
    word.startsWith('{')
      ? word
      : `${MARK}${[...word].map((letter) => LETTERS[letter] ?? letter).join('')}${'ž'.repeat(Math.floor(word.length * 0.4))}`,
  );

type Tree = Record<string, unknown>;

/** Writes every text of `from` into the same place of `to`, made odd. */
function fill(to: Tree, from: Tree): void {
  for (const [name, value] of Object.entries(from)) {
    if (typeof value === 'string') to[name] = odd(value);
    else if (typeof value === 'object' && value !== null) fill(to[name] as Tree, value as Tree);
  }
}

/** A text in the languages of the pages, beside a device. */
function fillModels(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const words = value as Tree;
  if (typeof words.nb === 'string') words.nn = odd(words.nb);
  else for (const inner of Object.values(words)) fillModels(inner);
}

let home: Awaited<ReturnType<typeof usual>>;
let portal: FurnishedPortal;
let kari: TestBrowser;

beforeAll(async () => {
  for (const [to, from] of [
    [WORDS.nn, WORDS.nb],
    [WHEN.nn, WHEN.nb],
    [MEASURED.nn, MEASURED.nb],
    [cardNn, cardNb],
  ]) {
    fill(to as unknown as Tree, from as unknown as Tree);
  }
  fillModels(MODELS);
  fillModels(LOOK_FACTS);
  home = await usual();
  await cuff(home.home, bloodPressure({ status: 4 }));
  await settled(home.home, 1);
  const own = { device: home.device.id, person: home.person.id };
  const held = { state: 'held', held: 'person', heldBecause: 'before-pairing' } as const;
  const nobodys = { ...own, ...held, person: undefined, basis: undefined };
  const untimed = { ...nobodys, held: 'clock', heldBecause: 'clock-unset' } as const;
  const weight = single('body-weight', 'weight', { value: '71.8', unit: 'kg' });
  put(home.db, [
    stored(home.time.now - DAY, pressure(131), own),
    stored(home.time.now - 40 * DAY, weight, { ...own, status: ['device-battery-low'] }),
    stored(home.time.now - HOUR, pressure(133), nobodys),
    stored(undefined, weight, { ...untimed, capturedAt: home.time.now - HOUR }),
  ]);
  const checks = [{ name: 'broker', ok: false, code: 'broker-unavailable' }];
  portal = furnishPortal({ home: home.home, checks: () => checks });
  kari = await portal.signedIn(home.person.id);
  kari.cookies.set('iomt-language', 'nn');
}, 60_000);
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

/** Something behind each parameter. */
function filled(url: string): string {
  const id = (state: string) =>
    String(home.db.prepare('SELECT id FROM reading WHERE state = ?').pluck().get(state));
  const act = home.db.prepare(`SELECT seq FROM audit WHERE action = 'permission-given'`).pluck();
  const places = {
    '/readings/of/:id': `/readings/of/${id('ready')}`,
    '/readings/:kind|:id/': `/readings/${id('ready')}/`,
    '/readings/:kind|:id': '/readings/blood-pressure',
    '/questions/:id': `/questions/${id('held')}`,
    '/devices/:id': `/devices/${home.device.id}`,
    '/shares/to/:to': '/shares/to/care',
    ':seq': String(act.get()),
    ':look': 'cuff',
    ':model': 'other',
  };
  return Object.entries(places).reduce((path, [name, own]) => path.replace(name, own), url);
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
  const routes = listed(portal.app.printRoutes({ commonPrefix: false }));
  const machines = /^\/(live|healthz|readyz|style\.css|portal\.js|files\/readings\..*)$/;
  const urls = routes.filter(({ method, url }) => method === 'GET' && !machines.test(url));
  const pages: Asked[] = [];
  for (const url of [...urls.map((one) => filled(one.url)), '/nowhere']) {
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
