import { afterEach, beforeEach, expect, test } from 'vitest';
import { CHALLENGE_MS } from '../../../../agent/home/portal/access/challenges.ts';
import { SHARED_IDLE_MS } from '../../../../agent/home/portal/access/sessions.ts';
import { formTokenOf } from '../../../../agent/home/portal/access/tokens.ts';
import { makeSelfSigned } from '../../../../agent/home/portal/lan/self-signed.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { type FurnishedPortal, PIN, type TestBrowser } from './furnished.ts';
import {
  ANOTHER_ID,
  accountOf,
  askToMake,
  askToSign,
  furnishSite,
  isIn,
  passkeysOf,
  SITE,
  signIn,
  switchOn,
  withPasskey,
} from './passkey-acts.ts';
import { createAuthenticator, type Twist } from './software-authenticator.ts';

/** Signing in by fingerprint, face or the device's lock (WebAuthn) instead of the PIN. */

let portal: FurnishedPortal;
let kari: { id: string };
let ola: { id: string };

beforeEach(async () => {
  ({ portal, kari, ola } = await furnishSite());
});
afterEach(() => portal.stop());

const trail = (action: string) =>
  portal.home.views.audit().entries.filter((entry) => entry.action === action);

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
  const [{ id } = { id: '' }] = passkeysOf(portal, kari.id);
  expect((await browser.post(`/me/passkeys/${id}/remove`)).to).toBe('/me/passkeys?done=removed');
  await browser.post('/sign-out');
  expect((await browser.get('/sign-in')).text).not.toContain('data-passkey');
  expect((await signIn(browser, phone)).text).toContain('slått av');
  expect(await isIn(browser)).toBe(false);
  const made = { account: accountOf(portal, kari.id), passkey: id };
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
  expect(passkeysOf(portal, kari.id)).toEqual([]);
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
  expect([passkeysOf(portal, kari.id).length, passkeysOf(portal, ola.id).length]).toEqual([1, 0]);
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
  expect([answer.status, passkeysOf(portal, kari.id)]).toEqual([422, []]);
});

test('a key vouches for itself or nobody does: no certificate of a maker is looked at', async () => {
  const browser = await portal.signedIn(kari.id);
  const from = Date.now() - 60_000;
  const maker = await makeSelfSigned({ dns: ['maker'], addresses: [], from, to: from + 600_000 });
  expect((await switchOn(browser, { attests: maker })).answer.status).toBe(422);
  expect(passkeysOf(portal, kari.id)).toEqual([]);
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
  const { browser, phone } = await withPasskey(portal, kari.id);
  const refused = await signIn(browser, phone, twist);
  expect([refused.status, await isIn(browser)]).toEqual([422, false]);
  expect(refused.text).toContain('Det gikk ikke');
  expect(trail('passkey-refused').map(({ detail }) => detail)).toEqual([
    { account: accountOf(portal, kari.id), passkey: passkeysOf(portal, kari.id)[0]?.id },
  ]);
  expect((await signIn(browser, phone)).to).toBe('/');
});

test("another's key does not let in, whatever key is named", async () => {
  const { browser } = await withPasskey(portal, kari.id);
  const his = await portal.signedIn(ola.id);
  const { phone } = await switchOn(his);
  await his.post('/sign-out');
  const [hers] = passkeysOf(portal, kari.id);
  const userHandle = Buffer.from(accountOf(portal, kari.id)).toString('base64url');
  const named = { userHandle, ...(hers ? { credential: hers.credential } : {}) };
  expect((await signIn(browser, phone, named)).status).toBe(422);
  expect(await isIn(browser)).toBe(false);
  // A key is one account's: it cannot be made known for a second one.
  const again = await portal.signedIn(kari.id);
  const { answer } = await switchOn(again, { credential: phone.id });
  expect([answer.status, answer.text]).toEqual([422, expect.stringContaining('allerede slått på')]);
  expect(passkeysOf(portal, kari.id).length).toBe(1);
});

test('a challenge to sign in counts once, for a while, in the browser that asked', async () => {
  const { browser, phone } = await withPasskey(portal, kari.id);
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
  const { browser, phone } = await withPasskey(portal, kari.id);
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
  const { browser, phone } = await withPasskey(portal, kari.id);
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
  const { phone } = await withPasskey(portal, kari.id);
  const fresh = portal.browser();
  const page = (await fresh.get('/welcome')).text;
  expect(page).toContain('data-passkey="/api/passkey/sign-in"');
  expect(withoutIds(page)).not.toMatch(/Kari|>KE</);
  expect((await signIn(fresh, phone, {}, { shared: 'yes' })).to).toBe('/');
  expect((await fresh.get('/me')).text.match(/class="card"/g)).toHaveLength(2);
  expect(trail('browser-remembered').at(-1)?.detail).toMatchObject({
    passkey: passkeysOf(portal, kari.id)[0]?.id,
  });
  portal.time.real += SHARED_IDLE_MS;
  expect(await isIn(fresh)).toBe(false);
  expect((await fresh.post('/sign-in', { account: accountOf(portal, kari.id), pin: PIN })).to).toBe(
    '/',
  );
});

test('who is not signed in learns nobody’s key', async () => {
  const { browser } = await withPasskey(portal, kari.id);
  const fresh = portal.browser();
  await fresh.get('/welcome');
  for (const one of [browser, fresh]) {
    const asked = await askToSign(one);
    expect(asked.allowCredentials ?? []).toEqual([]);
    expect(asked.userVerification).toBe('required');
    expect(JSON.stringify(asked)).not.toContain(passkeysOf(portal, kari.id)[0]?.credential);
  }
});

test('wrong answers are slowed as guesses are', async () => {
  const { browser, phone } = await withPasskey(portal, kari.id);
  for (let n = 0; n < 4; n += 1) await signIn(browser, phone, { isVerified: false });
  expect((await signIn(browser, phone)).text).toContain('Vent 30 sekunder');
  portal.time.real += 30_000;
  await signIn(browser, phone, { isVerified: false });
  expect(portal.noted).toContainEqual({ event: 'guessing-slowed', op: 'passkey', count: 5 });
  // The PIN is not kept out by it.
  expect(
    (await browser.post('/sign-in', { account: accountOf(portal, kari.id), pin: PIN })).to,
  ).toBe('/');
  expect(portal.lines.join()).not.toMatch(/Kari|Telefonen/);
});

test('a stranger who answers with keys of nobody is slowed, and keeps out nobody who has one', async () => {
  const { browser, phone } = await withPasskey(portal, kari.id);
  const stranger = portal.browser();
  await stranger.get('/welcome');
  const theirs = createAuthenticator(SITE);
  for (let n = 0; n < 5; n += 1) await signIn(stranger, theirs);
  expect((await signIn(stranger, theirs)).text).toMatch(/Vent \d+ sekunder/);
  expect((await signIn(browser, phone)).to).toBe('/');
});

test('what is no answer of a browser is refused', async () => {
  const { browser, phone } = await withPasskey(portal, kari.id);
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
