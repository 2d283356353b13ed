import { afterEach, beforeEach, expect, test } from 'vitest';
import { clockStateOf } from '../../../../agent/home/portal/household-devices.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { battery, bloodPressure, cuff } from '../frames.ts';
import { openHousehold, settled, ZONE } from '../household.ts';
import { type FurnishedPortal, furnishPortal, type TestBrowser } from './furnished.ts';

let portal: FurnishedPortal;
let kari: TestBrowser;
let ola: TestBrowser;
let ids: { kari: string; ola: string; own: string; olas: string; shared: string; open: string };

/** Kari's and Ola's own cuffs, a shared one, and one that is nobody's. */
beforeEach(async () => {
  const home = openHousehold({
    radio: { seen: () => [], pair: () => Promise.reject(), unpair: () => Promise.resolve() },
  });
  portal = furnishPortal({ home });
  const { decisions, adoption } = home;
  const person = async (name: string) => (await decisions.addPerson('test', name)).id;
  const device = async (n: number, name: string) => {
    const address = `00005e00530${n}`;
    return (await adoption.adopt('test', { address, name, slotKind: 'chosen' })).id;
  };
  const [k, o] = [await person('Kari Eksempel'), await person('Ola Eksempel')];
  // Ola lets the others name him.
  await decisions.setVisible('test', o, true);
  const own = await device(1, 'Kjøkkenet');
  const [olas, shared, open] = [
    await device(2, 'Olas'),
    await device(3, 'Badet'),
    await device(4, 'Den nye'),
  ];
  await decisions.assignDevice('test', own, { owner: k });
  await decisions.assignDevice('test', olas, { owner: o });
  await decisions.assignDevice('test', shared, { slots: { 1: k, 2: o } });
  ids = { kari: k, ola: o, own, olas, shared, open };
  await cuff(home, bloodPressure());
  await battery(home, 81);
  await settled(home, 0).catch(() => undefined);
  kari = await portal.signedIn(k);
  ola = await portal.signedIn(o);
});
afterEach(() => portal.stop());

const actions = () => portal.home.views.audit().entries.map(({ action, actor }) => [action, actor]);
const row = (id: string) => portal.home.devices.byId(id);

test('each sees their own devices, the shared ones and those that are nobody’s, and how they are', async () => {
  const page = (await kari.get('/devices')).text;
  for (const name of [
    'Kjøkkenet',
    'Badet',
    'Den nye',
    '81 %',
    'Bare ditt',
    'bruker 2 er Ola Eksempel',
  ]) {
    expect(page).toContain(name);
  }
  expect(withoutIds(page)).not.toContain('Olas');
  expect(page).toContain('Ingen har sagt hvem sitt det er');
  expect((await ola.get('/devices')).text).not.toContain('Kjøkkenet');
});

test('another’s device is answered like one that is not there, whatever is asked', async () => {
  const unknown = '0b0c0d0e-0000-4000-8000-000000000000';
  for (const path of ['', '/whose', '/slots', '/remove']) {
    const [others, none] = [
      await kari.get(`/devices/${ids.olas}${path}`),
      await kari.get(`/devices/${unknown}${path}`),
    ];
    expect([path, others.status]).toEqual([path, 404]);
    expect(others.text.replaceAll(ids.olas, unknown)).toBe(none.text);
  }
  for (const path of ['name', 'whose', 'slots', 'remove', 'key']) {
    const fields = { name: 'x', whose: ids.kari, key: '00' };
    expect((await kari.post(`/devices/${ids.olas}/${path}`, fields)).status).toBe(404);
  }
  expect(row(ids.olas)).toMatchObject({ name: 'Olas', owner: ids.ola });
});

test('a device is renamed by a decision that is on the trail, and never to nothing', async () => {
  const answer = await kari.post(`/devices/${ids.own}/name`, { name: '  Ved senga ' });
  expect(answer).toMatchObject({ status: 303, to: `/devices/${ids.own}?done=renamed` });
  expect(row(ids.own)?.name).toBe('Ved senga');
  expect(actions().at(-1)).toEqual(['device-renamed', `person ${ids.kari}`]);
  expect(JSON.stringify(portal.home.views.audit())).not.toContain('Ved senga');
  const refused = await kari.post(`/devices/${ids.own}/name`, { name: ' ' });
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('Skriv et navn på høyst 80 tegn.');
  expect((await kari.get(`/devices/${ids.own}?done=renamed`)).text).toContain('Navnet er lagret.');
});

test('a device moves to another person, and is then no longer to be seen', async () => {
  expect((await kari.get(`/devices/${ids.own}/whose`)).text).toContain('Bare Ola Eksempel sitt');
  const moved = await kari.post(`/devices/${ids.own}/whose`, { whose: ids.ola });
  expect(moved).toMatchObject({ status: 303, to: '/devices?done=assigned' });
  expect(row(ids.own)).toMatchObject({ ownership: 'mine', owner: ids.ola });
  expect((await kari.get(`/devices/${ids.own}`)).status).toBe(404);
  expect((await ola.get('/devices')).text).toContain('Kjøkkenet');
});

test('nobody but those who live here can be chosen', async () => {
  const refused = await kari.post(`/devices/${ids.own}/whose`, { whose: 'somebody' });
  expect(refused.status).toBe(422);
  expect(row(ids.own)?.owner).toBe(ids.kari);
});

test('a shared device asks who is which user; a number is one person’s only', async () => {
  const path = `/devices/${ids.own}/slots`;
  expect(await kari.post(`/devices/${ids.own}/whose`, { whose: 'shared' })).toMatchObject({
    to: path,
  });
  const twice = { [`slot-${ids.kari}`]: '1', [`slot-${ids.ola}`]: '1' };
  expect((await kari.post(path, twice)).text).toContain('To av dere har samme brukernummer.');
  expect(row(ids.own)?.ownership).toBe('mine');
  const chosen = { [`slot-${ids.kari}`]: '2', [`slot-${ids.ola}`]: '', chosen: 'yes' };
  expect((await kari.post(path, chosen)).status).toBe(303);
  expect(row(ids.own)).toMatchObject({
    ownership: 'shared',
    slots: { 2: ids.kari },
    slotKind: 'chosen',
  });
  expect((await kari.post(path, { ...chosen, chosen: 'no' })).status).toBe(303);
  expect(row(ids.own)?.slotKind).toBe('unknown');
});

test('a device is removed in two steps, which say what happens then', async () => {
  const asked = await kari.get(`/devices/${ids.own}/remove`);
  expect(asked.text).toContain('Målinger som har kommet, blir her');
  expect(row(ids.own)).toBeDefined();
  expect(await kari.post(`/devices/${ids.own}/remove`)).toMatchObject({
    status: 303,
    to: '/devices',
  });
  expect((await kari.get('/devices')).text).not.toContain('Kjøkkenet');
  expect(actions().at(-1)).toEqual(['device-removed', `person ${ids.kari}`]);
});

test('a helper sees devices and no value, and may not move one', async () => {
  const helper = await portal.helper(ids.kari);
  const page = (await helper.get('/devices')).text;
  expect(page).toContain('Kjøkkenet');
  expect(page).toContain('Bare Kari Eksempel');
  expect(withoutIds(page)).not.toMatch(/Olas|Ola Eksempel|128|mmHg/);
  for (const path of ['whose', 'slots']) {
    expect((await helper.get(`/devices/${ids.own}/${path}`)).status).toBe(404);
    const answer = await helper.post(`/devices/${ids.own}/${path}`, { whose: ids.kari });
    expect(answer.status).toBe(404);
  }
  expect((await helper.post(`/devices/${ids.own}/name`, { name: 'Stua' })).status).toBe(303);
  // Of a device that is nobody's yet a helper may say that it is this person's, and no other's.
  expect((await helper.post(`/devices/${ids.open}/whose`, { whose: ids.ola })).status).toBe(422);
  expect((await helper.post(`/devices/${ids.open}/whose`, { whose: ids.kari })).status).toBe(303);
  expect(row(ids.open)?.owner).toBe(ids.kari);
});

test('what goes wrong stands there in words, with the way to pair again', async () => {
  const { states, time } = portal.home;
  const [address = ''] = [row(ids.own)?.address];
  states.push({ address, failedAt: time.now, failure: 'radio-bond-lost', linked: true });
  const page = (await kari.get('/devices')).text;
  expect(page).toContain('har glemt denne boksen og må pares på nytt');
  expect(page).toContain('href="/pairing/cuff/other"');
});

test('a clock is told in whole minutes, and one that nobody set is told as that', () => {
  const at = (deviceNow: string) =>
    clockStateOf({ deviceNow, gatewayAt: Date.parse('2026-03-02T09:00:00Z') }, ZONE);
  expect(clockStateOf(undefined, ZONE)).toEqual({ is: 'unknown' });
  expect(at('2026-03-02T10:00:40')).toEqual({ is: 'right' });
  expect(at('2026-03-02T09:52:48')).toEqual({ is: 'off', minutes: -7 });
  expect(at('2026-03-02T11:00:00')).toEqual({ is: 'off', minutes: 60 });
  expect(at('2017-01-01T00:10:00')).toEqual({ is: 'unset' });
});
