import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { again, agree, CARE, DAY, hand, openHousehold, settled, usual } from '../household.ts';
import { type FurnishedPortal, furnishPortal, type TestBrowser } from './furnished.ts';

let home: Awaited<ReturnType<typeof usual>>;
let portal: FurnishedPortal;
let kari: TestBrowser;

beforeEach(async () => {
  home = await usual();
  portal = furnishPortal({
    home: home.home,
    recipients: [{ ...CARE, lookedAt: { en: 'every morning' } }],
  });
  kari = await portal.signedIn(home.person.id);
  await kari.get('/?lang=en');
});
afterEach(() => portal.stop());

/** What stands on the page, as it is read. */
const read = (text: string) =>
  (/<main[\s\S]*<\/main>/.exec(text)?.[0] ?? text)
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('\u00a0', ' ')
    .replaceAll(/\s+/g, ' ');
/** Every field of the page's last form, as a browser would send it. */
const fieldsIn = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/<input [^>]*name="([\w-]+)"[^>]*?value="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );
const BP = { systolic: '138', diastolic: '84', 'pulse-rate': '71' };
const URL = '/readings/add/blood-pressure';
/** Ten in the home, the tests' now. */
const NOW = { date: '2026-03-02', time: '10:00' };

/** Fills in the form and sends it; what it has already stays. */
async function fill(over: Record<string, string>, browser = kari, url = URL) {
  const { token: _, ...fields } = fieldsIn((await browser.get(url)).text);
  return browser.post(url, { ...fields, ...over });
}
/** Looks, and stores: the fields that were stored too. */
async function enter(over: Record<string, string>, browser = kari, url = URL) {
  const { token: _, ...fields } = fieldsIn((await fill(over, browser, url)).text);
  return { fields, answer: await browser.post(`${url}/store`, fields) };
}
const stored = () => home.home.readings.recent(20);

test('from my readings: choose, fill in, look once more, store, and see it', async () => {
  expect((await kari.get('/')).text).toContain('href="/readings/add"');
  const kinds = (await kari.get('/readings/add')).text;
  expect(kinds.match(/class="tile"/g)).toHaveLength(6);
  const form = (await kari.get(URL)).text;
  expect(fieldsIn(form)).toMatchObject(NOW);
  expect(form).toContain('inputmode="decimal"');
  const look = await fill({ ...BP, comment: 'after the stairs' });
  expect(look.status).toBe(200);
  expect(read(look.text)).toMatch(
    /This is what will be stored: Blood pressure 138\/84 mmHg pulse 71 per minute Measured today at 10:00 «after the stairs» Typed in by hand/,
  );
  expect(read(look.text)).toContain('It is sent to Example care, as you have allowed.');
  expect(read(look.text)).toContain('Example care looks at the measurements every morning.');
  expect(stored()).toEqual([]);
  const { token: _, ...fields } = fieldsIn(look.text);
  const answer = await kari.post(`${URL}/store`, fields);
  const [one] = stored();
  expect(answer).toMatchObject({ status: 303, to: `/readings/of/${one?.id}?said=typed` });
  await settled(home.home, 1);
  const page = read((await kari.get(answer.to ?? '')).text);
  expect(page).toContain('Your measurement is stored.');
  expect(page).toMatch(/Measured today at 10:00 «after the stairs» Typed in by hand/);
  expect(page).toContain('Typed in by you, and stored here today at 10:00.');
  expect(page).toMatch(/(Sent to|Received by) Example care/);
  // It has no device, and only its own person could have typed it.
  expect(page).not.toMatch(/device that is no longer here|This is not mine|given by a person/);
  expect((await kari.get('/')).text).toContain('Typed in by hand');
  expect(read((await kari.get('/readings/blood-pressure')).text)).toContain('· Typed in by hand');
});

test('a form sent twice is one reading, also after a restart', async () => {
  const { fields, answer } = await enter(BP);
  const twice = await Promise.all([1, 2].map(() => kari.post(`${URL}/store`, fields)));
  expect(twice.map(({ to }) => to)).toEqual([answer.to, answer.to]);
  home.cut();
  await portal.app.close();
  const later = furnishPortal({ home: again(home.home) });
  const next = await later.signedIn(home.person.id);
  expect((await next.post(`${URL}/store`, fields)).to).toBe(answer.to);
  expect(later.home.readings.recent(20)).toHaveLength(1);
  portal = later;
});

test('what was deleted is not stored again by the form, and is not said to be', async () => {
  const { fields, answer } = await enter(BP);
  const [one] = stored();
  await kari.post(`/readings/of/${one?.id}/delete`);
  expect((await kari.post(`${URL}/store`, fields)).to).toBe(answer.to);
  const page = read((await kari.get(answer.to ?? '')).text);
  expect(page).toContain('is deleted');
  expect(page).not.toContain('is stored');
});

test('decimals stay as they were typed, with comma and with point, in every language', async () => {
  const url = '/readings/add/body-weight';
  for (const [language, typed, shown] of [
    ['en', '72,50', '72.50'],
    ['nb', '72.50', '72,50'],
    ['nn', '72,5', '72,5'],
  ] as const) {
    await kari.get(`/?lang=${language}`);
    const look = await fill({ weight: typed }, kari, url);
    expect(read(look.text)).toContain(`${shown} kg`);
  }
  await enter({ weight: '72,50' }, kari, url);
  expect(stored()[0]?.content.measurements[0]?.quantities.weight).toEqual({
    value: '72.50',
    unit: 'kg',
  });
});

describe('refused on the page, with what to do, and nothing that was typed is lost', () => {
  test('numbers', async () => {
    const wrong = { systolic: '84', diastolic: '138', 'pulse-rate': 'x', comment: 'my words' };
    const page = await fill(wrong);
    expect(page.status).toBe(422);
    expect(fieldsIn(page.text)).toMatchObject(wrong);
    const said = read(page.text);
    expect(said).toContain('Are the two swapped?');
    expect(said).toContain('Pulse: Type the number with digits only, for example 72.');
    expect(page.text).toMatch(/id="systolic"[^>]*aria-invalid="true"/);
    const weight = await fill({ weight: '7250' }, kari, '/readings/add/body-weight');
    expect(read(weight.text)).toContain('Weight: A device like this shows 0.1 to 999.999.');
    const whole = await fill({ ...BP, systolic: '138,5' });
    expect(read(whole.text)).toContain('Upper pressure: Type a whole number');
    const empty = await fill({ ...BP, diastolic: '' });
    expect(read(empty.text)).toContain('Lower pressure: Type the number that the device showed.');
    const long = await fill({ ...BP, comment: 'x'.repeat(201) });
    expect(read(long.text)).toContain('The comment is too long');
    expect(stored()).toEqual([]);
  });

  test('a time that has not been, is no time, or is too long ago', async () => {
    for (const [over, said] of [
      [{ time: '10:01' }, 'has not come yet'],
      [{ time: 'noon' }, 'Type a day and a time of day'],
      [{ date: '2026-02-30' }, 'Type a day and a time of day'],
      [{ date: '2025-02-01' }, 'more than a year ago'],
    ] as const) {
      const page = await fill({ ...BP, ...over });
      expect([over, page.status]).toEqual([over, 422]);
      expect(read(page.text)).toContain(said);
      expect(fieldsIn(page.text)).toMatchObject({ ...BP, ...over });
    }
  });

  test('when the box does not know what time it is, also in the last step', async () => {
    const { token: _, ...fields } = fieldsIn((await fill(BP)).text);
    home.time.trusted = false;
    expect(fieldsIn((await kari.get(URL)).text)).toMatchObject({ date: '', time: '' });
    for (const page of [await fill({ ...BP, ...NOW }), await kari.post(`${URL}/store`, fields)]) {
      expect(page.status).toBe(422);
      expect(read(page.text)).toContain('What you typed is still here');
      expect(fieldsIn(page.text)).toMatchObject(BP);
    }
    home.time.trusted = true;
    expect((await kari.post(`${URL}/store`, fields)).status).toBe(303);
  });

  test('a disk that refuses: it is said, and the same form can be sent again', async () => {
    const { token: _, ...fields } = fieldsIn((await fill(BP)).text);
    home.db.exec(
      "CREATE TRIGGER full BEFORE INSERT ON capture BEGIN SELECT RAISE(ABORT, 'no room'); END",
    );
    const page = await kari.post(`${URL}/store`, fields);
    expect(page.status).toBe(503);
    expect(read(page.text)).toContain('It is not stored');
    home.db.exec('DROP TRIGGER full');
    const { token: __, ...left } = fieldsIn(page.text);
    expect((await kari.post(`${URL}/store`, left)).status).toBe(303);
    expect(stored()).toHaveLength(1);
  });
});

test('changing it again brings back all that was typed', async () => {
  const typed = { ...BP, comment: 'after the stairs', time: '09:15' };
  const { token: _, ...fields } = fieldsIn((await fill(typed)).text);
  const form = await kari.post(URL, { ...fields, act: 'change' });
  expect(fieldsIn(form.text)).toMatchObject({ ...typed, form: fields.form ?? '' });
});

test('who gets it: by the permissions of now and the time it was measured', async () => {
  const early = await fill({ ...BP, time: '09:00' });
  expect(read(early.text)).toContain(
    'It is not sent to Example care: your permission does not cover when it was measured.',
  );
  expect(read(early.text)).not.toContain('Nobody watches');
  const other = await fill({ temperature: '37' }, kari, '/readings/add/body-temperature');
  expect(read(other.text)).toContain('you have not given permission for this kind');
});

test('nights when the clocks change: no such time, or which of the two', async () => {
  const time = { ...hand(), now: Date.parse('2026-10-25T09:00:00Z') };
  await portal.stop();
  portal = furnishPortal({ home: openHousehold({ hand: time }) });
  portal.time.real = time.now;
  const ola = await portal.home.decisions.addPerson('test', 'Ola Eksempel');
  const his = await portal.signedIn(ola.id);
  await his.get('/?lang=en');
  const never = await fill({ ...BP, date: '2026-03-29', time: '02:30' }, his);
  expect(read(never.text)).toContain('There was no such time');
  const night = { ...BP, date: '2026-10-25', time: '02:30' };
  const twice = await fill(night, his);
  expect(twice.status).toBe(422);
  expect(twice.text).toContain('name="which"');
  const { answer } = await enter({ ...night, which: 'later' }, his);
  expect(answer.status).toBe(303);
  expect(portal.home.readings.recent(1)[0]?.time?.effective).toBe('2026-10-25T02:30:00+01:00');
});

test('a helper types nothing, a representative what they may see, and each says who it was', async () => {
  const helper = await portal.helper(home.person.id);
  const blind = await portal.representative(home.person.id);
  for (const browser of [helper, blind]) {
    for (const url of ['/readings/add', URL]) expect((await browser.get(url)).status).toBe(403);
    for (const url of [URL, `${URL}/store`]) {
      expect((await browser.post(url, { ...BP, ...NOW })).status).toBe(403);
    }
  }
  expect(stored()).toEqual([]);
  const eva = await portal.representative(home.person.id, { seesValues: true });
  await eva.get('/?lang=en');
  const { answer } = await enter(BP, eva);
  expect(answer.status).toBe(303);
  await settled(home.home, 1);
  const [sent] = home.received().map(({ body }) => body);
  expect(sent).toContain('SDMAST');
  expect(sent).not.toContain('performer');
  const page = read((await kari.get(answer.to ?? '')).text);
  expect(page).toContain('Typed in by a representative, and stored here');
  await enter({ ...BP, systolic: '139' });
  const hers = stored().find(({ content }) => JSON.stringify(content).includes('139'));
  expect(read((await eva.get(`/readings/of/${hers?.id}`)).text)).toContain(
    'Typed in by Kari Example, and stored here',
  );
});

test('another’s form is one’s own reading, and another’s reading is not there', async () => {
  const { fields, answer } = await enter(BP);
  const ola = await home.decisions.addPerson('test', 'Ola Eksempel');
  const his = await portal.signedIn(ola.id);
  expect((await his.get(answer.to ?? '')).status).toBe(404);
  const own = await his.post(`${URL}/store`, fields);
  expect(own.to).not.toBe(answer.to);
  expect(
    stored()
      .map(({ person }) => person)
      .sort(),
  ).toEqual([home.person.id, ola.id].sort());
});

test('what is typed comes back as text, in no address, and is taken for nothing else', async () => {
  const odd = '"><script>alert(1)</script>';
  const page = await fill({ ...BP, systolic: odd, comment: odd, form: odd });
  expect(page.text).not.toContain('<script>alert');
  expect(page.text).toMatch(/name="form" value="[0-9a-f-]{36}"/);
  expect((await kari.get('/readings/add/contact')).status).toBe(404);
  expect((await kari.post('/readings/add/constructor', BP)).status).toBe(404);
  await enter({ ...BP, comment: 'my words' });
  expect(JSON.stringify([portal.lines, home.views.audit().entries])).not.toMatch(/"138"|my words/);
});

test('files to take along: typed in by hand, and no device', async () => {
  await agree(home.home, home.person.id);
  await enter(BP);
  home.time.now += DAY;
  const csv = (await kari.get('/files/readings.csv')).text;
  expect(csv).toContain('systolic,138,mmHg,,Typed in by hand,,given by a person');
  const lines = (await kari.get('/files/readings.ndjson')).text.trim().split('\n');
  const resources = lines.map((line) => JSON.parse(line));
  expect(resources.map(({ resourceType }) => resourceType)).toEqual([
    'Patient',
    'Device',
    'Observation',
    'Observation',
  ]);
  expect(resources[1]).toMatchObject({ modelNumber: 'iomt-agent' });
  expect(resources[2]).not.toHaveProperty('device');
  expect(resources[2].performer[0].reference).toBe(`Patient/${resources[0].id}`);
  expect(read((await kari.get('/files/print')).text)).toContain('Typed in by hand');
});
