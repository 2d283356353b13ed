import { afterEach, beforeEach, expect, test } from 'vitest';
import { withoutNames } from '../../../../agent/home/portal/access/initials.ts';
import { pinFault } from '../../../../agent/home/portal/access/pin.ts';
import {
  BROWSER_MS,
  SESSION_MS,
  SHARED_IDLE_MS,
} from '../../../../agent/home/portal/access/sessions.ts';
import { qrSvg } from '../../../../agent/pages/qr.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { type FurnishedPortal, furnishPortal, PIN, type TestBrowser } from './furnished.ts';

const MINUTE_MS = 60_000;
const OTHER_PIN = '592018';

let portal: FurnishedPortal;
let kari: { id: string };
let ola: { id: string };

beforeEach(async () => {
  portal = furnishPortal();
  kari = await portal.home.decisions.addPerson('test', 'Kari Eksempel');
  ola = await portal.home.decisions.addPerson('test', 'Ola Eksempel');
});
afterEach(() => portal.stop());

const isIn = async (browser: TestBrowser) => (await browser.get('/me')).status === 200;
const rows = (table: string) =>
  portal.home.db.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).all();
const signIn = (browser: TestBrowser, pin: string, account = accountOf(kari.id)) =>
  browser.post('/sign-in', { account, pin });
const accountOf = (person: string) => portal.access.accounts.ofPerson(person)?.id ?? '';

test('a code leads to a PIN, the browser is remembered, and afterwards the PIN alone signs in', async () => {
  const browser = await portal.signedIn(kari.id);
  expect((await browser.get('/')).text).toContain('Kari Eksempel');
  expect((await browser.post('/sign-out')).to).toBe('/sign-in');
  expect(await isIn(browser)).toBe(false);
  const page = await browser.get('/sign-in');
  expect(page.text).toContain('Kari Eksempel');
  expect(withoutIds(page.text)).not.toContain('Ola');
  expect((await signIn(browser, PIN)).to).toBe('/');
  expect(await isIn(browser)).toBe(true);
});

test('somebody new says their name, and is a person of the household', async () => {
  const browser = portal.browser();
  await browser.post('/welcome', { code: await portal.code() });
  expect((await browser.post('/welcome/begin', { pin: PIN, again: PIN })).status).toBe(422);
  const name = 'Per <b>Eksempel';
  expect((await browser.post('/welcome/begin', { name, pin: PIN, again: PIN })).to).toBe('/');
  expect(portal.home.views.people().map((one) => one.name)).toContain(name);
  const { text } = await browser.get('/me');
  expect(text).toContain('Per &lt;b&gt;Eksempel');
  expect(text).not.toContain('<b>Eksempel');
});

test('only hashes of PIN, code and cookies are stored', async () => {
  const code = await portal.code(ola.id);
  const browser = await portal.signedIn(kari.id);
  const stored = JSON.stringify(
    ['account', 'access_code', 'browser', 'session'].map((table) => rows(table)),
  );
  for (const cookie of browser.cookies.values()) expect(stored).not.toContain(cookie);
  // Hashes may hold any digits.
  for (const secret of [PIN, code]) expect(withoutIds(stored)).not.toContain(secret);
  expect(rows('account')[0]?.pin).toMatch(/^scrypt\$\d+\$8\$1\$[0-9a-f]{32}\$[0-9a-f]{64}$/);
});

test('cookies are out of reach of scripts and other sites, and secure over HTTPS', async () => {
  const browser = portal.browser();
  await browser.post('/welcome', { code: await portal.code(kari.id) });
  const { headers } = await browser.post('/welcome/begin', { pin: PIN, again: PIN });
  const lines = [headers['set-cookie']].flat().map(String);
  expect(lines.map((line) => line.split('=')[0]).sort()).toEqual([
    'iomt-browser',
    'iomt-session',
    'iomt-visit',
  ]);
  for (const line of lines) expect(line).toMatch(/; Path=\/; HttpOnly; SameSite=Strict/);
});

test('a code works once, in one browser, for 15 minutes', async () => {
  const code = await portal.code(kari.id);
  const [first, second] = [portal.browser(), portal.browser()];
  expect((await first.post('/welcome', { code: `${code.slice(0, 4)} ${code.slice(4)}` })).to).toBe(
    '/welcome/begin',
  );
  expect((await second.post('/welcome', { code })).status).toBe(422);
  expect((await second.get('/welcome/begin')).to).toBe('/welcome');
  await first.post('/welcome/begin', { pin: PIN, again: PIN });
  expect((await first.get('/welcome/begin')).to).toBe('/welcome');

  const late = await portal.code(kari.id);
  portal.time.real += 15 * MINUTE_MS;
  expect((await second.post('/welcome', { code: late })).status).toBe(422);
  const claimed = await portal.code(kari.id);
  await second.post('/welcome', { code: claimed });
  portal.time.real += 15 * MINUTE_MS;
  expect((await second.post('/welcome/begin', { pin: PIN, again: PIN })).to).toBe('/welcome');
});

test('who has a PIN types it on another browser; one made on the box may also be replaced', async () => {
  const first = await portal.signedIn(kari.id);
  const made = await first.post('/me/code');
  const code = (/big-code">(\d{4} \d{4})</.exec(made.text)?.[1] ?? '').trim();
  const second = portal.browser();
  await second.post('/welcome', { code });
  const asked = await second.get('/welcome/begin?pin=new');
  expect(asked.text).not.toContain('name="again"');
  // A code that was seen over a shoulder is not enough.
  const taken = { pin: OTHER_PIN, again: OTHER_PIN, reset: 'yes' };
  expect((await second.post('/welcome/begin', taken)).status).toBe(422);
  expect((await second.post('/welcome/begin', { pin: PIN })).to).toBe('/');
  expect([await isIn(first), await isIn(second)]).toEqual([true, true]);

  const third = portal.browser();
  await third.post('/welcome', { code: await portal.code(kari.id) });
  expect((await third.post('/welcome/begin', taken)).to).toBe('/');
  expect([await isIn(first), await isIn(second), await isIn(third)]).toEqual([false, false, true]);
});

test('a PIN of a row, of one digit or of a pattern is refused, and one that is typed differently', async () => {
  for (const pin of ['000000', '123456', '654321', '890123', '121212', '123123']) {
    expect([pin, pinFault(pin)]).toEqual([pin, 'pin-easy']);
  }
  for (const pin of ['12345', '1234567', 'abcdef', '１２３４５６', '']) {
    expect([pin, pinFault(pin)]).toEqual([pin, 'pin-form']);
  }
  expect(pinFault(PIN)).toBeUndefined();
  const browser = portal.browser();
  await browser.post('/welcome', { code: await portal.code(kari.id) });
  expect((await browser.post('/welcome/begin', { pin: PIN, again: OTHER_PIN })).status).toBe(422);
  expect(rows('account')).toEqual([]);
});

test('a session has a secret of its own, whatever the browser sent before', async () => {
  const browser = portal.browser();
  const planted = 'A'.repeat(43);
  browser.cookies.set('iomt-session', planted);
  browser.cookies.set('iomt-visit', planted);
  await browser.ask({ method: 'GET', url: '/me' });
  browser.cookies.delete('iomt-session');
  await browser.post('/welcome', { code: await portal.code(kari.id) });
  await browser.post('/welcome/begin', { pin: PIN, again: PIN });
  const first = browser.cookies.get('iomt-session');
  expect(first).not.toBe(planted);
  expect(browser.cookies.has('iomt-visit')).toBe(false);
  await browser.post('/sign-out');
  await signIn(browser, PIN);
  expect(browser.cookies.get('iomt-session')).not.toBe(first);
  browser.cookies.set('iomt-session', String(first));
  expect(await isIn(browser)).toBe(false);
});

test('a session ends after 12 hours, and on a shared device after 15 idle minutes', async () => {
  const own = await portal.signedIn(kari.id);
  const tablet = portal.browser();
  await tablet.post('/welcome', { code: await portal.code(ola.id) });
  await tablet.post('/welcome/begin', { pin: PIN, again: PIN, shared: 'yes' });
  portal.time.real += SHARED_IDLE_MS - MINUTE_MS;
  expect(await isIn(tablet)).toBe(true);
  portal.home.committer.flush();
  portal.time.real += SHARED_IDLE_MS - MINUTE_MS;
  expect(await isIn(tablet)).toBe(true);
  portal.home.committer.flush();
  portal.time.real += SHARED_IDLE_MS + MINUTE_MS;
  expect([await isIn(own), await isIn(tablet)]).toEqual([true, false]);
  portal.time.real += SESSION_MS;
  expect(await isIn(own)).toBe(false);
  portal.time.real += BROWSER_MS;
  expect((await own.get('/sign-in')).to).toBe('/welcome');
});

test('who signs in where another was signed in ends their session there', async () => {
  const tablet = await portal.signedIn(kari.id);
  const hers = tablet.cookies.get('iomt-session') ?? '';
  await tablet.post('/welcome', { code: await portal.code(ola.id) });
  await tablet.post('/welcome/begin', { pin: OTHER_PIN, again: OTHER_PIN });
  expect((await tablet.get('/me')).text).toContain('Ola Eksempel');
  tablet.cookies.set('iomt-session', hers);
  expect(await isIn(tablet)).toBe(false);
  const { text } = await tablet.get('/sign-in');
  // Who picks up the tablet reads no name; each knows their own initials.
  expect([text.includes('>KE<'), text.includes('>OE<')]).toEqual([true, true]);
  expect(withoutIds(text)).not.toMatch(/Kari|Ola|Eksempel/);
});

test('another PIN ends the other sessions, and the old PIN opens nothing', async () => {
  const here = await portal.signedIn(kari.id);
  const there = portal.browser();
  await there.post('/welcome', { code: await portal.code(kari.id) });
  await there.post('/welcome/begin', { pin: PIN });
  const change = (old: string) => here.post('/me/pin', { old, pin: OTHER_PIN, again: OTHER_PIN });
  expect((await change('111222')).status).toBe(422);
  expect(await isIn(there)).toBe(true);
  expect((await change(PIN)).to).toBe('/me?pin=changed');
  expect([await isIn(here), await isIn(there)]).toEqual([true, false]);
  expect((await signIn(there, PIN)).status).toBe(422);
  expect((await signIn(there, OTHER_PIN)).to).toBe('/');
});

test('sessions and browsers are listed and ended by their owner; ids of others are as unknown ones', async () => {
  const here = await portal.signedIn(kari.id);
  const there = portal.browser();
  await there.post('/welcome', { code: await portal.code(kari.id) });
  await there.post('/welcome/begin', { pin: PIN });
  const other = await portal.signedIn(ola.id);
  const own = portal.access.sessions.find(here.cookies.get('iomt-session'))?.id;
  const session = portal.access.sessions
    .browsers(accountOf(kari.id))
    .find((one) => one.session !== undefined && one.session !== own);
  const strange = await other.post(`/me/sessions/${session?.session}/end`);
  const unknown = await other.post('/me/sessions/0b0c0d0e-0000-4000-8000-000000000000/end');
  expect(strange.status).toBe(404);
  const bare = ({ text }: { text: string }) => text.replaceAll(/value="[\w-]+"/g, '');
  expect(bare(strange)).toBe(bare(unknown));
  expect((await other.post(`/me/browsers/${session?.id}/forget`)).status).toBe(404);
  expect((await other.post(`/me/browsers/${session?.id}/shared`, { shared: 'yes' })).status).toBe(
    404,
  );
  expect(await isIn(there)).toBe(true);
  expect((await here.post(`/me/sessions/${session?.session}/end`)).to).toBe('/me');
  expect(await isIn(there)).toBe(false);
  expect((await signIn(there, PIN)).to).toBe('/');
  expect((await here.post(`/me/browsers/${session?.id}/forget`)).to).toBe('/me');
  expect(await isIn(there)).toBe(false);
  expect((await there.get('/sign-in')).to).toBe('/welcome');
});

test("a machine's clock that is set back while guessing is slowed keeps nobody out", async () => {
  const browser = await portal.signedIn(kari.id);
  await browser.post('/sign-out');
  for (let n = 0; n < 4; n += 1) await signIn(browser, '999111');
  expect((await signIn(browser, PIN)).status).toBe(422);
  portal.time.real -= 2 * 60 * MINUTE_MS;
  expect((await signIn(browser, PIN)).to).toBe('/');
});

test('guessing a PIN is slowed more and more, is noticed and shown, and outlasts a restart', async () => {
  const browser = await portal.signedIn(kari.id);
  await browser.post('/sign-out');
  for (let n = 0; n < 4; n += 1)
    expect((await signIn(browser, '999111')).text).toContain('ikke riktig');
  // The right one is not looked at while one has to wait.
  const slowed = await signIn(browser, PIN);
  expect([slowed.status, slowed.text]).toEqual([422, expect.stringContaining('Vent 30 sekunder')]);
  portal.time.real += 30_000;
  await signIn(browser, '999112');
  expect((await signIn(browser, PIN)).text).toContain('Vent 1 minutt');
  expect(portal.noted).toContainEqual({ event: 'guessing-slowed', op: 'pin', count: 5 });
  const actions = portal.home.views.audit().entries.map(({ action }) => action);
  expect(actions).toContain('guessing-slowed');

  const again = furnishPortal({ home: portal.home });
  again.time.real = portal.time.real;
  const same = again.browser();
  same.cookies.set('iomt-browser', browser.cookies.get('iomt-browser') ?? '');
  expect((await same.post('/sign-in', { account: accountOf(kari.id), pin: PIN })).text).toContain(
    'Vent 1 minutt',
  );
  await again.app.close();
  portal.time.real += MINUTE_MS;
  expect((await signIn(browser, PIN)).to).toBe('/');
  expect((await browser.get('/me')).text).toContain('feil PIN for deg mange ganger');
  expect(withoutIds(portal.lines.join())).not.toMatch(/999111|274913|Kari/);
});

test('many guesses at once are no way around', async () => {
  const browser = await portal.signedIn(kari.id);
  await browser.post('/sign-out');
  const token = await browser.tokenOf();
  const tries = Array.from({ length: 12 }, (_, n) =>
    browser.post('/sign-in', { token, account: accountOf(kari.id), pin: String(910_000 + n) }),
  );
  const texts = (await Promise.all(tries)).map(({ text }) => text);
  expect(texts.filter((text) => text.includes('ikke riktig')).length).toBe(4);
});

test('codes are guessed slowly from all browsers together', async () => {
  const wrong = (n: number) => portal.browser().post('/welcome', { code: String(90_000_000 + n) });
  for (let n = 0; n < 5; n += 1) expect((await wrong(n)).text).toContain('virker ikke');
  const right = await portal.code(kari.id);
  expect((await portal.browser().post('/welcome', { code: right })).text).toContain(
    'Vent 5 sekunder',
  );
  portal.time.real += 5_000;
  expect((await portal.browser().post('/welcome', { code: right })).to).toBe('/welcome/begin');
});

test('the account of another is not guessed at on a browser that is not theirs', async () => {
  await portal.signedIn(ola.id);
  const browser = await portal.signedIn(kari.id);
  await browser.post('/sign-out');
  const answer = await signIn(browser, PIN, accountOf(ola.id));
  expect([answer.status, answer.text]).toEqual([422, expect.stringContaining('kjenner deg ikke')]);
  expect(withoutIds(answer.text)).not.toContain('Ola');
});

test('who is removed from the household is signed out, and erased with their PIN and browsers', async () => {
  const [mine, other] = [await portal.signedIn(kari.id), await portal.signedIn(ola.id)];
  const { account } = portal.access.sessions.find(mine.cookies.get('iomt-session'))?.who ?? {};
  await portal.code(kari.id);
  await mine.post('/me/pin', { old: '999111', pin: OTHER_PIN, again: OTHER_PIN });
  expect(rows('guess').length).toBe(3);
  await portal.home.erasure.erase('test', kari.id);
  expect([await isIn(mine), await isIn(other)]).toEqual([false, true]);
  const left = JSON.stringify(
    ['account', 'access_grant', 'access_code', 'browser_account', 'session', 'guess'].map(rows),
  );
  expect(left).not.toContain(kari.id);
  expect(left).not.toContain(String(account));
  expect(rows('browser').length).toBe(1);
  expect(rows('guess').map(({ place }) => place)).toEqual(['pin']);
});

test('a helper sees devices and the box and no value, and only until the day that was agreed', async () => {
  const until = portal.time.real + 24 * 60 * MINUTE_MS;
  const { code } = await portal.access.makeCode('test', {
    ...({ role: 'helper', person: kari.id, until, mayReset: false } as const),
  });
  const helper = portal.browser();
  await helper.post('/welcome', { code });
  await helper.post('/welcome/begin', { name: 'Nora Eksempel', pin: PIN, again: PIN });
  expect((await helper.get('/')).to).toBe('/box');
  expect((await helper.get('/box')).status).toBe(200);
  expect((await helper.post('/me/code')).status).toBe(403);
  const nav = (await helper.get('/me')).text;
  expect(nav).not.toContain('href="/"');
  portal.time.real = until;
  expect(await isIn(helper)).toBe(false);
});

test("the demo's code may be typed again, from this machine only", async () => {
  const code = '40414243';
  const demo = () => ({ code, role: 'citizen', person: ola.id, mayReset: true }) as const;
  const again = furnishPortal({ home: portal.home, demo });
  for (let n = 0; n < 2; n += 1) {
    expect((await again.browser().post('/welcome', { code })).to).toBe('/welcome/begin');
  }
  const stranger = again.browser({ remoteAddress: '192.0.2.7' });
  expect((await stranger.post('/welcome', { code })).status).toBe(422);
  await again.app.close();
});

test('on the home network a code comes with the card: address, and a QR code that brings it', async () => {
  const url = 'https://iomt-abcdefgh.local:8420/';
  const card = () => ({ url, numberUrls: ['https://192.0.2.10:8420/'], isTrusted: false });
  const there = furnishPortal({ home: portal.home, card });
  const browser = await there.signedIn(kari.id);
  const { text, headers } = await browser.post('/me/code');
  const [, code = ''] = /big-code">(\d{4} \d{4})</.exec(text) ?? [];
  expect(text).toContain(
    qrSvg(`${url}welcome#${code.replace(' ', '')}`, `QR-kode som åpner ${url}`).html,
  );
  expect(text).toContain('https://192.0.2.10:8420/');
  expect(text).toContain('data-print');
  expect(JSON.stringify(headers)).not.toContain(code.replace(' ', ''));
  await there.app.close();
  const here = await portal.signedIn(ola.id);
  expect((await here.post('/me/code')).text).not.toContain('class="qr"');
});

test('initials that are the same are told apart, and one alone is greeted by name', () => {
  const names = (...all: string[]) =>
    withoutNames(all.map((name) => ({ name }))).map((one) => one.name);
  expect(names('Kari Eksempel')).toEqual(['Kari Eksempel']);
  expect(names('Kari Eksempel', 'Knut  Eksempel', 'Åse')).toEqual(['KE', 'KE 2', 'Å']);
});
