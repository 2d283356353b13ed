import { MODELS } from '../../../../adapters/bluetooth/models/index.ts';
import { LOOK_FACTS } from '../../../../adapters/bluetooth/models/looks.ts';
import { nb as cardNb } from '../../../../agent/home/portal/words/setup-card.nb.ts';
import { nn as cardNn } from '../../../../agent/home/portal/words/setup-card.nn.ts';
import { WORDS } from '../../../../agent/home/portal/words/words.ts';
import { MEASURED } from '../../../../agent/pages/measured.ts';
import { WHEN } from '../../../../agent/pages/when.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { DAY, HOUR, settled, usual } from '../household.ts';
import { type FurnishedPortal, furnishPortal } from './furnished.ts';
import { pressure, put, single, stored } from './many-readings.ts';
import { listed } from './routes.ts';

/**
 * A language that nobody speaks stands in nynorsk's place: bokmål, longer, and every word with the letter
 * that begins it here. What a page then shows without that letter stands in no catalogue.
 */

const LETTERS: Readonly<Record<string, string>> = {
  ...{ a: 'á', c: 'č', d: 'đ', n: 'ŋ', s: 'š', t: 'ŧ', z: 'ž' },
};
export const MARK = 'ŋ';

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

/** Nynorsk is the made-up language from now on, in this process. */
function speakOddly(): void {
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
}

export type OddPortal = FurnishedPortal & {
  readonly usual: Awaited<ReturnType<typeof usual>>;
  /** Paths of all pages, with something behind each parameter. */
  readonly paths: () => string[];
};

/** A portal that speaks it, of a home with readings, questions, a permission and a fault. */
export async function oddPortal(): Promise<OddPortal> {
  speakOddly();
  const home = await usual();
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
  const portal = furnishPortal({ home: home.home, checks: () => checks });
  await portal.app.ready();
  return { ...portal, usual: home, paths: () => pathsOf(portal, home) };
}

function pathsOf({ app }: FurnishedPortal, home: OddPortal['usual']): string[] {
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
  const machines = /^\/(live|healthz|readyz|style\.css|portal\.js|files\/readings\..*)$/;
  return listed(app.printRoutes({ commonPrefix: false }))
    .filter(({ method, url }) => method === 'GET' && !machines.test(url))
    .map(({ url }) =>
      Object.entries(places).reduce((path, [name, own]) => path.replace(name, own), url),
    );
}
