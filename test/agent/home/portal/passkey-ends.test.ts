import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRelyingParty } from '../../../../agent/home/portal/access/relying-party.ts';
import { type FurnishedPortal, PIN } from './furnished.ts';
import {
  ANOTHER_ID,
  accountOf,
  askToMake,
  furnishSite,
  isIn,
  passkeysOf,
  SITE,
  signIn,
  switchOn,
  withPasskey,
} from './passkey-acts.ts';
import { createAuthenticator } from './software-authenticator.ts';

/** What ends passkeys, who may see them, and where they are possible. */

const OTHER_PIN = '592018';

let portal: FurnishedPortal;
let kari: { id: string };
let ola: { id: string };

beforeEach(async () => {
  ({ portal, kari, ola } = await furnishSite());
});
afterEach(() => portal.stop());

test('on a browser of several people none is made, and becoming one ends what was made there', async () => {
  const { browser, phone } = await withPasskey(portal, kari.id);
  await signIn(browser, phone);
  const [own] = portal.access.sessions.browsers(accountOf(portal, kari.id));
  await browser.post(`/me/browsers/${own?.id}/shared`, { shared: 'yes' });
  expect(passkeysOf(portal, kari.id)).toEqual([]);
  const page = (await browser.get('/me/passkeys')).text;
  expect([page.includes('Flere bruker denne nettleseren'), page.includes('data-passkey=')]).toEqual(
    [true, false],
  );
  expect((await askToMake(browser)).status).toBe(422);
  await browser.post(`/me/browsers/${own?.id}/shared`, { shared: 'no' });
  const again = await switchOn(browser);
  await browser.post('/sign-out');
  expect((await signIn(browser, again.phone, {}, { shared: 'yes' })).to).toBe('/');
  expect(passkeysOf(portal, kari.id)).toEqual([]);
  await browser.post(`/me/browsers/${own?.id}/shared`, { shared: 'no' });
  // Another of the household uses it too.
  await browser.post('/sign-out');
  await browser.post('/welcome', { code: await portal.code(ola.id) });
  await browser.post('/welcome/begin', { pin: PIN, again: PIN });
  expect((await askToMake(browser)).text).toContain('Flere bruker denne nettleseren');
});

test('what was made there ends too when another comes in on it, by a code or by a passkey', async () => {
  const { browser } = await withPasskey(portal, kari.id);
  await browser.post('/welcome', { code: await portal.code(ola.id) });
  await browser.post('/welcome/begin', { pin: PIN, again: PIN });
  expect(passkeysOf(portal, kari.id)).toEqual([]);

  const own = await withPasskey(portal, kari.id);
  const his = await withPasskey(portal, ola.id);
  await own.browser.get('/welcome');
  expect((await signIn(own.browser, his.phone)).to).toBe('/');
  expect([passkeysOf(portal, kari.id).length, passkeysOf(portal, ola.id).length]).toEqual([0, 1]);
});

test('a forgotten browser, another PIN and a code that allows one end it', async () => {
  const { browser, phone } = await withPasskey(portal, kari.id);
  const other = portal.browser();
  await other.get('/welcome');
  await signIn(other, phone);
  const ids = portal.access.sessions.browsers(accountOf(portal, kari.id)).map(({ id }) => id);
  const here = portal.access.sessions.browser(other.cookies.get('iomt-browser'))?.id;
  await other.post(`/me/browsers/${ids.find((id) => id !== here)}/forget`);
  expect(passkeysOf(portal, kari.id)).toEqual([]);
  expect(await isIn(other)).toBe(true);

  await switchOn(other);
  expect((await other.get('/me')).text).toContain('må slås på igjen');
  await other.post('/me/pin', { old: PIN, pin: OTHER_PIN, again: OTHER_PIN });
  expect(passkeysOf(portal, kari.id)).toEqual([]);

  const asked = JSON.parse((await askToMake(other, { pin: OTHER_PIN })).text);
  const response = createAuthenticator(SITE).make(asked);
  expect((await other.post('/me/passkeys', { response })).status).toBe(303);
  await browser.post('/welcome', { code: await portal.code(kari.id) });
  await browser.post('/welcome/begin', { reset: 'yes', pin: PIN, again: PIN });
  expect([passkeysOf(portal, kari.id), await isIn(browser)]).toEqual([[], true]);
});

test("a helper's goes with the access, by its end and by hand", async () => {
  const until = portal.time.real + 60 * 60_000;
  const make = async () => {
    const { code } = await portal.access.makeCode('test', {
      ...({ role: 'helper', person: kari.id, until, mayReset: false } as const),
    });
    const helper = portal.browser();
    await helper.post('/welcome', { code });
    await helper.post('/welcome/begin', { name: 'Nora Eksempel', pin: PIN, again: PIN });
    const { phone } = await switchOn(helper);
    await helper.post('/sign-out');
    return { helper, phone };
  };
  const keys = () => portal.home.db.prepare('SELECT count(*) FROM passkey').pluck().get();
  const ended = await make();
  portal.time.real += 1000;
  const late = await make();
  expect((await signIn(late.helper, late.phone)).to).toBe('/');
  await late.helper.post('/sign-out');
  const mine = await portal.signedIn(kari.id);
  const given = portal.access.accounts.given(kari.id);
  expect([keys(), given.length]).toEqual([2, 2]);
  await mine.post(`/me/others/${given[1]?.id}/end`);
  expect(keys()).toBe(1);
  expect((await signIn(ended.helper, ended.phone)).status).toBe(422);
  portal.time.real = until;
  expect((await signIn(late.helper, late.phone)).text).toContain('avsluttet');
  expect(await isIn(late.helper)).toBe(false);
});

test('an erased person leaves none behind, and lets nobody in', async () => {
  const { browser, phone } = await withPasskey(portal, kari.id);
  await signIn(browser, phone, { isVerified: false });
  await portal.home.erasure.erase('test', kari.id);
  const left = JSON.stringify(
    ['passkey', 'guess', 'account'].map((table) =>
      portal.home.db.prepare(`SELECT * FROM ${table}`).all(),
    ),
  );
  expect(left).not.toMatch(new RegExp(`Telefonen|${phone.id}|passkey/`));
  await browser.get('/welcome');
  expect((await signIn(browser, phone)).status).toBe(422);
});

test("another's is neither seen nor switched off", async () => {
  await withPasskey(portal, kari.id);
  const his = await portal.signedIn(ola.id);
  const [{ id } = { id: '' }] = passkeysOf(portal, kari.id);
  expect((await his.post(`/me/passkeys/${id}/remove`)).status).toBe(404);
  expect((await his.post(`/me/passkeys/${ANOTHER_ID}/remove`)).status).toBe(404);
  expect((await his.get('/me/passkeys')).text).not.toContain('Telefonen min');
  expect(passkeysOf(portal, kari.id).length).toBe(1);
});

test('at an address where it is not possible it is not offered, and what was made can be switched off', async () => {
  const { browser, phone } = await withPasskey(portal, kari.id);
  const there = { headers: { host: '127.0.0.1' } };
  const by = portal.browser(there);
  for (const [name, value] of browser.cookies) by.cookies.set(name, value);
  expect((await by.get('/sign-in')).text).not.toContain('data-passkey');
  expect((await portal.browser(there).get('/welcome')).text).not.toContain('data-passkey');
  expect((await by.post('/api/passkey/sign-in')).status).toBe(404);
  expect((await by.post('/sign-in/passkey', { response: '{}' })).status).toBe(404);
  expect((await by.post('/sign-in', { account: accountOf(portal, kari.id), pin: PIN })).to).toBe(
    '/',
  );
  const page = (await by.get('/me/passkeys')).text;
  expect([
    page.includes('kan ikke slås på fra denne adressen'),
    page.includes('localhost'),
  ]).toEqual([true, true]);
  expect((await askToMake(by)).status).toBe(404);
  expect((await by.post('/me/passkeys', { response: '{}' })).status).toBe(404);
  await by.post(`/me/passkeys/${passkeysOf(portal, kari.id)[0]?.id}/remove`);
  expect((await by.get('/me')).text).not.toContain('/me/passkeys');
  expect((await signIn(browser, phone)).status).toBe(422);
});
test('it is possible by a configured name with an issued certificate, or on localhost, and nowhere else', () => {
  const trust = { isTrusted: true };
  const lan = { certificate: { isTrusted: () => trust.isTrusted } };
  const named = createRelyingParty({ http: { name: 'Box.Example.org', port: 8420 }, lan });
  const site = { id: 'box.example.org', origin: 'https://box.example.org:8420' };
  expect(named('box.example.org:8420')).toEqual(site);
  expect(named('BOX.example.org:8420')).toEqual(site);
  for (const host of [
    undefined,
    'box.example.org',
    'box.example.org:8421',
    'evil.box.example.org:8420',
    '192.0.2.10:8420',
    '[2001:db8::1]:8420',
    'localhost:8420',
    '127.0.0.1:8420',
    'iomt-abcdefgh.local:8420',
  ]) {
    expect([host, named(host)]).toEqual([host, undefined]);
  }
  trust.isTrusted = false;
  expect(named('box.example.org:8420')).toBeUndefined();
  trust.isTrusted = true;
  const usual = createRelyingParty({ http: { name: 'box.example.org', port: 443 }, lan });
  expect(usual('box.example.org')?.origin).toBe('https://box.example.org');
  const unnamed = createRelyingParty({ http: { port: 8420 }, lan });
  expect(unnamed('iomt-abcdefgh.local:8420')).toBeUndefined();
  const own = createRelyingParty({ http: { port: 8420 }, lan: undefined });
  expect(own('localhost:8420')).toEqual({ id: 'localhost', origin: 'http://localhost:8420' });
  for (const host of ['127.0.0.1:8420', '[::1]:8420', 'localhost', 'localhost:9000']) {
    expect([host, own(host)]).toEqual([host, undefined]);
  }
});
