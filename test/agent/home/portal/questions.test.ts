import { afterEach, beforeEach, expect, test } from 'vitest';
import { createQuestions } from '../../../../agent/home/portal/questions.ts';
import { timeIn } from '../../../../agent/home/portal/stated-time.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { DAY, HOUR, openHousehold, START, ZONE } from '../household.ts';
import { type FurnishedPortal, furnishPortal, type TestBrowser } from './furnished.ts';

const OTHER = '00005e005302';
let portal: FurnishedPortal;
let kari: { id: string };
let ola: { id: string };
let cuffId: string;

beforeEach(async () => {
  portal = furnishPortal({ home: openHousehold() });
  const { decisions, adopt } = portal.home;
  kari = await decisions.addPerson('test', 'Kari Eksempel');
  ola = await decisions.addPerson('test', 'Ola Eksempel');
  cuffId = (await adopt()).id;
  await shared({ 1: kari.id, 2: ola.id });
});
afterEach(() => portal.stop());

const shared = (slots: Record<number, string>) =>
  portal.home.decisions.assignDevice('test', cuffId, { slots });
const ids = () => portal.home.readings.held().map(({ id }) => id);
const get = (id: string) => portal.home.readings.get(id);
const hold = async (systolic = 128) => {
  await cuff(portal.home, bloodPressure({ systolic, slot: 255 }));
  portal.home.committer.flush();
  return ids().at(-1) ?? '';
};
const answer = (browser: TestBrowser, id: string, text: string) =>
  browser.post(`/questions/${id}/answer`, { answer: text });
const count = (person: string) => createQuestions(portal.home.db).count(person);

test('who shares the device sees that there is a question, and no value before it is answered', async () => {
  const id = await hold();
  const third = await portal.home.decisions.addPerson('test', 'Per Eksempel');
  expect([kari.id, ola.id, third.id].map(count)).toEqual([1, 1, 0]);
  const browser = await portal.signedIn(kari.id);
  const page = await browser.get('/questions');
  expect(page.text).toContain('Blodtrykk');
  expect(page.text).toContain('Apparatet sa ikke hvem som målte.');
  expect(withoutIds(page.text)).not.toMatch(/128|\b82\b|\b64\b|Ola|Per/);
  expect(page.text).toContain('Spørsmål (1)');
  for (const url of [`/questions/${id}/remove`, '/', '/shares']) {
    expect(withoutIds((await browser.get(url)).text)).not.toContain('128');
  }
  const other = await portal.signedIn(third.id);
  expect((await other.get('/questions')).text).toContain('Ingen spørsmål venter.');
  await answer(browser, id, 'mine');
  expect((await browser.get('/')).text).toContain('128');
});

test('answered late, the measured time stays; a repeated tap does nothing more', async () => {
  const id = await hold();
  const browser = await portal.signedIn(kari.id);
  portal.home.time.now += 3 * DAY;
  expect((await answer(browser, id, 'mine')).to).toBe('/questions?said=mine');
  expect((await answer(browser, id, 'mine')).to).toBe('/questions?said=mine');
  expect(get(id)).toMatchObject({ person: kari.id, measuredAt: START, revision: 0 });
  const lines = portal.home.audit.list().filter(({ action }) => action === 'reading-assigned');
  expect(lines).toMatchObject([{ actor: `person ${kari.id}` }]);
});

test("what another answered is not moved by a tap on an old page; unknown, another's and answered ids are alike", async () => {
  const id = await hold();
  const browser = await portal.signedIn(kari.id);
  const other = await portal.signedIn(ola.id);
  await answer(other, id, 'mine');
  const late = await answer(browser, id, 'mine');
  const unknown = await answer(browser, '0b0c0d0e-0000-4000-8000-000000000000', 'mine');
  expect(late).toMatchObject({ status: 404, text: unknown.text });
  expect(late.text).toContain('allerede besvart');
  for (const url of ['remove', 'time', 'answer']) {
    expect((await browser.post(`/questions/${id}/${url}`)).status).toBe(404);
  }
  expect((await browser.get(`/readings/${id}/not-mine`)).status).toBe(404);
  expect((await browser.post(`/readings/${id}/not-mine`)).status).toBe(404);
  expect(get(id)).toMatchObject({ person: ola.id, state: 'ready' });
});

test('two answers at once: the first counts', async () => {
  const id = await hold();
  const [one, two] = [await portal.signedIn(kari.id), await portal.signedIn(ola.id)];
  const both = await Promise.all([answer(one, id, 'mine'), answer(two, id, 'mine')]);
  expect(both.map(({ status }) => status).sort()).toEqual([303, 404]);
  expect(get(id)?.revision).toBe(0);
});

test('another person can be named only once they have chosen so', async () => {
  const id = await hold();
  const browser = await portal.signedIn(kari.id);
  expect((await answer(browser, id, `person:${ola.id}`)).status).toBe(404);
  const other = await portal.signedIn(ola.id);
  await other.post('/questions/visible', { visible: 'yes' });
  await other.post('/questions/visible', { visible: 'yes' });
  const lines = portal.home.audit.list().filter(({ action }) => action === 'person-visibility');
  expect(lines).toMatchObject([{ actor: `person ${ola.id}`, detail: { visible: true } }]);
  expect((await browser.get('/questions')).text).toContain('Ola Eksempel sin');
  await answer(browser, id, `person:${ola.id}`);
  expect(get(id)).toMatchObject({ person: ola.id, basis: 'answered' });
  await other.post('/questions/visible', { visible: 'no' });
  await hold(129);
  expect(withoutIds((await browser.get('/questions')).text)).not.toContain('Ola');
});

test('"not one of us" asks once more and removes; "I don\'t know" leaves it', async () => {
  const id = await hold();
  const browser = await portal.signedIn(kari.id);
  expect((await answer(browser, id, 'unknown')).to).toBe('/questions?said=unknown');
  expect(ids()).toEqual([id]);
  const page = await browser.get(`/questions/${id}/remove`);
  expect(page.text).toContain('kan ikke hentes tilbake');
  expect(ids()).toEqual([id]);
  expect((await browser.post(`/questions/${id}/remove`)).to).toBe('/questions?said=nobody');
  expect(get(id)?.state).toBe('removed');
  expect((await browser.post(`/questions/${id}/remove`)).status).toBe(404);
});

test('a device of one person asks that person, and shows the value; nobody is told of an unassigned one', async () => {
  const own = await portal.home.adopt(OTHER);
  portal.home.time.now += HOUR;
  await portal.home.decisions.assignDevice('test', own.id, { owner: kari.id });
  const before = { at: '2026-03-01T08:00:00', systolic: 171 };
  await cuff(portal.home, bloodPressure(before), { peripheral: OTHER });
  portal.home.committer.flush();
  expect(ids()).toHaveLength(1);
  expect([kari.id, ola.id].map(count)).toEqual([1, 0]);
  expect((await (await portal.signedIn(kari.id)).get('/questions')).text).toContain('171');
  expect(withoutIds((await (await portal.signedIn(ola.id)).get('/questions')).text)).not.toContain(
    '171',
  );
  await portal.home.adopt('00005e005303');
  await cuff(portal.home, bloodPressure(), { peripheral: '00005e005303' });
  portal.home.committer.flush();
  expect(ids()).toHaveLength(2);
  expect([kari.id, ola.id].map(count)).toEqual([1, 0]);
  await portal.home.decisions.removePerson('test', ola.id);
  expect(count(kari.id)).toBe(2);
});

test('a chosen place on a shared device asks that person alone', async () => {
  await cuff(portal.home, bloodPressure({ at: '2026-01-01T08:00:00', slot: 2, systolic: 155 }));
  portal.home.committer.flush();
  expect(ids()).toHaveLength(1);
  expect([kari.id, ola.id].map(count)).toEqual([0, 1]);
});

test('held for its clock, the asker says when it was: never ahead of its coming, never a guess', async () => {
  const own = await portal.home.adopt(OTHER);
  await portal.home.decisions.assignDevice('test', own.id, { owner: kari.id });
  await cuff(portal.home, bloodPressure({ at: '2025-01-01T08:00:00', systolic: 144 }), {
    peripheral: OTHER,
  });
  portal.home.committer.flush();
  const [id = ''] = ids();
  expect(get(id)).toMatchObject({ held: 'clock' });
  const browser = await portal.signedIn(kari.id);
  const page = await browser.get('/questions');
  expect(page.text).toContain('Når målte du dette?');
  expect(page.text).toMatch(
    /name="date"[^>]* value="2026-03-02" min="2025-03-01" max="2026-03-02"/,
  );
  expect(page.text).toMatch(/name="time"[^>]* value=""/);
  const say = (date: string, time: string) => browser.post(`/questions/${id}/time`, { date, time });
  for (const [date, time] of [
    ['2026-03-02', ''],
    ['2026-02-30', '08:00'],
    ['2026-03-02', '23:00'],
    ['2024-03-02', '08:00'],
  ] as const) {
    const refused = await say(date, time);
    expect([date, time, refused.status, refused.text.includes('role="alert"')]).toEqual([
      date,
      time,
      422,
      true,
    ]);
  }
  portal.home.time.trusted = false;
  expect((await say('2026-03-02', '08:00')).text).toContain('vet ikke hva klokken er');
  portal.home.time.trusted = true;
  const other = await portal.signedIn(ola.id);
  const theirs = await other.post(`/questions/${id}/time`, { date: '2026-03-02', time: '08:00' });
  expect(theirs.status).toBe(404);
  expect((await say('2026-03-02', '8.30')).to).toBe('/questions?said=dated');
  expect(get(id)?.time).toMatchObject({ basis: 'stated', effective: '2026-03-02T08:30:00+01:00' });
  expect((await say('2026-03-02', '08:30')).status).toBe(404);
});

test('the hour that came twice is asked about, and the one that never was is refused', () => {
  const came = { capturedAt: Date.parse('2026-11-01T09:00:00Z'), heldBecause: undefined };
  const said = (date: string, time: string, which?: string) =>
    timeIn({ date, time, which }, came, came.capturedAt, ZONE);
  expect(said('2026-10-25', '02:30')).toEqual({ refusal: 'instant-twice' });
  expect(said('2026-10-25', '02:30', 'earlier')).toEqual({ at: '2026-10-25T02:30:00+02:00' });
  expect(said('2026-10-25', '02:30', 'later')).toEqual({ at: '2026-10-25T02:30:00+01:00' });
  expect(said('2026-03-29', '02:30')).toEqual({ refusal: 'instant-never' });
});

test('"not mine" is taken back where it went, after one more tap', async () => {
  const id = await hold();
  const browser = await portal.signedIn(kari.id);
  const ask = { person: kari.id, recipient: 'care', kinds: ['blood-pressure'] };
  await portal.home.decisions.givePermission('test', ask);
  await answer(browser, id, 'mine');
  await expect.poll(() => portal.home.received().length).toBe(1);
  expect((await browser.get(`/readings/${id}/not-mine`)).text).toContain('Ikke din måling?');
  expect(get(id)?.state).toBe('ready');
  const taken = await browser.post(`/readings/${id}/not-mine`);
  expect(taken.to).toBe('/questions?said=notMine');
  await expect.poll(() => portal.home.received().length).toBe(2);
  expect(portal.home.received()[1]?.body).toContain('entered-in-error');
  expect((await browser.post(`/readings/${id}/not-mine`)).status).toBe(404);
});

test('questions are found by the index of what is held, however many readings there are', async () => {
  const { db } = portal.home;
  await hold();
  const plan = db
    .prepare<[], { detail: string }>(
      `EXPLAIN QUERY PLAN ${createQuestions(db).source.replaceAll('@person', "'somebody'")}`,
    )
    .all()
    .map(({ detail }) => detail);
  expect(plan.join('\n')).toMatch(/reading_held/);
  expect(plan.join('\n')).not.toMatch(/SCAN r(?!.*reading_held)/);
});
