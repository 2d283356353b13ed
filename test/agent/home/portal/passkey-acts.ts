import { createRelyingParty } from '../../../../agent/home/portal/access/relying-party.ts';
import { type FurnishedPortal, furnishPortal, PIN, type TestBrowser } from './furnished.ts';
import { createAuthenticator, type Twist } from './software-authenticator.ts';

/** The portal of these tests, as a browser knows it. */
export const SITE = { id: 'localhost', origin: 'http://localhost' };

/** An id that nothing has. */
export const ANOTHER_ID = '0b0c0d0e-0000-4000-8000-000000000000';

/** The portal at a name that may have passkeys, with two people. */
export async function furnishSite() {
  const relyingParty = createRelyingParty({ http: { port: 80 }, lan: undefined });
  const portal = furnishPortal({ relyingParty });
  const kari = await portal.home.decisions.addPerson('test', 'Kari Eksempel');
  const ola = await portal.home.decisions.addPerson('test', 'Ola Eksempel');
  return { portal, kari, ola };
}

/** Somebody is signed in. */
export const isIn = async (browser: TestBrowser) => (await browser.get('/me')).status === 200;

export const accountOf = ({ access }: FurnishedPortal, person: string) =>
  access.accounts.ofPerson(person)?.id ?? '';

export const passkeysOf = (portal: FurnishedPortal, person: string) =>
  portal.access.passkeys.of(accountOf(portal, person));

/** What a browser is to make, as its script asks for it. */
export const askToMake = (browser: TestBrowser, fields: Record<string, string> = {}) =>
  browser.post('/api/passkey/make', { name: 'Telefonen min', pin: PIN, ...fields });

/** Switches it on in a browser that is signed in. */
export async function switchOn(browser: TestBrowser, twist: Twist = {}) {
  const phone = createAuthenticator(SITE);
  const asked = JSON.parse((await askToMake(browser)).text);
  const answer = await browser.post('/me/passkeys', { response: phone.make(asked, twist) });
  return { phone, asked, answer };
}

/** A browser of this person in which it is switched on, and nobody is signed in. */
export async function withPasskey(portal: FurnishedPortal, person: string) {
  const browser = await portal.signedIn(person);
  const { phone } = await switchOn(browser);
  await browser.post('/sign-out');
  return { browser, phone };
}

type Phone = ReturnType<typeof createAuthenticator>;

/** What a browser is to sign, as its script asks for it. */
export async function askToSign(browser: TestBrowser) {
  return JSON.parse((await browser.post('/api/passkey/sign-in')).text);
}

/** Signs in by it. */
export async function signIn(browser: TestBrowser, phone: Phone, twist: Twist = {}, fields = {}) {
  const response = phone.sign(await askToSign(browser), twist);
  return browser.post('/sign-in/passkey', { response, ...fields });
}
