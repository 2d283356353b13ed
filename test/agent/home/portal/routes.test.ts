import { afterEach, beforeEach, expect, test } from 'vitest';
import { refuseRulelessRoutes } from '../../../../agent/home/portal/route.ts';
import { createHttp } from '../../../../agent/http.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { usual } from '../household.ts';
import { type FurnishedPortal, furnishPortal } from './furnished.ts';
import { listed } from './routes.ts';

/** What a visitor may ask for who is not signed in; each has its reason. */
const PUBLIC = [
  // The way in.
  ...['GET /sign-in', 'POST /sign-in', 'GET /welcome', 'POST /welcome'],
  ...['GET /welcome/begin', 'POST /welcome/begin'],
  ...['POST /sign-in/passkey', 'POST /api/passkey/sign-in'],
  // Files without content.
  ...['GET /portal.js', 'GET /style.css'],
  // Machines: no value, name or address is in them.
  ...['GET /healthz', 'GET /readyz'],
];

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let home: Awaited<ReturnType<typeof usual>>;
let portal: FurnishedPortal;
let routes: { method: string; url: string }[];

beforeEach(async () => {
  home = await usual();
  portal = furnishPortal({ home: home.home });
  await portal.app.ready();
  routes = listed(portal.app.printRoutes({ commonPrefix: false }));
});
afterEach(() => portal.stop());

const filled = (url: string) => url.replaceAll(/:\w+/g, '0b0c0d0e-0000-4000-8000-000000000000');

test('every route but the named ones is closed to who is not signed in', async () => {
  const open: string[] = [];
  for (const { method, url } of routes) {
    const name = `${method} ${url}`;
    if (PUBLIC.includes(name)) continue;
    const browser = portal.browser();
    // With a right token: it is the access rule that refuses.
    const answer =
      method === 'GET' ? await browser.get(filled(url)) : await browser.post(filled(url));
    const isClosed =
      /^\/(api\/|live$)/.test(url) && url !== ''
        ? answer.status === 401
        : answer.status === 303 && answer.to?.startsWith('/sign-in') === true;
    if (!isClosed || /128|Kari/.test(answer.text)) open.push(`${name}: ${answer.status}`);
  }
  expect(open).toEqual([]);
  const names = routes.map(({ method, url }) => `${method} ${url}`);
  expect(names).toEqual(
    expect.arrayContaining([
      ...PUBLIC,
      'GET /',
      'GET /live',
      'POST /me/sessions/:id/end',
      'POST /api/passkey/make',
    ]),
  );
  expect(new Set(names).size).toBe(names.length);
});

test('every change asks for the token of its own page', async () => {
  await cuff(home.home, bloodPressure());
  const kari = await portal.signedIn(home.person.id);
  const ola = await portal.home.decisions.addPerson('test', 'Ola Eksempel');
  const other = await (await portal.signedIn(ola.id)).tokenOf();
  const stranger = portal.browser();
  const passed: string[] = [];
  for (const { method, url } of routes.filter((one) => one.method !== 'GET')) {
    for (const [whose, browser] of [
      ['signed in', kari],
      ['stranger', stranger],
    ] as const) {
      for (const token of ['', 'A'.repeat(43), other]) {
        const answer = await browser.post(filled(url), { token });
        const isClosed =
          whose === 'stranger' &&
          (url.startsWith('/api/') ? answer.status === 401 : answer.to?.startsWith('/sign-in'));
        if (answer.status !== 403 && !isClosed) passed.push(`${method} ${url} ${whose}`);
      }
    }
  }
  expect(passed).toEqual([]);
  expect(await kari.get('/me')).toMatchObject({ status: 200 });
});

test("no other site's page changes anything, whatever it knows", async () => {
  const kari = await portal.signedIn(home.person.id);
  const token = await kari.tokenOf();
  for (const headers of [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    const answer = await kari.ask({
      method: 'POST',
      url: '/sign-out',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ token }).toString(),
    });
    expect([headers, answer.status]).toEqual([headers, 403]);
  }
  expect(await kari.get('/me')).toMatchObject({ status: 200 });
});

test('a route without an access rule is refused when it is registered', () => {
  const app = createHttp({ log: silent, checks: () => [] });
  refuseRulelessRoutes(app);
  expect(() => app.get('/forgotten', async () => ({}))).toThrow(/no access rule/);
});

test('a name of another site that leads here is not answered (DNS rebinding)', async () => {
  const kari = await portal.signedIn(home.person.id);
  for (const host of ['evil.example', 'evil.example:8420', 'localhost.evil.example']) {
    const answer = await kari.ask({ method: 'GET', url: '/', headers: { host } });
    expect([host, answer.status, answer.text]).toEqual([
      host,
      421,
      expect.not.stringContaining('Kari'),
    ]);
  }
});

test('where one is led after signing in is a path of ours', async () => {
  const kari = await portal.signedIn(home.person.id);
  for (const to of [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/me\r\nset-cookie: a=b',
    '/me%0d%0aset-cookie:%20a=b',
  ]) {
    const answer = await kari.ask({ method: 'GET', url: `/sign-in?to=${encodeURIComponent(to)}` });
    expect([to, answer.status, answer.to]).toEqual([to, 303, '/']);
    expect(JSON.stringify(answer.headers)).not.toContain('a=b');
  }
  expect((await kari.get('/sign-in?to=/me')).to).toBe('/me');
});

test('what is sent as language, path or cookie comes back in no header and unescaped in no page', async () => {
  const odd = '"><script>alert(1)</script>';
  const browser = portal.browser();
  browser.cookies.set('iomt-language', 'nn"; Domain=evil.example');
  for (const url of [
    `/welcome?lang=${encodeURIComponent(`nb\r\nx: y${odd}`)}`,
    `/nowhere/${encodeURIComponent(odd)}`,
    '//evil.example/..%2f..%2fetc/passwd',
  ]) {
    const { text, headers } = await browser.get(url);
    expect(text).not.toContain('<script>alert');
    expect(text).not.toContain('evil.example');
    expect(JSON.stringify(headers)).not.toMatch(/x: y|evil/);
  }
});

test('a body larger than any form is not read, and one of another kind is refused', async () => {
  const kari = await portal.signedIn(home.person.id);
  const large = await kari.post('/me/pin', { old: '1'.repeat(20_000) });
  expect(large.status).toBe(413);
  // Nor where there is no page: a stranger would fill the memory.
  const body = `"${'1'.repeat(1_000_000)}"`;
  const json = { 'content-type': 'application/json' };
  for (const url of ['/nowhere', '/healthz']) {
    const there = await portal.browser().ask({ method: 'POST', url, headers: json, body });
    expect([url, there.status]).toEqual([url, 413]);
  }
  const headers = { 'content-type': 'text/xml' };
  const xml = await kari.ask({ method: 'POST', url: '/me/pin', headers, body: '<a/>' });
  expect(xml.status).toBe(415);
  expect(await kari.get('/me')).toMatchObject({ status: 200 });
});

test('each sees their own readings only', async () => {
  await cuff(home.home, bloodPressure());
  const ola = await portal.home.decisions.addPerson('test', 'Ola Eksempel');
  const [mine, his] = [await portal.signedIn(home.person.id), await portal.signedIn(ola.id)];
  expect((await mine.get('/')).text).toContain('128/82');
  const page = (await his.get('/')).text;
  expect(withoutIds(page)).not.toMatch(/128|82|Kari|mmHg/);
  expect((await his.get('/box')).text).not.toMatch(/128\/82|Kari/);
});
