import { afterEach, beforeEach, expect, test } from 'vitest';
import { CHALLENGE_MS } from '../../../../agent/home/portal/access/challenges.ts';
import { createRelyingParty } from '../../../../agent/home/portal/access/relying-party.ts';
import { SHARED_IDLE_MS } from '../../../../agent/home/portal/access/sessions.ts';
import { formTokenOf } from '../../../../agent/home/portal/access/tokens.ts';
import { makeSelfSigned } from '../../../../agent/home/portal/lan/self-signed.ts';
import { type FurnishedPortal, furnishPortal, PIN, type TestBrowser } from './furnished.ts';
import { createAuthenticator, type Twist } from './software-authenticator.ts';

/** Signing in by fingerprint, face or the device's lock (WebAuthn) instead of the PIN. */

const SITE = { id: 'localhost', origin: 'http://localhost' };
const OTHER_PIN = '592018';
const ANOTHER_ID = '0b0c0d0e-0000-4000-8000-000000000000';

let portal: FurnishedPortal;
let kari: { id: string };
let ola: { id: string };

beforeEach(async () => {
  portal = furnishPortal({
    relyingParty: createRelyingParty({ http: { port: 80 }, lan: undefined }),
  });
  kari = await portal.home.decisions.addPerson('test', 'Kari Eksempel');
  ola = await portal.home.decisions.addPerson('test', 'Ola Eksempel');
});
afterEach(() => portal.stop());

const isIn = async (browser: TestBrowser) => (await browser.get('/me')).status === 200;
const accountOf = (person: string) => portal.access.accounts.ofPerson(person)?.id ?? '';
const passkeysOf = (person: string) => portal.access.passkeys.of(accountOf(person));
const trail = (action: string) =>
  portal.home.views.audit().entries.filter((entry) => entry.action === action);

const askToMake = (browser: TestBrowser, fields: Record<string, string> = {}) =>
  browser.post('/api/passkey/make', { name: 'Telefonen min', pin: PIN, ...fields });

/** Switches it on in a browser that is signed in. */
async function switchOn(browser: TestBrowser, twist: Twist = {}) {
  const phone = createAuthenticator(SITE);
  const asked = JSON.parse((await askToMake(browser)).text);
  const answer = await browser.post('/me/passkeys', { response: phone.make(asked, twist) });
  return { phone, asked, answer };
}

/** A browser of Kari in which it is switched on, and she is signed out. */
async function withPasskey() {
  const browser = await portal.signedIn(kari.id);
  const { phone } = await switchOn(browser);
  await browser.post('/sign-out');
  return { browser, phone };
}

type Phone = ReturnType<typeof createAuthenticator>;

async function askToSign(browser: TestBrowser) {
  return JSON.parse((await browser.post('/api/passkey/sign-in')).text);
}
async function signIn(browser: TestBrowser, phone: Phone, twist: Twist = {}, fields = {}) {
  const response = phone.sign(await askToSign(browser), twist);
  return browser.post('/sign-in/passkey', { response, ...fields });
}

test('it is switched on after the PIN, signs in, is listed with its use, and switched off lets nobody in', async () => {
  const browser = await portal.signedIn(kari.id);
  expect((await browser.get('/me')).text).toContain('href="/me/passkeys"');
  const { phone, asked, answer } = await switchOn(browser);
  expect(answer.to).toBe('/me/passkeys?done=added');
  // What may be copied to the maker's cloud tells nobody's name.
  expect([asked.user.name, asked.user.displayName]).toEqual(['KE', 'KE']);
  expect(asked.authenticatorSelection).toMatchObject({
    residentKey: 'required',
    userVerification: 'required',
  });
  const listed = (await browser.get('/me/passkeys')).text;
  expect([listed.includes('Telefonen min'), listed.includes('Ikke brukt ennå')]).toEqual([
    true,
    true,
  ]);
  await browser.post('/sign-out');
  // Hidden until a script shows it: without one there is the PIN.
  expect((await browser.get('/sign-in')).text).toMatch(
    /<section data-with-passkey hidden>.*data-passkey="\/api\/passkey\/sign-in"/s,
  );
  expect((await signIn(browser, phone, {}, { to: '/devices' })).to).toBe('/devices');
  expect(await isIn(browser)).toBe(true);
  expect((await browser.get('/me/passkeys')).text).toContain('Sist brukt');
  const [{ id } = { id: '' }] = passkeysOf(kari.id);
  expect((await browser.post(`/me/passkeys/${id}/remove`)).to).toBe('/me/passkeys?done=removed');
  await browser.post('/sign-out');
  expect((await browser.get('/sign-in')).text).not.toContain('data-passkey');
  expect((await signIn(browser, phone)).text).toContain('slått av');
  expect(await isIn(browser)).toBe(false);
  const made = { account: accountOf(kari.id), passkey: id };
  const entries = [trail('passkey-made'), trail('passkey-removed')].flat();
  expect(entries.map(({ actor, detail }) => [actor, detail])).toEqual([
    [`person ${kari.id}`, made],
    [`person ${kari.id}`, made],
  ]);
});

test('without the right PIN nothing is switched on, and the try counts as a guess', async () => {
  const browser = await portal.signedIn(kari.id);
  for (let n = 0; n < 4; n += 1) {
    const refused = await askToMake(browser, { pin: '999111' });
    expect([refused.status, refused.text]).toEqual([
      422,
      expect.stringContaining('PIN-en er ikke riktig'),
    ]);
  }
  expect((await askToMake(browser)).text).toContain('Vent 30 sekunder');
  expect((await browser.post('/me/passkeys', { response: '{}' })).text).toContain('for lang tid');
  expect(passkeysOf(kari.id)).toEqual([]);
});

test('a challenge to make counts once, for a while, in its own session', async () => {
  const browser = await portal.signedIn(kari.id);
  const his = await portal.signedIn(ola.id);
  const phone = createAuthenticator(SITE);
  const make = async (from: TestBrowser) => phone.make(JSON.parse((await askToMake(from)).text));
  const strange = await make(browser);
  await make(his);
  expect((await his.post('/me/passkeys', { response: strange })).status).toBe(422);
  const late = await make(browser);
  portal.time.real += CHALLENGE_MS;
  expect((await browser.post('/me/passkeys', { response: late })).text).toContain('for lang tid');
  const response = await make(browser);
  expect((await browser.post('/me/passkeys', { response })).status).toBe(303);
  expect((await browser.post('/me/passkeys', { response })).text).toContain('for lang tid');
  expect([passkeysOf(kari.id).length, passkeysOf(ola.id).length]).toEqual([1, 0]);
});

test.each<[string, Twist]>([
  ['made for another site', { rp: 'evil.example' }],
  ["made on another site's page", { origin: 'http://evil.example' }],
  ['made on another port', { origin: 'http://localhost:8421' }],
  ['to another challenge', { challenge: 'A'.repeat(43) }],
  ['of a user whom the device did not make sure of', { isVerified: false }],
  ['an answer to something else', { type: 'webauthn.get' }],
])('a key is refused that is %s', async (_, twist) => {
  const { answer } = await switchOn(await portal.signedIn(kari.id), twist);
  expect([answer.status, passkeysOf(kari.id)]).toEqual([422, []]);
});

test('a key vouches for itself or nobody does: no certificate of a maker is looked at', async () => {
  const browser = await portal.signedIn(kari.id);
  const from = Date.now() - 60_000;
  const maker = await makeSelfSigned({ dns: ['maker'], addresses: [], from, to: from + 600_000 });
  expect((await switchOn(browser, { attests: maker })).answer.status).toBe(422);
  expect(passkeysOf(kari.id)).toEqual([]);
  const { phone, answer } = await switchOn(browser, { attests: 'itself' });
  expect(answer.status).toBe(303);
  await browser.post('/sign-out');
  expect((await signIn(browser, phone)).to).toBe('/');
});

test.each<[string, Twist]>([
  ['for another site', { rp: 'evil.example' }],
  ["on another site's page", { origin: 'http://evil.example' }],
  ['on another port', { origin: 'http://localhost:8421' }],
  ['another challenge', { challenge: 'A'.repeat(43) }],
  ['without making sure of the user', { isVerified: false }],
  ['as something else than signing in', { type: 'webauthn.create' }],
  ['naming nobody', { userHandle: null }],
  ['for somebody else', { userHandle: Buffer.from(ANOTHER_ID).toString('base64url') }],
])('who signs %s is not let in', async (_, twist) => {
  const { browser, phone } = await withPasskey();
  const refused = await signIn(browser, phone, twist);
  expect([refused.status, await isIn(browser)]).toEqual([422, false]);
  expect(refused.text).toContain('Det gikk ikke');
  expect(trail('passkey-refused').map(({ detail }) => detail)).toEqual([
    { account: accountOf(kari.id), passkey: passkeysOf(kari.id)[0]?.id },
  ]);
  expect((await signIn(browser, phone)).to).toBe('/');
});

test("another's key does not let in, whatever key is named", async () => {
  const { browser } = await withPasskey();
  const his = await portal.signedIn(ola.id);
  const { phone } = await switchOn(his);
  await his.post('/sign-out');
  const [hers] = passkeysOf(kari.id);
  const userHandle = Buffer.from(accountOf(kari.id)).toString('base64url');
  const named = { userHandle, ...(hers ? { credential: hers.credential } : {}) };
  expect((await signIn(browser, phone, named)).status).toBe(422);
  expect(await isIn(browser)).toBe(false);
  // A key is one account's: it cannot be made known for a second one.
  const again = await portal.signedIn(kari.id);
  const { answer } = await switchOn(again, { credential: phone.id });
  expect([answer.status, answer.text]).toEqual([422, expect.stringContaining('allerede slått på')]);
  expect(passkeysOf(kari.id).length).toBe(1);
});

test('a challenge to sign in counts once, for a while, in the browser that asked', async () => {
  const { browser, phone } = await withPasskey();
  const other = portal.browser();
  await other.get('/welcome');
  const stolen = phone.sign(await askToSign(browser));
  await askToSign(other);
  expect((await other.post('/sign-in/passkey', { response: stolen })).status).toBe(422);
  expect((await browser.post('/sign-in/passkey', { response: stolen })).to).toBe('/');
  await browser.post('/sign-out');
  expect((await browser.post('/sign-in/passkey', { response: stolen })).text).toContain(
    'for lang tid',
  );
  const late = phone.sign(await askToSign(browser));
  portal.time.real += CHALLENGE_MS;
  expect((await browser.post('/sign-in/passkey', { response: late })).status).toBe(422);
  // Nobody's challenge: what asks without a page's cookie gets none.
  const bare = await portal.app.inject({
    ...{ method: 'POST', url: '/api/passkey/sign-in' },
    headers: { host: 'localhost', 'x-form-token': formTokenOf('') },
  });
  expect(bare.statusCode).toBe(404);
  expect([await isIn(browser), await isIn(other)]).toEqual([false, false]);
});

test('a counter that goes back is of a copy, and lets nobody in', async () => {
  const { browser, phone } = await withPasskey();
  const with_ = async (counter: number) => {
    const { to } = await signIn(browser, phone, { counter });
    if (to) await browser.post('/sign-out');
    return to;
  };
  expect([await with_(0), await with_(0), await with_(7), await with_(8)]).toEqual([
    '/',
    '/',
    '/',
    '/',
  ]);
  expect([await with_(8), await with_(7), await with_(0), await with_(9)]).toEqual([
    undefined,
    undefined,
    undefined,
    '/',
  ]);
});

test('two answers of one counter at once let in once', async () => {
  const { browser, phone } = await withPasskey();
  const other = portal.browser();
  await other.get('/welcome');
  const pages = [browser, other];
  const answers: string[] = [];
  for (const page of pages) answers.push(phone.sign(await askToSign(page), { counter: 5 }));
  const given = await Promise.all(
    pages.map((page, at) => page.post('/sign-in/passkey', { response: answers[at] ?? '' })),
  );
  expect(given.map(({ status }) => status).sort()).toEqual([303, 422]);
});

test('a browser that is new here is let in, remembered and listed; one of several is signed out when idle', async () => {
  const { phone } = await withPasskey();
  const fresh = portal.browser();
  const page = (await fresh.get('/welcome')).text;
  expect(page).toContain('data-passkey="/api/passkey/sign-in"');
  expect(page).not.toMatch(/Kari|>KE</);
  expect((await signIn(fresh, phone, {}, { shared: 'yes' })).to).toBe('/');
  expect((await fresh.get('/me')).text.match(/class="card"/g)).toHaveLength(2);
  expect(trail('browser-remembered').at(-1)?.detail).toMatchObject({
    passkey: passkeysOf(kari.id)[0]?.id,
  });
  portal.time.real += SHARED_IDLE_MS;
  expect(await isIn(fresh)).toBe(false);
  expect((await fresh.post('/sign-in', { account: accountOf(kari.id), pin: PIN })).to).toBe('/');
});

test('who is not signed in learns nobody’s key', async () => {
  const { browser } = await withPasskey();
  const fresh = portal.browser();
  await fresh.get('/welcome');
  for (const one of [browser, fresh]) {
    const asked = await askToSign(one);
    expect(asked.allowCredentials ?? []).toEqual([]);
    expect(asked.userVerification).toBe('required');
    expect(JSON.stringify(asked)).not.toContain(passkeysOf(kari.id)[0]?.credential);
  }
});

test('wrong answers are slowed as guesses are', async () => {
  const { browser, phone } = await withPasskey();
  for (let n = 0; n < 4; n += 1) await signIn(browser, phone, { isVerified: false });
  expect((await signIn(browser, phone)).text).toContain('Vent 30 sekunder');
  portal.time.real += 30_000;
  await signIn(browser, phone, { isVerified: false });
  expect(portal.noted).toContainEqual({ event: 'guessing-slowed', op: 'passkey', count: 5 });
  // The PIN is not kept out by it.
  expect((await browser.post('/sign-in', { account: accountOf(kari.id), pin: PIN })).to).toBe('/');
  expect(portal.lines.join()).not.toMatch(/Kari|Telefonen/);
});

test('on a browser of several people none is made, and becoming one ends what was made there', async () => {
  const { browser, phone } = await withPasskey();
  await signIn(browser, phone);
  const [own] = portal.access.sessions.browsers(accountOf(kari.id));
  await browser.post(`/me/browsers/${own?.id}/shared`, { shared: 'yes' });
  expect(passkeysOf(kari.id)).toEqual([]);
  const page = (await browser.get('/me/passkeys')).text;
  expect([page.includes('Flere bruker denne nettleseren'), page.includes('data-passkey=')]).toEqual(
    [true, false],
  );
  expect((await askToMake(browser)).status).toBe(422);
  await browser.post(`/me/browsers/${own?.id}/shared`, { shared: 'no' });
  const again = await switchOn(browser);
  await browser.post('/sign-out');
  expect((await signIn(browser, again.phone, {}, { shared: 'yes' })).to).toBe('/');
  expect(passkeysOf(kari.id)).toEqual([]);
  await browser.post(`/me/browsers/${own?.id}/shared`, { shared: 'no' });
  // Another of the household uses it too.
  await browser.post('/sign-out');
  await browser.post('/welcome', { code: await portal.code(ola.id) });
  await browser.post('/welcome/begin', { pin: PIN, again: PIN });
  expect((await askToMake(browser)).text).toContain('Flere bruker denne nettleseren');
});

test('a forgotten browser, another PIN and a code that allows one end it', async () => {
  const { browser, phone } = await withPasskey();
  const other = portal.browser();
  await other.get('/welcome');
  await signIn(other, phone);
  const ids = portal.access.sessions.browsers(accountOf(kari.id)).map(({ id }) => id);
  const here = portal.access.sessions.browser(other.cookies.get('iomt-browser'))?.id;
  await other.post(`/me/browsers/${ids.find((id) => id !== here)}/forget`);
  expect(passkeysOf(kari.id)).toEqual([]);
  expect(await isIn(other)).toBe(true);

  await switchOn(other);
  expect((await other.get('/me')).text).toContain('må slås på på nytt');
  await other.post('/me/pin', { old: PIN, pin: OTHER_PIN, again: OTHER_PIN });
  expect(passkeysOf(kari.id)).toEqual([]);

  const asked = JSON.parse((await askToMake(other, { pin: OTHER_PIN })).text);
  const response = createAuthenticator(SITE).make(asked);
  expect((await other.post('/me/passkeys', { response })).status).toBe(303);
  await browser.post('/welcome', { code: await portal.code(kari.id) });
  await browser.post('/welcome/begin', { reset: 'yes', pin: PIN, again: PIN });
  expect([passkeysOf(kari.id), await isIn(browser)]).toEqual([[], true]);
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
  const { browser, phone } = await withPasskey();
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
  await withPasskey();
  const his = await portal.signedIn(ola.id);
  const [{ id } = { id: '' }] = passkeysOf(kari.id);
  expect((await his.post(`/me/passkeys/${id}/remove`)).status).toBe(404);
  expect((await his.post(`/me/passkeys/${ANOTHER_ID}/remove`)).status).toBe(404);
  expect((await his.get('/me/passkeys')).text).not.toContain('Telefonen min');
  expect(passkeysOf(kari.id).length).toBe(1);
});

test('at an address where it is not possible it is not offered, and what was made can be switched off', async () => {
  const { browser, phone } = await withPasskey();
  const there = { headers: { host: '127.0.0.1' } };
  const by = portal.browser(there);
  for (const [name, value] of browser.cookies) by.cookies.set(name, value);
  expect((await by.get('/sign-in')).text).not.toContain('data-passkey');
  expect((await portal.browser(there).get('/welcome')).text).not.toContain('data-passkey');
  expect((await by.post('/api/passkey/sign-in')).status).toBe(404);
  expect((await by.post('/sign-in/passkey', { response: '{}' })).status).toBe(404);
  expect((await by.post('/sign-in', { account: accountOf(kari.id), pin: PIN })).to).toBe('/');
  const page = (await by.get('/me/passkeys')).text;
  expect([
    page.includes('kan ikke slås på fra denne adressen'),
    page.includes('localhost'),
  ]).toEqual([true, true]);
  expect((await askToMake(by)).status).toBe(404);
  expect((await by.post('/me/passkeys', { response: '{}' })).status).toBe(404);
  await by.post(`/me/passkeys/${passkeysOf(kari.id)[0]?.id}/remove`);
  expect((await by.get('/me')).text).not.toContain('/me/passkeys');
  expect((await signIn(browser, phone)).status).toBe(422);
});

test('what is no answer of a browser is refused', async () => {
  const { browser, phone } = await withPasskey();
  const good = JSON.parse(phone.sign(await askToSign(browser)));
  for (const bad of [
    '',
    'null',
    '[]',
    '{"id":1}',
    JSON.stringify({ ...good, rawId: 'AAAA' }),
    JSON.stringify({ ...good, response: { ...good.response, authenticatorData: 'AAAA' } }),
    JSON.stringify({ ...good, response: { ...good.response, signature: 'MAYCAQECAQE' } }),
  ]) {
    portal.time.real += 2 * 60 * 60_000;
    await askToSign(browser);
    const refused = await browser.post('/sign-in/passkey', { response: bad });
    expect([bad.slice(0, 40), refused.status]).toEqual([bad.slice(0, 40), 422]);
  }
  expect(await isIn(browser)).toBe(false);
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
