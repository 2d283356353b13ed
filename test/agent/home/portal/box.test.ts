import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Check } from '../../../../agent/http.ts';
import { battery } from '../frames.ts';
import { usual } from '../household.ts';
import { type FurnishedPortal, furnishPortal, PIN } from './furnished.ts';

/** How the box is, in plain words; and who is let in to help, for how long. */

const HOUR_MS = 3_600_000;
let home: Awaited<ReturnType<typeof usual>>;
let portal: FurnishedPortal;
let checks: Check[];

beforeEach(async () => {
  home = await usual();
  checks = [
    { name: 'store', ok: true },
    { name: 'radio', ok: true },
    { name: 'broker', ok: true },
  ];
  portal = furnishPortal({ home: home.home, checks: () => checks });
});
afterEach(() => portal.stop());

const text = (html: string) => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
const box = async () =>
  text((await (await portal.signedIn(home.person.id)).get('/box?lang=en')).text);

test('when all is well it says so, and what works', async () => {
  await battery(home.home, 81);
  const page = await box();
  expect(page).toMatch(/All is well\. .*The box keeps your measurements safe\. .*Battery 81 %/);
  expect(page).toContain('The box reaches Example care. Example care has not answered yet.');
  expect(page).not.toContain('Do this');
});

test('what is wrong comes first, the worst of it foremost, each once and with what to do', async () => {
  checks = [
    { name: 'broker-1', ok: true },
    { name: 'broker-2', ok: false, code: 'offline' },
    { name: 'token', ok: false, code: 'token-clock' },
    { name: 'strange', ok: false, code: 'never-heard-of' },
    { name: 'store', ok: false, code: 'store-full' },
    { name: 'clock', ok: true },
  ];
  const page = await box();
  const order = [
    'Something is to be done.',
    'The box cannot keep measurements now.',
    'The box does not reach Example care now.',
    'Something in the box is not as it should be.',
    'This works',
    'The clock of the box is right.',
    'For a technician',
    'never-heard-of',
  ].map((said) => page.indexOf(said));
  expect(order).not.toContain(-1);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(page.split('The box does not reach').length).toBe(2);
  expect(page).not.toContain('The box reaches');
});

test('it says when the care service last answered, also behind a backlog', async () => {
  const insert = home.db.prepare(`INSERT INTO delivery
    (id, reading, recipient, action, revision, person, recorded_at, state, updated_at)
    VALUES (@id, @id, 'care', 'new', 0, @person, 0, @state, @at)`);
  const person = home.person.id;
  home.db.transaction(() => {
    insert.run({ id: 'answered', person, state: 'received', at: home.time.now });
    for (let n = 0; n < 3_000; n += 1) insert.run({ id: `e${n}`, person, state: 'queued', at: 0 });
  })();
  expect(await box()).toContain('Example care last answered Monday 2 March 2026 at 10:00.');
});

test('a technician is let in for hours that the person chooses, and is ended with one tap', async () => {
  const mine = await portal.signedIn(home.person.id);
  expect((await mine.post('/box/help', { hours: '1000' })).to).toBe('/box');
  const page = await mine.post('/box/help', { hours: '4' });
  const [, code = ''] = /big-code">(\d{4} \d{4})</.exec(page.text) ?? [];
  const helper = portal.browser();
  await helper.post('/welcome', { code });
  await helper.post('/welcome/begin', { name: 'Nils Tekniker', pin: PIN, again: PIN });
  const [given] = portal.access.accounts.given(home.person.id);
  expect(given).toMatchObject({ role: 'helper', until: portal.time.real + 4 * HOUR_MS });
  expect((await helper.get('/box')).text).toContain('Du er sluppet inn til');
  expect((await helper.get('/box')).text).not.toContain('/box/help');
  expect((await mine.get('/box')).text).toContain('Nils Tekniker kan hjelpe til');
  const ended = await mine.post(`/me/others/${given?.id}/end`, { from: '/box' });
  expect(ended.to).toBe('/box');
  expect((await helper.get('/box')).status).toBe(303);
  const away = await mine.post(`/me/others/${given?.id}/end`, { from: 'https://evil.example' });
  expect(away.status).toBe(404);
  const actions = home.views.audit().entries.map(({ action }) => action);
  expect(actions).toEqual(
    expect.arrayContaining(['access-code-made', 'access-given', 'access-ended']),
  );
});

test('its first view asks for nothing that grows with the readings', async () => {
  const mine = await portal.signedIn(home.person.id);
  let asked = 0;
  const { counts } = home.views;
  Object.assign(home.views, {
    counts: () => {
      asked += 1;
      return counts();
    },
  });
  await mine.get('/box');
  expect(asked).toBe(0);
  await mine.get('/box/counts');
  expect(asked).toBe(1);
});
