import { afterEach, beforeEach, expect, test } from 'vitest';
import { createQuestions } from '../../../../agent/home/portal/questions.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { openHousehold } from '../household.ts';
import { type FurnishedPortal, furnishPortal } from './furnished.ts';

/** Whom a device is shown to and asks, and who may be named with it: one rule on every page. */

type Assignment = Parameters<FurnishedPortal['home']['decisions']['assignDevice']>[2];
type Name = 'Kari' | 'Ola' | 'Eva';

let portal: FurnishedPortal;
let people: Readonly<Record<Name, string>>;
let device: string;

beforeEach(async () => {
  const home = openHousehold();
  const person = async (name: Name) =>
    (await home.decisions.addPerson('test', `${name} Eksempel`)).id;
  people = { Kari: await person('Kari'), Ola: await person('Ola'), Eva: await person('Eva') };
  const as = { address: '00005e005301', name: 'Badet', slotKind: 'unknown' } as const;
  device = (await home.adoption.adopt('test', as)).id;
  portal = furnishPortal({ home });
});
afterEach(() => portal.stop());

const names = () => Object.entries(people) as [Name, string][];

/** After something came that is a question: on whose page the device is, and who is asked. */
async function concerned(to: Assignment | undefined) {
  const { decisions, db } = portal.home;
  if (to) await decisions.assignDevice('test', device, to);
  // Before the pairing: whose it is, is never certain.
  await cuff(portal.home, bloodPressure({ at: '2026-02-02T10:00:00' }));
  const questions = createQuestions(db);
  const shown: Name[] = [];
  for (const [name, id] of names()) {
    const page = await portal.signedIn(id);
    const { status } = await page.get(`/devices/${device}`);
    expect((await page.get('/devices')).text.includes('Badet')).toBe(status === 200);
    if (status === 200) shown.push(name);
  }
  const asked = names().filter(([, id]) => questions.count(id) > 0);
  return { shown, asked: asked.map(([name]) => name) };
}

test.each([
  { is: 'one person’s', to: { owner: 'Ola' }, shown: ['Ola'], asked: ['Ola'] },
  { is: 'shared by two', to: { 1: 'Kari', 2: 'Ola' }, shown: ['Kari', 'Ola'] },
  { is: 'shared, with one user named', to: { 2: 'Eva' }, shown: ['Eva'] },
  { is: 'shared by all', to: {}, shown: ['Kari', 'Ola', 'Eva'] },
  { is: 'nobody’s', to: undefined, shown: ['Kari', 'Ola', 'Eva'], asked: [] },
] as const)('a device that is $is is shown to those whom it asks', async (one) => {
  const { to, shown } = one;
  const slots = Object.entries(to ?? {}).map(([slot, name]) => [slot, people[name as Name]]);
  const given =
    to === undefined
      ? undefined
      : 'owner' in to
        ? { owner: people[to.owner] }
        : { slots: Object.fromEntries(slots) };
  expect(await concerned(given)).toEqual({ shown, asked: 'asked' in one ? one.asked : shown });
});

test('when the last of its users leaves the household it is nobody’s, not everybody’s', async () => {
  await portal.home.decisions.assignDevice('test', device, { slots: { 1: people.Eva } });
  await portal.home.decisions.removePerson('test', people.Eva);
  expect(portal.home.devices.byId(device)).toMatchObject({ ownership: 'unassigned', slots: {} });
});

test('who stays invisible to the others is named on no page of theirs, and keeps their place', async () => {
  const slots = { 1: people.Kari, 2: people.Ola };
  await portal.home.decisions.assignDevice('test', device, { slots });
  const kari = await portal.signedIn(people.Kari);
  const paths = ['/devices', `/devices/${device}`, `/devices/${device}/whose`];
  const pages = async () => {
    const all = await Promise.all(
      [...paths, `/devices/${device}/slots`, '/questions'].map((path) => kari.get(path)),
    );
    return all.map(({ text }) => text).join('');
  };
  expect(withoutIds(await pages())).not.toMatch(/Ola|Eva/);
  const answer = await kari.post(`/devices/${device}/whose`, { whose: people.Ola });
  expect(answer.status).toBe(422);
  await kari.post(`/devices/${device}/slots`, {
    [`slot-${people.Kari}`]: '3',
    [`slot-${people.Eva}`]: '1',
  });
  expect(portal.home.devices.byId(device)?.slots).toEqual({ 2: people.Ola, 3: people.Kari });

  const ola = await portal.signedIn(people.Ola);
  await ola.post('/questions/visible', { visible: 'yes' });
  const now = await pages();
  expect(now).toContain('bruker 2 er Ola Eksempel');
  expect(withoutIds(now)).not.toContain('Eva');
});
