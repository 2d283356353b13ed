import { afterEach, beforeEach, expect, test } from 'vitest';
import { withoutIds } from '../../../support/without-ids.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { CARE, DAY, HOUR, settled, usual } from '../household.ts';
import { type FurnishedPortal, furnishPortal, PIN, type TestBrowser } from './furnished.ts';
import { pressure, put, stored } from './many-readings.ts';

let home: Awaited<ReturnType<typeof usual>>;
let portal: FurnishedPortal;
let kari: TestBrowser;

beforeEach(async () => {
  home = await usual({ simulated: true });
  portal = furnishPortal({
    home: home.home,
    recipients: [{ ...CARE, lookedAt: { nb: 'hver morgen', en: 'every morning' } }],
  });
  kari = await portal.signedIn(home.person.id);
  await kari.get('/?lang=en');
});
afterEach(() => portal.stop());

const idIn = (text: string) => /\/readings\/of\/([0-9a-f-]{36})"/.exec(text)?.[1] ?? '';
/** What stands on the page, as it is read: no markup, no navigation. */
const read = (text: string) =>
  (/<main[\s\S]*<\/main>/.exec(text)?.[0] ?? text)
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

/** Measured by Kari some time ago. */
function measured(agoMs: number, over: Parameters<typeof stored>[2] = {}, systolic = 138) {
  const at = home.time.now - agoMs;
  const own = { device: home.device.id, person: home.person.id, ...over };
  const one = stored(at, pressure(systolic), own);
  put(home.db, [one]);
  return one;
}

async function olasReading() {
  const ola = await home.decisions.addPerson('test', 'Ola Eksempel');
  return { ola, reading: measured(HOUR, { person: ola.id }, 199) };
}

test('the latest of each kind: figure, unit, device, when, what the device reported, and DEMO', async () => {
  await cuff(home.home, bloodPressure({ status: 4 }));
  await settled(home.home, 1);
  const { text } = await kari.get('/');
  const page = read(text);
  expect(text).toMatch(/<b class="number">128\/82<\/b>\u00a0mmHg/);
  expect(page).toContain('DEMO');
  expect(page).toContain('The device reported: irregular pulse');
  expect(page).toContain('Measured today at 10:00');
  expect(page).toContain(`From ${home.device.name}`);
});

test('what was yesterday, or long ago, or came late, is never called today', async () => {
  measured(2 * HOUR + 8 * HOUR + DAY / 2, { capturedAt: home.time.now });
  expect(read((await kari.get('/')).text)).toContain(
    'Measured yesterday at 12:00, arrived today at 10:00',
  );
  home.time.now += 4 * DAY;
  const page = read((await kari.get('/')).text);
  expect(page).toMatch(
    /Measured Sunday 1 March at 12:00, arrived Monday 2 March at 10:00 \(5 days ago\)/,
  );
  home.time.trusted = false;
  const unsure = read((await kari.get('/')).text);
  expect(unsure).toContain('does not know for certain what time it is');
  expect(unsure).not.toMatch(/measured (today|yesterday)|ago\)/i);
});

test('an open page is told when the home’s day ends', async () => {
  measured(0);
  const { text } = await kari.get('/');
  // It is 10:00 in the home.
  expect(text).toContain(`data-day-left="${14 * HOUR}"`);
  expect(text).toContain(`content="${14 * 3600 + 1}"`);
});

test('a reading without a certain time is said, and is not among the latest', async () => {
  const undated = stored(undefined, pressure(177), {
    ...{ device: home.device.id, person: home.person.id, state: 'held', held: 'clock' },
    capturedAt: home.time.now,
  });
  put(home.db, [undated]);
  const page = read((await kari.get('/')).text);
  expect(page).toContain('For one measurement the time is not certain');
  expect(withoutIds(page)).not.toContain('177');
});

test('a reading tells its way, that nobody watches, when it is looked at, and whom to call', async () => {
  await cuff(home.home, bloodPressure());
  await settled(home.home, 1);
  const id = idIn((await kari.get('/')).text);
  const page = read((await kari.get(`/readings/of/${id}`)).text);
  expect(page).toMatch(
    /Measured today at 10:00\. Stored here today at 10:00\. Sent to Example care/,
  );
  for (const said of ['Nobody watches', 'Example care looks at the measurements every morning.']) {
    expect(page).toContain(said);
  }
  expect(page).toMatch(/113.*116 117/);
  const nynorsk = (await kari.get(`/readings/of/${id}?lang=nn`)).text;
  expect(nynorsk).toContain('Example care ser på målingane <span lang="nb">hver morgen</span>.');
  await kari.get('/?lang=en');
  const alone = measured(DAY, { kind: 'battery' });
  expect(read((await kari.get(`/readings/of/${alone.id}`)).text)).toContain('not been sent to any');
});

test('a kind has its chart, its table and its list, page after page; another kind has none', async () => {
  const all = Array.from({ length: 70 }, (_, n) => measured(n * 6 * HOUR, {}, 100 + n));
  const { text } = await kari.get('/readings/blood-pressure?period=week');
  expect(text).toContain('<svg class="chart"');
  expect(text.match(/<th scope="row">/g)).toHaveLength(26);
  const seen: string[] = [];
  for (let url: string | undefined = '/readings/blood-pressure'; url && seen.length < 200; ) {
    const page: string = (await kari.get(url)).text;
    seen.push(...[...page.matchAll(/\/readings\/of\/([0-9a-f-]{36})"/g)].map(([, id = '']) => id));
    url = /href="([^"]*after=[^"]*)#list"/.exec(page)?.[1]?.replaceAll('&amp;', '&');
  }
  expect(seen).toEqual(all.map(({ id }) => id));
  const before = await kari.get('/readings/blood-pressure?period=week&back=1');
  expect(before.text.match(/<th scope="row">/g)).toHaveLength(28);
  for (const url of ['/readings/no-kind', '/readings/toString', '/readings/__proto__']) {
    expect((await kari.get(url)).status).toBe(404);
  }
  for (const odd of ['period=century&back=-3', 'back=1e9', 'after=x', 'back=a']) {
    expect((await kari.get(`/readings/blood-pressure?${odd}`)).status).toBe(200);
  }
});

test('a comment is kept at home with its reading, and leaves with neither it nor its person', async () => {
  await cuff(home.home, bloodPressure());
  await settled(home.home, 1);
  const id = idIn((await kari.get('/')).text);
  const url = `/readings/of/${id}`;
  const words = 'opp fra kjelleren <b>';
  expect((await kari.post(`${url}/comment`, { comment: ` ${words}\n` })).to).toBe(
    `${url}?said=saved`,
  );
  for (const page of [url, '/', '/readings/blood-pressure', '/files/print']) {
    expect((await kari.get(page)).text).toContain('opp fra kjelleren &lt;b&gt;');
  }
  expect((await kari.get('/files/readings.csv')).text).toContain(words);
  const long = await kari.post(`${url}/comment`, { comment: 'x'.repeat(201) });
  expect([long.status, read(long.text)]).toEqual([422, expect.stringContaining('too long')]);
  expect((await kari.get(url)).text).toContain('opp fra kjelleren');
  expect(home.home.views.export(home.person.id).readings[0]?.comment).toBe(words);
  expect(JSON.stringify(home.home.received())).not.toContain('kjelleren');
  expect(JSON.stringify(portal.lines)).not.toContain('kjelleren');

  const ola = await home.decisions.addPerson('test', 'Ola Eksempel');
  await home.decisions.assignReading('test', id, ola.id);
  const his = await portal.signedIn(ola.id);
  expect((await his.get(url)).status).toBe(200);
  expect((await his.get(url)).text).not.toContain('kjelleren');
  const left = home.db.prepare('SELECT count(*) FROM reading WHERE comment IS NOT NULL').pluck();
  expect(left.get()).toBe(0);
});

test('“not mine” stands only where the device is marked as this person’s alone', async () => {
  const own = measured(HOUR);
  const shared = await home.home.adopt('00005e005399');
  await home.decisions.assignDevice('test', shared.id, { slots: { 1: home.person.id } });
  const other = measured(HOUR, { device: shared.id });
  expect((await kari.get(`/readings/of/${own.id}`)).text).toContain(`/readings/${own.id}/not-mine`);
  expect((await kari.get(`/readings/of/${other.id}`)).text).not.toContain('not-mine');
});

test("another's reading is answered like one that never was, whatever is asked", async () => {
  const { reading } = await olasReading();
  measured(DAY);
  const nobodys = '0b0c0d0e-0000-4000-8000-000000000000';
  const paths = (id: string) => [`/readings/of/${id}`, `/readings/of/${id}/delete`];
  for (const [at, url] of paths(reading.id).entries()) {
    const [his, none] = [await kari.get(url), await kari.get(paths(nobodys)[at] ?? '')];
    expect([his.status, his.text.replaceAll(reading.id, '')]).toEqual([
      404,
      none.text.replaceAll(nobodys, ''),
    ]);
  }
  for (const act of ['comment', 'delete']) {
    const [his, none] = [
      await kari.post(`/readings/of/${reading.id}/${act}`, { comment: 'x' }),
      await kari.post(`/readings/of/${nobodys}/${act}`, { comment: 'x' }),
    ];
    expect([his.status, his.text.replaceAll(reading.id, '')]).toEqual([
      404,
      none.text.replaceAll(nobodys, ''),
    ]);
  }
  expect(home.readings.get(reading.id)?.state).toBe('ready');
  // As a place in the list it gives the first page, as any other text does.
  const list = (after: string) => kari.get(`/readings/blood-pressure?after=${after}`);
  expect((await list(reading.id)).text).toBe((await list(nobodys)).text);
});

test('every file and sheet holds the own readings and nobody else’s; no name says whose it is', async () => {
  await olasReading();
  measured(HOUR);
  for (const [url, type] of [
    ['/files/readings.csv', 'text/csv; charset=utf-8'],
    ['/files/readings.ndjson', 'application/fhir+ndjson'],
    ['/files/readings.pdf', 'application/pdf'],
  ] as const) {
    const { status, headers, text } = await kari.get(url);
    expect([status, headers['content-type']]).toEqual([200, type]);
    expect(headers['content-disposition']).toMatch(
      /^attachment; filename="readings-2026-03-02\.\w+"$/,
    );
    expect(headers['cache-control']).toBe('no-store');
    if (url.endsWith('pdf')) {
      // The head of its table, and one row.
      expect(text.match(/\/S \/TR\b/g)).toHaveLength(2);
      continue;
    }
    expect(text).toContain('138');
    expect(text).not.toMatch(/\b199\b|Ola Eksempel/);
  }
  const sheet = (await kari.get('/files/print?size=large')).text;
  expect(sheet).toContain('class="sheet large"');
  expect(read(sheet)).toMatch(/Monday|Mon 2 Mar 2026 09:00/);
  expect(sheet).toContain('138/84');
  expect(sheet).not.toMatch(/\b199\b|Ola Eksempel/);
});

test('a reading is deleted after one more look, and taken back where it went', async () => {
  await cuff(home.home, bloodPressure());
  await settled(home.home, 1);
  const id = idIn((await kari.get('/')).text);
  const sure = read((await kari.get(`/readings/of/${id}/delete`)).text);
  expect(sure).toMatch(/Blood pressure: 128\/82.*deleted here for good.*by law/);
  expect((await kari.post(`/readings/of/${id}/delete`)).to).toBe(
    '/readings/blood-pressure?said=deleted',
  );
  expect(home.readings.get(id)?.state).toBe('removed');
  await settled(home.home, 2);
  const page = read((await kari.get(`/readings/of/${id}`)).text);
  expect(page).toContain('This measurement is deleted');
  expect(withoutIds(page)).not.toContain('128');
  expect((await kari.get(`/readings/of/${id}/delete`)).status).toBe(404);
  expect(withoutIds((await kari.get('/')).text)).not.toContain('128');
});

test('all of a period is deleted, its first and last day with it, and nothing else', async () => {
  const { reading } = await olasReading();
  const days = [0, 1, 2, 3].map((n) => measured(n * DAY, {}, 140 + n));
  const span = { from: '2026-02-28', until: '2026-03-01' };
  const url = `/me/delete?${new URLSearchParams(span)}`;
  expect(read((await kari.get(url)).text)).toContain(
    'You have 2 measurements from 28 February 2026 to 1 March 2026.',
  );
  expect((await kari.post('/me/delete', span)).to).toBe('/me/delete?deleted=2');
  expect(read((await kari.get('/me/delete?deleted=2')).text)).toContain(
    '2 measurements are deleted',
  );
  expect(days.map(({ id }) => home.readings.get(id)?.state)).toEqual([
    'ready',
    'removed',
    'removed',
    'ready',
  ]);
  expect(home.readings.get(reading.id)?.state).toBe('ready');
  for (const wrong of [
    { from: '2026-03-02', until: '2026-03-01' },
    { from: '2026-02-30', until: '2026-03-01' },
    { from: '', until: '' },
  ]) {
    expect((await kari.post('/me/delete', wrong)).status).toBe(422);
  }
  expect(read((await kari.get(url)).text)).toContain('You have no measurements');
});

test('everything of a person goes after the PIN alone, and the page says what it cannot reach', async () => {
  const { reading } = await olasReading();
  await cuff(home.home, bloodPressure());
  await settled(home.home, 1);
  const asked = read((await kari.get('/me/wipe')).text);
  expect(asked).toContain('Example care has been sent one measurement of yours');
  expect(asked).toContain('Backups of the box');
  const wrong = await kari.post('/me/wipe', { pin: '111222' });
  expect([wrong.status, read(wrong.text)]).toEqual([422, expect.stringContaining('not right')]);
  expect(home.people.get(home.person.id).name).toBe('Kari Example');

  const done = await kari.post('/me/wipe', { pin: PIN });
  expect(done.status).toBe(200);
  expect(read(done.text)).toMatch(
    /Everything about you is deleted.*1 measurements? .*Example care/,
  );
  expect(done.text).not.toContain('Signed in as');
  expect((await kari.get('/')).to).toMatch(/^\/(sign-in|welcome)/);
  const rows = (sql: string) => home.db.prepare(sql).pluck().get(home.person.id);
  expect(rows('SELECT count(*) FROM reading WHERE person = ?')).toBe(0);
  expect(rows('SELECT count(*) FROM person WHERE id = ?')).toBe(0);
  expect(home.readings.get(reading.id)?.state).toBe('ready');
});

test('a helper sees none of it, and who signs in for another wipes nothing', async () => {
  const one = measured(HOUR);
  const helper = await portal.helper(home.person.id);
  for (const url of [
    ...['/readings/blood-pressure', `/readings/of/${one.id}`, '/files', '/files/print'],
    ...['/files/readings.csv', '/files/readings.ndjson', '/files/readings.pdf'],
    ...['/me/delete', '/me/wipe', '/me/reminder'],
  ]) {
    const { status, text } = await helper.get(url);
    expect([url, status, /138/.test(text)]).toEqual([url, 403, false]);
  }
  const guardian = await portal.representative(home.person.id, { seesValues: true });
  expect((await guardian.get(`/readings/of/${one.id}`)).status).toBe(200);
  expect((await guardian.get('/me/wipe')).status).toBe(403);
  expect((await guardian.post('/me/wipe', { pin: PIN })).status).toBe(403);
  expect((await guardian.get('/me')).text).not.toContain('/me/wipe');
});

test("who acts for another shows nothing as that person's words, and leaves what they show", async () => {
  const url = `/readings/of/${measured(HOUR).id}`;
  const guardian = await portal.representative(home.person.id, { seesValues: true });
  const notes = () =>
    home.home.db.prepare('SELECT comment, note_at IS NOT NULL AS shown FROM reading').all();
  await guardian.post(`${url}/comment`, { comment: 'after lunch', shown: 'yes' });
  expect(notes()).toEqual([{ comment: 'after lunch', shown: 0 }]);
  await guardian.get('/?lang=en');
  const page = (await guardian.get(url)).text;
  expect([page.includes('name="shown"'), page.includes('can show their own words')]).toEqual([
    false,
    true,
  ]);
  await kari.post(`${url}/comment`, { comment: 'after the stairs', shown: 'yes' });
  await guardian.post(`${url}/comment`, { comment: 'after the stairs' });
  expect(notes()).toEqual([{ comment: 'after the stairs', shown: 1 }]);
  await guardian.post(`${url}/comment`, { comment: 'after lunch' });
  expect(notes()).toEqual([{ comment: 'after lunch', shown: 0 }]);
});

test('who may share nothing new alone shows no new words, and can take back what they show', async () => {
  const url = `/readings/of/${measured(HOUR).id}`;
  const notes = () =>
    home.home.db.prepare('SELECT comment, note_at IS NOT NULL AS shown FROM reading').all();
  await kari.post(`${url}/comment`, { comment: 'after the stairs', shown: 'yes' });
  await kari.post('/me/capacity', { lacks: 'yes' });
  // As it was; then other words, which nobody has decided about.
  await kari.post(`${url}/comment`, { comment: 'after the stairs', shown: 'yes' });
  expect(notes()).toEqual([{ comment: 'after the stairs', shown: 1 }]);
  const refused = await kari.post(`${url}/comment`, { comment: 'after lunch', shown: 'yes' });
  expect(refused.status).toBe(422);
  expect(notes()).toEqual([{ comment: 'after the stairs', shown: 1 }]);
  await kari.post(`${url}/comment`, { comment: 'after lunch' });
  expect(notes()).toEqual([{ comment: 'after lunch', shown: 0 }]);
  expect((await kari.get(url)).text).not.toContain('name="shown"');
});

test('a reminder stands on the own pages, and on nobody else’s', async () => {
  expect((await kari.post('/me/reminder', { time: '08:05' })).to).toBe('/me/reminder?said=saved');
  const { ola } = await olasReading();
  const [his, helper] = [await portal.signedIn(ola.id), await portal.helper(home.person.id)];
  for (const page of ['/', '/box']) {
    expect(read((await kari.get(page)).text)).toContain('measure at 08:05');
    expect((await his.get(page)).text).not.toContain('08:05');
    expect((await helper.get(page)).text).not.toContain('08:05');
  }
  for (const time of ['8', '24:00', '08:05:00', '<b>']) {
    expect((await kari.post('/me/reminder', { time })).status).toBe(422);
  }
  await kari.post('/me/reminder', { time: '08:05', act: 'none' });
  expect((await kari.get('/')).text).not.toContain('08:05');
});
