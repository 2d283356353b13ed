import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromConsent } from '../../../../fhir/consent.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { DAY, usual } from '../household.ts';
import { type FurnishedPortal, furnishPortal, PIN, type TestBrowser } from './furnished.ts';
import { routesOf } from './routes.ts';

/** Helpers and representatives: what each may do, for whom, until when; given, limited and ended. */

let portal: FurnishedPortal;
let kari: { id: string };
let ola: { id: string };
let home: Awaited<ReturnType<typeof usual>>;

beforeEach(async () => {
  home = await usual();
  portal = furnishPortal({ home: home.home });
  kari = home.person;
  ola = await home.decisions.addPerson('test', 'Ola Eksempel');
});
afterEach(() => portal.stop());

const isIn = async (browser: TestBrowser) => (await browser.get('/me')).status === 200;
const given = (person = kari.id) => portal.access.accounts.given(person);
const codeIn = ({ text }: { text: string }) => /big-code">(\d{4} \d{4})</.exec(text)?.[1] ?? '';
const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const share = (browser: TestBrowser, kinds: object = { 'kind-body-weight': 'yes' }) =>
  browser.post('/shares/to/care/give', { ...kinds });
const trail = (action: string) =>
  home.views.audit().entries.filter((entry) => entry.action === action);

/** Gives a code on the page, and types it in another browser. */
async function letIn(
  giver: TestBrowser,
  role: 'helper' | 'representative',
  fields: Record<string, string>,
  name = 'Eva Eksempel',
) {
  const page = await giver.post(`/me/others/new/${role}`, fields);
  const browser = portal.browser();
  await browser.post('/welcome', { code: codeIn(page) });
  const begun = await browser.post('/welcome/begin', { name, pin: PIN, again: PIN });
  return { page, browser, begun };
}

test('a helper is let in by the person, sees devices and the box, and is ended at once', async () => {
  const mine = await portal.signedIn(kari.id);
  const until = day(portal.time.real + 5 * DAY);
  const { browser, begun } = await letIn(mine, 'helper', { until });
  expect(begun.to).toBe('/');
  expect((await browser.get('/')).to).toBe('/box');
  expect((await browser.get('/box')).text).toContain('Du hjelper Kari Example.');
  const [helper] = given();
  expect(helper).toMatchObject({ role: 'helper', name: 'Eva Eksempel', seesValues: false });
  // To the end of the last day, in the home's zone.
  expect(new Date(helper?.until ?? 0).toISOString()).toBe('2026-03-07T23:00:00.000Z');
  const list = (await mine.get('/me/others')).text;
  expect(list).toContain('Eva Eksempel');
  expect(list).toContain('Sist brukt');
  expect((await mine.post(`/me/others/${helper?.id}/end`)).to).toBe('/me/others');
  expect(await isIn(browser)).toBe(false);
  const sessions = home.db.prepare<[], string>('SELECT access_grant FROM session').pluck().all();
  expect(sessions).not.toContain(helper?.id);
  expect((await browser.get('/sign-in')).to).toBe('/welcome');
  expect((await mine.get('/me/others')).text).toContain('Avsluttet det siste året');
  expect(trail('access-given').at(-1)?.detail).toMatchObject({
    role: 'helper',
    access: helper?.id,
  });
  expect(trail('access-ended').at(-1)?.detail).toMatchObject({ access: helper?.id });
  expect(JSON.stringify(home.views.audit().entries)).not.toContain('Eva');
});

test('an access ends at its very instant: for a page, for a PIN, and for a decision on its way', async () => {
  const until = portal.time.real + 3_600_000;
  const eva = await portal.representative(kari.id, { until });
  const [{ id = '' } = {}] = given();
  portal.time.real = until - 1;
  expect(await isIn(eva)).toBe(true);
  portal.time.real = until;
  expect(await isIn(eva)).toBe(false);
  const { account = '' } = given()[0] ?? {};
  expect((await eva.post('/sign-in', { account, pin: PIN })).text).toContain('avsluttet');
  home.time.now = until;
  const ask = { person: kari.id, recipient: 'care', kinds: ['body-weight'] };
  await expect(home.decisions.shareKinds(`representative ${id}`, ask)).rejects.toMatchObject({
    code: 'access-ended',
  });
  // A clock that went back knows of no end.
  portal.time.real = until - 40 * DAY;
  expect(await isIn(eva)).toBe(false);
});

test('what a representative agrees to names them by their access and its basis, in Consent and trail', async () => {
  const eva = await portal.representative(kari.id, { basis: 'power-of-attorney' });
  const receipt = await share(eva);
  const [access] = given();
  const [own] = home.permissions
    .of(kari.id, 'care')
    .filter(({ state, kinds }) => state === 'active' && kinds.includes('body-weight'));
  expect(own?.representative).toEqual({ id: access?.id, basis: 'power-of-attorney' });
  const row = home.db
    .prepare<[string], string>('SELECT resource FROM permission WHERE id = ? ORDER BY version DESC')
    .pluck()
    .get(own?.id ?? '');
  const stored = JSON.parse(row ?? '');
  expect(stored.contained[0].relationship[0].coding[0].code).toBe('POWATT');
  expect(row).not.toContain('Eva');
  expect(fromConsent(stored)).toMatchObject({ ok: true });
  expect(trail('permission-changed').at(-1)).toMatchObject({
    actor: `representative ${access?.id}`,
    detail: { basis: 'power-of-attorney' },
  });
  expect((await eva.get(receipt.to ?? '')).text).toContain(
    'Eva Eksempel, på vegne av Kari Example (fremtidsfullmakt)',
  );
  // The person's own next word is their own again.
  const mine = await portal.signedIn(kari.id);
  await mine.post('/shares/to/care/withdraw');
  expect(home.permissions.get(own?.id ?? '').permission).toMatchObject({ state: 'withdrawn' });
  expect(home.permissions.get(own?.id ?? '').permission.representative).toBeUndefined();
});

test('values are seen by a representative only where the person said so', async () => {
  await cuff(home.home, bloodPressure());
  const mine = await portal.signedIn(kari.id);
  const until = day(portal.time.real + 90 * DAY);
  const fields = { basis: 'guardian', until };
  const blind = await letIn(mine, 'representative', fields);
  const seeing = await letIn(mine, 'representative', { ...fields, values: 'yes' }, 'Per Eksempel');
  expect((await blind.browser.get('/')).to).toBe('/shares');
  for (const url of ['/shares', '/questions', '/devices', '/box', '/me']) {
    const { status, text } = await blind.browser.get(url);
    expect([url, status]).toEqual([url, 200]);
    expect(text).not.toMatch(/128\/82|mmHg/);
    expect(text).toContain('Du handler for Kari Example.');
  }
  expect((await seeing.browser.get('/')).text).toContain('128/82');
  const per = given().find(({ name }) => name === 'Per Eksempel');
  await mine.post(`/me/others/${per?.id}/limit`, { until });
  expect((await seeing.browser.get('/')).to).toBe('/shares');
});

test('a code for one role becomes no other, whatever is sent with it', async () => {
  const { code } = await portal.access.makeCode('test', {
    ...({ role: 'helper', person: kari.id, mayReset: true, seesValues: true } as const),
  });
  const browser = portal.browser();
  await browser.post('/welcome', { code, role: 'citizen', person: kari.id });
  const more = { role: 'representative', basis: 'guardian', values: 'yes', reset: 'yes' };
  await browser.post('/welcome/begin', { name: 'Nils', pin: PIN, again: PIN, ...more });
  expect(given()).toMatchObject([{ role: 'helper', basis: undefined, seesValues: false }]);
  expect((await browser.get('/shares')).status).toBe(403);
  expect((await browser.post('/acting', { grant: 'none' })).status).toBe(404);
  const asRepresentative = { until: day(portal.time.real + DAY), basis: 'guardian' };
  expect((await browser.post('/me/others/new/representative', asRepresentative)).status).toBe(403);
  expect(portal.access.accounts.ofPerson(kari.id)).toBeUndefined();
});

test('one account acts for several, says for whom, and a page that lay open changes nothing for the wrong one', async () => {
  const mine = await portal.signedIn(ola.id);
  const own = await mine.tokenOf();
  const { code } = await portal.access.makeCode('test', {
    ...({ role: 'representative', basis: 'guardian', person: kari.id, mayReset: false } as const),
  });
  await mine.post('/welcome', { code });
  const page = (await mine.get('/welcome/begin')).text;
  expect(page).toContain('for Kari Example');
  expect(page).toContain('Ola Eksempel');
  const account = portal.access.accounts.ofPerson(ola.id)?.id ?? '';
  expect((await mine.post('/welcome/begin', { account, pin: '999111' })).status).toBe(422);
  expect((await mine.post('/welcome/begin', { account, pin: PIN })).to).toBe('/');
  expect((await mine.get('/shares')).text).toContain('Du handler for Kari Example.');
  expect((await mine.get('/shares')).text).toContain('Bytt til Ola Eksempel');
  const [self] = portal.access.actsFor(account);
  const forKari = await mine.tokenOf();
  const before = mine.cookies.get('iomt-session') ?? '';
  expect((await mine.post('/acting', { grant: self?.grant ?? '' })).to).toBe('/');
  for (const token of [own, forKari]) {
    expect((await mine.post('/shares/to/care/withdraw', { token })).status).toBe(403);
  }
  expect(home.permissions.of(kari.id, 'care')[0]?.state).toBe('active');
  expect((await mine.get('/me')).text).not.toContain('Du handler for');
  mine.cookies.set('iomt-session', before);
  expect(await isIn(mine)).toBe(false);
  mine.cookies.delete('iomt-session');
  expect((await mine.post('/sign-in', { account, pin: PIN })).to).toBe('/acting');
  const choice = (await mine.get('/acting')).text;
  expect(choice).toMatch(/Meg selv: Ola Eksempel.*Kari Example, som representant/s);
});

test('nothing of another person is within reach of a representative, nor their helpers', async () => {
  await portal.helper(ola.id);
  const eva = await portal.representative(kari.id, { seesValues: true });
  const [strange] = given(ola.id);
  const mine = await portal.signedIn(kari.id);
  const bare = ({ text }: { text: string }) => text.replaceAll(/value="[\w-]+"|href="[^"]*"/g, '');
  const unknown = '0b0c0d0e-0000-4000-8000-000000000000';
  for (const act of ['end', 'limit']) {
    const fields = { until: day(portal.time.real + DAY) };
    const answer = await mine.post(`/me/others/${strange?.id}/${act}`, fields);
    expect([act, answer.status]).toEqual([act, 404]);
    expect(bare(answer)).toBe(bare(await mine.post(`/me/others/${unknown}/${act}`, fields)));
  }
  expect((await mine.get(`/me/others/${strange?.id}`)).status).toBe(404);
  expect((await eva.get('/me/others')).status).toBe(403);
  expect((await eva.post('/acting', { grant: strange?.id ?? '' })).status).toBe(404);
  const blind = await portal.representative(kari.id, { name: 'Per Eksempel' });
  const seeing = given().find(({ seesValues }) => seesValues);
  expect((await blind.post('/acting', { grant: seeing?.id ?? '' })).status).toBe(404);
  expect(given(ola.id)[0]?.endedAt).toBeUndefined();
  const own = given().find(({ name }) => name === 'Eva Eksempel');
  const ask = { person: ola.id, recipient: 'care', kinds: ['body-weight'] };
  await expect(home.decisions.shareKinds(`representative ${own?.id}`, ask)).rejects.toMatchObject({
    code: 'access-ended',
  });
});

test("a parent's access ends by itself when the child decides alone; the month is nowhere else", async () => {
  const mine = await portal.signedIn(ola.id);
  const until = day(portal.time.real + 4 * 365 * DAY);
  const fields = { basis: 'parent', until, month: '5', year: '2012' };
  const refused = await mine.post('/me/others/new/representative', { basis: 'parent', until });
  expect([refused.status, refused.text]).toEqual([422, expect.stringContaining('barnet er født')]);
  const grown = { ...fields, year: '2010', month: '3' };
  expect((await mine.post('/me/others/new/representative', grown)).status).toBe(422);
  const { browser } = await letIn(mine, 'representative', fields);
  const [parent] = given(ola.id);
  expect(new Date(parent?.until ?? 0).toISOString()).toBe('2028-04-30T22:00:00.000Z');
  // It cannot be made longer either.
  await mine.post(`/me/others/${parent?.id}/limit`, { until });
  expect(given(ola.id)[0]?.until).toBe(parent?.until);
  expect((await share(mine)).text).toContain('før en representant bestemmer det');
  expect(home.permissions.of(ola.id, 'care')).toEqual([]);
  expect((await share(browser)).status).toBe(303);
  expect(withoutIds(JSON.stringify(home.views.audit().entries) + portal.lines.join())).not.toMatch(
    /2012|born/,
  );
  home.time.now = portal.time.real = parent?.until ?? 0;
  expect(await isIn(browser)).toBe(false);
  await mine.post('/sign-in', {
    account: portal.access.accounts.ofPerson(ola.id)?.id ?? '',
    pin: PIN,
  });
  expect((await share(mine, { 'kind-body-weight': 'yes', 'kind-heart-rate': 'yes' })).status).toBe(
    303,
  );
});

test('who may lack capacity shares nothing new alone, stops all the same, and cannot undo it', async () => {
  const mine = await portal.signedIn(kari.id);
  expect((await mine.post('/me/capacity', { lacks: 'yes' })).to).toBe('/me/capacity');
  const more = { 'kind-blood-pressure': 'yes', 'kind-glucose': 'yes' };
  expect((await share(mine, more)).status).toBe(422);
  const { decisions } = home;
  const ask = { person: kari.id, recipient: 'care', kinds: ['glucose'] };
  await expect(decisions.givePermission('command-line', ask)).rejects.toMatchObject({
    code: 'needs-representative',
  });
  // Less, and a pause, are theirs; the end of the pause is not.
  expect((await share(mine, { 'kind-blood-pressure': 'yes' })).status).toBe(303);
  await mine.post('/shares/to/care/pause', { end: 'none' });
  expect((await mine.post('/shares/to/care/resume')).status).toBe(422);
  await expect(decisions.resumePermission('test', home.permission.id)).rejects.toMatchObject({
    code: 'needs-representative',
  });
  expect((await mine.post('/me/capacity', { lacks: 'no' })).status).toBe(422);
  const eva = await portal.representative(kari.id);
  expect((await eva.post('/shares/to/care/resume')).status).toBe(303);
  expect((await share(eva, more)).status).toBe(303);
  expect((await eva.post('/me/capacity', { lacks: 'no' })).status).toBe(303);
  await mine.post('/shares/to/care/withdraw');
  expect((await share(mine, more)).status).toBe(303);
  expect(trail('capacity-marked').map(({ detail }) => detail)).toMatchObject([
    { lacks: true },
    { lacks: false, basis: 'guardian' },
  ]);
});

test('what a helper did is listed for who let them in', async () => {
  const mine = await portal.signedIn(kari.id);
  const helper = await portal.helper(kari.id);
  await helper.post(`/devices/${home.device.id}/name`, { name: 'Mansjett' });
  const [access] = given();
  const { text } = await mine.get(`/me/others/${access?.id}`);
  expect(text).toMatch(/Ga et apparat et navn.*Logget inn/s);
});

test('an access that ended is forgotten after a year, with the name', async () => {
  await portal.helper(kari.id);
  const [access] = given();
  const mine = await portal.signedIn(kari.id);
  await mine.post(`/me/others/${access?.id}/end`);
  portal.time.real += 366 * DAY;
  expect(given()).toEqual([]);
  await portal.helper(ola.id);
  const names = home.db.prepare<[], string>('SELECT id FROM account').pluck().all();
  expect(names).not.toContain(access?.account);
});

/** What each route asks for; a route in no row fails. */
const RIGHTS: readonly (readonly [RegExp, string])[] = [
  [
    /^(GET|POST) \/(sign-in|welcome(\/begin)?)$|^GET \/(portal\.js|style\.css|healthz|readyz)$/,
    'public',
  ],
  [/^POST \/(sign-in|api)\/passkey(\/sign-in)?$/, 'public'],
  [/^(GET|POST) \/me\/passkeys|^POST \/api\/passkey\/make$/, 'signed-in'],
  [/^POST \/sign-out$|^(GET|POST) \/acting$|^GET \/live$/, 'signed-in'],
  [/^GET \/me$|^POST \/me\/(pin|sessions\/:id\/end|browsers\/:id\/(forget|shared))$/, 'signed-in'],
  [/^(GET|POST) \/me\/capacity$|^(GET|POST) \/shares/, 'share'],
  [/^POST \/me\/code$|^(GET|POST) \/me\/others|^POST \/box\/help$/, 'give-access'],
  [/^(GET|POST) \/questions|^(GET|POST) \/readings\/\S+\/not-mine$/, 'answer'],
  // One that changes something asks for `answer` besides, which goes with it.
  [/^GET \/$|^(GET|POST) \/(files|me\/(reminder|delete)$|readings\/(of\/|add))/, 'see-values'],
  [/^GET \/readings\/:kind\S*$(?<!not-mine)/, 'see-values'],
  [/^(GET|POST) \/me\/wipe$/, 'wipe'],
  [/^(GET|POST) \/(devices|pairing)/, 'devices'],
  [/^GET \/box/, 'box'],
];
const MAY: Readonly<Record<string, readonly string[]>> = {
  nobody: ['public'],
  helper: ['public', 'signed-in', 'devices', 'box'],
  representative: ['public', 'signed-in', 'devices', 'box', 'share', 'answer'],
  'seeing representative': [
    'public',
    'signed-in',
    'devices',
    'box',
    'share',
    'answer',
    'see-values',
  ],
  citizen: [
    'public',
    'signed-in',
    'devices',
    'box',
    'share',
    'answer',
    'see-values',
    'give-access',
    'wipe',
  ],
};

test('every route, for every role: what each may, and nothing else', async () => {
  await portal.app.ready();
  const routes = routesOf(portal.app.printRoutes({ commonPrefix: false }));
  expect(routes.length).toBeGreaterThan(50);
  const table = routes.map((name) => {
    const rows = RIGHTS.filter(([of]) => of.test(name)).map(([, right]) => right);
    return [name, rows.length === 1 ? rows[0] : rows] as const;
  });
  expect(table.filter(([, right]) => typeof right !== 'string')).toEqual([]);
  const enter: Record<string, () => Promise<TestBrowser>> = {
    nobody: async () => portal.browser(),
    helper: () => portal.helper(kari.id),
    representative: () => portal.representative(kari.id),
    'seeing representative': () => portal.representative(kari.id, { seesValues: true }),
    citizen: () => portal.signedIn(kari.id),
  };
  const wrong: string[] = [];
  for (const [role, rights] of Object.entries(MAY)) {
    const browser = (await enter[role]?.()) ?? portal.browser();
    for (const [name, right] of table) {
      // It ends what is looked at, or is held open.
      if (/sign-out|\/live/.test(name) || right === 'public') continue;
      const [method = '', url = ''] = name.split(' ');
      const asked = url.replaceAll(/:\w+/g, '0b0c0d0e-0000-4000-8000-000000000000');
      const answer = method === 'GET' ? await browser.get(asked) : await browser.post(asked);
      const isRefused =
        answer.status === 403 ||
        (answer.status === 401 && asked.startsWith('/api/')) ||
        answer.to?.startsWith('/sign-in') === true ||
        (asked === '/' && answer.status === 303);
      if (isRefused === rights.includes(String(right))) {
        wrong.push(`${role}: ${name} ${answer.status}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
