import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../../support/until.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { DAY, HOUR, openHousehold, START } from '../household.ts';
import { type FurnishedPortal, furnishPortal, PIN, type TestBrowser } from './furnished.ts';

let portal: FurnishedPortal;
let kari: { id: string };
let ola: { id: string };
let browser: TestBrowser;

beforeEach(async () => {
  portal = furnishPortal({ home: openHousehold() });
  const { decisions, adopt } = portal.home;
  kari = await decisions.addPerson('test', 'Kari Eksempel');
  ola = await decisions.addPerson('test', 'Ola Eksempel');
  const device = await adopt();
  await decisions.assignDevice('test', device.id, { owner: kari.id });
  browser = await portal.signedIn(kari.id);
});
afterEach(() => portal.stop());

const PRESSURE = { 'kind-blood-pressure': 'yes', begin: 'now', end: 'none' };
const to = (step: string) => `/shares/to/care/${step}`;
const own = (person = kari.id) => portal.home.permissions.of(person, 'care');
const active = () => own().filter(({ state }) => state === 'active');
const measure = async (systolic: number) => {
  await cuff(portal.home, bloodPressure({ systolic }));
  portal.home.committer.flush();
};
const sent = async (n: number) => {
  await until(() => portal.home.received().length >= n, `${n} envelopes`);
  portal.home.committer.flush();
  expect(portal.home.received()).toHaveLength(n);
};
const share = (fields: Record<string, string> = PRESSURE) => browser.post(to('give'), fields);
const pass = (ms: number) => {
  portal.home.time.now += ms;
};

test('nothing is shared until somebody has seen the sentence and said yes', async () => {
  expect((await browser.get('/shares')).text).toContain('Ser ingenting nå.');
  const check = await browser.post(to('check'), { ...PRESSURE, end: 'date', until: '2026-06-01' });
  expect(check.status).toBe(200);
  expect(check.text).toContain(
    'Example care kan se: blodtrykk med puls, målt fra og med 2. mars 2026 til og med 1. juni 2026.',
  );
  expect(own()).toEqual([]);
  const given = await share({ ...PRESSURE, end: 'date', until: '2026-06-01' });
  expect(given.to).toMatch(/^\/shares\/receipts\/\d+$/);
  const [permission] = own();
  expect(permission).toMatchObject({
    kinds: ['blood-pressure'],
    until: '2026-06-01T23:59:59+02:00',
  });
  const page = await browser.get('/shares');
  expect(page.text).toContain(permission?.sentence);
  expect(page.text).toContain('Grunnlag: samtykket ditt.');
  await measure(128);
  await sent(1);
});

test('a day that cannot be, and nothing ticked, are said on the form, which keeps what was chosen', async () => {
  for (const [fields, text] of [
    [{ begin: 'now' }, 'Kryss av for minst én ting'],
    [{ ...PRESSURE, begin: 'since', since: '2026-03-03' }, 'Den kan ikke være etter i dag'],
    [{ ...PRESSURE, begin: 'since', since: '2026-02-30' }, 'Den kan ikke være etter i dag'],
    [{ ...PRESSURE, end: 'date', until: '2026-03-01' }, 'Den kan ikke være før i dag'],
    [{ ...PRESSURE, end: 'date', until: '' }, 'Den kan ikke være før i dag'],
  ] as [Record<string, string>, string][]) {
    const answer = await share(fields);
    expect([answer.status, answer.text.includes(text)]).toEqual([422, true]);
    expect(answer.text.includes('value="yes" checked')).toBe('kind-blood-pressure' in fields);
  }
  expect((await browser.post(to('check'), { begin: 'now' })).status).toBe(422);
  expect(own()).toEqual([]);
});

test('what was measured before stays home, unless it is asked for since a day', async () => {
  await measure(121);
  pass(DAY);
  await share();
  await measure(122);
  await sent(1);
  const since = { ...PRESSURE, begin: 'since', since: '2026-03-02' };
  expect((await share(since)).to).toMatch(/receipts/);
  await sent(2);
  // Tapped twice.
  expect((await share(since)).to).toBe('/shares');
  expect(active()).toHaveLength(1);
});

test('a change keeps when a permission was given; what is new counts from now', async () => {
  await share();
  const [before] = own();
  pass(HOUR);
  const both = { ...PRESSURE, 'kind-body-weight': 'yes' };
  const check = await browser.post(to('check'), both);
  expect(check.text).toContain('Det som er nytt, gjelder det som måles fra nå av.');
  await share(both);
  expect(active().map(({ kinds }) => kinds)).toEqual([['blood-pressure'], ['body-weight']]);
  expect(active()[0]).toEqual(before);
  const only = { 'kind-body-weight': 'yes' };
  expect((await browser.post(to('check'), only)).text).toContain(
    'Dette slutter du å dele: blodtrykk',
  );
  await share(only);
  expect(active().map(({ kinds }) => kinds)).toEqual([['body-weight']]);
  await measure(123);
  expect(portal.home.received()).toHaveLength(0);
  expect((await browser.get('/shares')).text).not.toContain('blodtrykk');
});

test('in a pause nothing leaves, and what was measured in it goes only when asked for', async () => {
  await share();
  for (const [paused, n] of [
    ['keep', 1],
    ['send', 3],
  ] as const) {
    const receipt = await browser.post(to('pause'), { end: 'none' });
    expect((await browser.get(receipt.to ?? '')).text).toContain(
      'Pausen varer til du avslutter den.',
    );
    expect((await browser.get('/shares')).text).toContain('Pause siden 2. mars 2026.');
    expect((await browser.get(to('choose'))).to).toBe('/shares');
    pass(HOUR);
    await measure(130 + n);
    pass(HOUR);
    await browser.post(to('resume'), { paused });
    await measure(140 + n);
    await sent(n);
    // What was measured in the first pause stays home, also when that in the second is asked for.
    const withheld = portal.home.deliveries.counts().filter(({ state }) => state === 'withheld');
    expect(withheld).toMatchObject([{ n: 1 }]);
  }
  // The second permission covers what the first does already: it is not said twice.
  expect(active()).toHaveLength(2);
  expect((await browser.get('/shares')).text.match(/kan se:/g)).toHaveLength(1);
});

test('a pause until a day ends by itself after that day', async () => {
  await share();
  await browser.post(to('pause'), { end: 'date', until: '2026-03-04' });
  expect(active()[0]?.pauses).toMatchObject([{ until: '2026-03-04T23:59:59+01:00' }]);
  pass(2 * DAY);
  await measure(131);
  expect((await browser.get('/shares')).text).toContain('til pausen er over 4. mars 2026'.slice(4));
  pass(DAY);
  await measure(132);
  await sent(1);
  expect((await browser.get('/shares')).text).not.toContain('Pause siden');
});

test('withdrawn in two taps: what has gone is counted, nothing more leaves, and repeats do nothing', async () => {
  await share();
  await measure(128);
  await measure(129);
  await sent(2);
  portal.home.db.prepare("UPDATE delivery SET state = 'received'").run();
  const page = await browser.get(to('withdraw'));
  expect(page.text).toContain('Det som venter på å bli sendt, blir her hjemme.');
  expect(page.text).toContain('ta vare på journalen sin');
  expect(page.text).toMatch(/Blodtrykk med puls<.*<span>2<.*2\. mars 2026/s);
  expect((await browser.get(to('gone'))).text).toMatch(/Blodtrykk med puls<.*<span>2</s);
  const other = await portal.signedIn(ola.id);
  expect((await other.get(to('gone'))).text).toContain('De har ikke fått noe ennå.');
  const receipt = await browser.post(to('withdraw'));
  expect(active()).toEqual([]);
  await measure(130);
  expect(portal.home.received()).toHaveLength(2);
  expect((await browser.post(to('withdraw'))).to).toBe('/shares');
  const acts = portal.home.audit.list().filter(({ action }) => action === 'permission-withdrawn');
  expect(acts).toHaveLength(1);
  const { text } = await browser.get(receipt.to ?? '');
  for (const part of ['Delingen ble stoppet', 'Kari Eksempel', 'Ingen målinger var på vei.']) {
    expect(text).toContain(part);
  }
  expect(text).toContain(`${acts[0]?.seq}:${acts[0]?.hash}`);
});

test('the receipt lists what was on its way, and can be saved as a file', async () => {
  await portal.home.outbox.stop();
  await share();
  await measure(128);
  const [row] = portal.home.deliveries.recent(1);
  portal.home.db.prepare("UPDATE delivery SET state = 'sent'").run();
  const receipt = await browser.post(to('withdraw'));
  const page = await browser.get(receipt.to ?? '');
  expect(page.text).toContain(row?.id);
  expect(page.text).toContain('blodtrykk med puls, målt mandag 2. mars 2026');
  expect(withoutIds(page.text)).not.toContain('128');
  const file = await browser.get(`${receipt.to}/file`);
  expect(file.headers['content-disposition']).toMatch(
    /^attachment; filename="kvittering-2026-03-02-\d+\.html"$/,
  );
  expect(file.text).toContain(row?.id);
  expect(file.text).not.toContain('<form');
});

test("another's receipts, history and permissions are not there, and unknown ids are answered alike", async () => {
  const given = await share();
  const receipt = given.to ?? '';
  const other = await portal.signedIn(ola.id);
  expect((await other.get('/shares')).text).toContain('Ser ingenting nå.');
  expect((await other.get('/shares/history')).text).toContain('Her er det ingenting ennå.');
  const unknown = await other.get('/shares/receipts/999999');
  const anothers = await other.get(receipt);
  expect(anothers.status).toBe(404);
  // But for the path in the links to other languages.
  const plain = (text: string, path: string) => text.replaceAll(path, 'PATH');
  expect(plain(anothers.text, receipt)).toBe(plain(unknown.text, '/shares/receipts/999999'));
  expect((await other.get(`${receipt}/file`)).status).toBe(404);
  // A line of the trail about something else is no receipt.
  expect((await browser.get('/shares/receipts/1')).status).toBe(404);
  await other.post(to('withdraw'));
  await other.post(to('pause'), { end: 'none' });
  expect(active()).toMatchObject([{ pauses: [] }]);
  expect((await browser.get('/shares/to/nobody/choose')).status).toBe(404);
});

test('a helper sees and does nothing of it; a representative acts, and is named', async () => {
  const guest = async (role: 'helper' | 'representative', name: string) => {
    const page = portal.browser();
    const basis = role === 'helper' ? undefined : ('guardian' as const);
    const grant = { role, basis, person: kari.id, mayReset: false } as const;
    const { code } = await portal.access.makeCode('test', grant);
    await page.post('/welcome', { code });
    await page.post('/welcome/begin', { name, pin: PIN, again: PIN });
    return page;
  };
  const helper = await guest('helper', 'Nils Hjelper');
  for (const step of ['choose', 'pause', 'withdraw']) {
    expect((await helper.get(to(step))).status).toBe(403);
  }
  for (const url of ['/shares', '/shares/history', '/shares/receipts/1', '/questions']) {
    expect((await helper.get(url)).status).toBe(403);
  }
  for (const step of ['check', 'give', 'pause', 'resume', 'withdraw']) {
    expect((await helper.post(to(step), PRESSURE)).status).toBe(403);
  }
  expect(own()).toEqual([]);
  const daughter = await guest('representative', 'Eva Eksempel');
  const receipt = await daughter.post(to('give'), PRESSURE);
  expect((await daughter.get(receipt.to ?? '')).text).toContain(
    'Eva Eksempel, på vegne av Kari Eksempel (verge)',
  );
  expect(active()).toHaveLength(1);
  expect((await browser.get('/shares/history')).text).toContain('Eva Eksempel');
  await daughter.post(to('withdraw'));
  expect(active()).toEqual([]);
});

test('decisions of whoever looks after the box stand in the history too', async () => {
  const { decisions } = portal.home;
  const ask = { person: kari.id, recipient: 'care', kinds: ['blood-pressure'] };
  const { id } = await decisions.givePermission('command-line', ask);
  await decisions.pausePermission('command-line', id);
  const { text } = await browser.get('/shares/history');
  expect(text.match(/Den som passer på boksen/g)).toHaveLength(2);
  expect(text).toContain('Pause i delingen');
  expect(START).toBeLessThanOrEqual(portal.home.time.now);
});
