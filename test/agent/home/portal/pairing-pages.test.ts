import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Seen } from '../../../../adapters/adapter.ts';
import { MODELS } from '../../../../adapters/bluetooth/models/index.ts';
import {
  RadioError,
  type RadioErrorCode,
} from '../../../../adapters/bluetooth/radio/radio-error.ts';
import type { PairingRadio } from '../../../../agent/home/people/adoption.ts';
import { WORDS } from '../../../../agent/home/portal/words/words.ts';
import { withoutIds } from '../../../support/without-ids.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { type Household, openHousehold } from '../household.ts';
import { type FurnishedPortal, furnishPortal, type TestBrowser } from './furnished.ts';

const ADDRESS = '00005e005301';
const HEARD: Seen = {
  address: ADDRESS,
  name: 'Example cuff',
  services: ['1810'],
  supported: true,
  rssi: -50,
  connectable: true,
  at: Date.parse('2026-03-02T09:00:00Z'),
};

let portal: FurnishedPortal;
let home: Household;
let heard: Seen[];
let pair: PairingRadio['pair'];
let kari: { id: string; page: TestBrowser };
let ola: { id: string; page: TestBrowser };

beforeEach(async () => {
  heard = [HEARD];
  pair = async () => ({ address: ADDRESS, services: ['1810'] });
  home = openHousehold({
    radio: {
      seen: () => heard,
      pair: (...given) => pair(...given),
      unpair: () => Promise.resolve(),
    },
  });
  portal = furnishPortal({ home });
  const person = async (name: string) => {
    const { id } = await home.decisions.addPerson('test', name);
    return { id, page: await portal.signedIn(id) };
  };
  kari = await person('Kari Eksempel');
  ola = await person('Ola Eksempel');
});
afterEach(async () => {
  await portal.pairings.cancel();
  await portal.stop();
});

const PATH = '/pairing/cuff/other';

/** The handle of the only device that is heard, as the list links to it. */
async function handle(page = kari.page, path = PATH): Promise<string> {
  const { text } = await page.get(`${path}/found`);
  return /\/found\/([0-9a-f]{16})"/.exec(text)?.[1] ?? '';
}

async function begin(fields: Record<string, string> = {}, page = kari.page) {
  const form = { look: 'cuff', model: 'other', heard: await handle(page), ...fields };
  return page.post('/pairing/begin', form);
}

const now = async (page = kari.page) => page.get('/pairing/now');
const shows = (text: string, page = kari.page) =>
  expect.poll(async () => (await now(page)).text).toContain(text);

test('one thing per screen: kind, model, what to do, what is heard; no address in any', async () => {
  const { page } = kari;
  const kinds = await page.get('/pairing');
  expect(kinds.text).toContain('href="/pairing/cuff"');
  const models = await page.get('/pairing/cuff');
  expect(models.text).toContain('href="/pairing/cuff/omron-x4-smart"');
  const prepare = await page.get('/pairing/cuff/omron-x4-smart');
  // Before pairing: it forgets the telephone.
  expect(prepare.text).toContain('Dette apparatet husker bare én paring');
  expect(prepare.text).toContain('hold Bluetooth-knappen inne');
  const found = await page.get(`${PATH}/found`);
  expect(found.text).toContain('Example cuff');
  expect(found.text).toContain('helt inntil boksen');
  expect(found.text).toContain('<noscript><meta http-equiv="refresh" content="3"></noscript>');
  const code = await page.get(`${PATH}/found/${await handle()}`);
  expect(code.text).toContain('Kode på seks sifre');
  // Nothing renews a page that somebody types on.
  expect(code.text).not.toMatch(/http-equiv="refresh"|data-again/);
  for (const { text } of [kinds, models, prepare, found, code]) {
    expect(withoutIds(text)).not.toMatch(/00005e005301|00:00:5e/i);
  }
  for (const path of ['/pairing/toaster', '/pairing/cuff/nonin-3230', '/pairing/toaster/other']) {
    expect((await page.get(path)).status).toBe(404);
  }
  expect((await page.get(`${PATH}/found/0000000000000000`)).to).toBe(`${PATH}/found`);
});

test('every model that is known has a way through the pages, with its own words', async () => {
  const { lookOf } = await import('../../../../adapters/bluetooth/models/looks.ts');
  for (const { key, measures, instructions } of MODELS) {
    const { status, text } = await kari.page.get(`/pairing/${lookOf(measures)}/${key}`);
    expect([key, status]).toEqual([key, 200]);
    expect(text).toContain(instructions.pair.nb.slice(0, 30));
  }
});

test('a code typed beforehand is given when the device asks; whose it is; the first measurement', async () => {
  const got: (number | undefined)[] = [];
  pair = async (_address, _keep, onProgress, signal, dialog) => {
    onProgress('bonding');
    got.push(await dialog?.enterPasskey(signal));
    return { address: ADDRESS, services: ['1810'] };
  };
  expect(await begin({ passkey: '012 345' })).toMatchObject({ status: 303, to: '/pairing/now' });
  await shows('Hvem sitt er apparatet?');
  expect(got).toEqual([12_345]);
  expect((await kari.page.post('/pairing/whose', { whose: kari.id })).to).toBe('/pairing/now');
  await shows('Mål én gang nå');
  await cuff(home, bloodPressure());
  await shows('Klar til bruk: Blodtrykksmåler');
  expect((await now()).text).toMatch(/128\/82/);
  expect(home.devices.list()).toMatchObject([{ owner: kari.id, name: 'Blodtrykksmåler' }]);
});

test('a code is asked for; one that is none costs nothing; a question that is over is not answered', async () => {
  const got: (number | undefined)[] = [];
  pair = async (_address, _keep, _onProgress, signal, dialog) => {
    got.push(await dialog?.enterPasskey(signal));
    got.push(await dialog?.enterPasskey(signal));
    return { address: ADDRESS, services: ['1810'] };
  };
  expect((await begin({ passkey: '12' })).text).toContain('Koden har seks sifre.');
  await begin();
  await shows('Skriv koden som apparatet viser');
  const page = (await now()).text;
  expect(page).not.toMatch(/http-equiv="refresh"|data-again/);
  expect((await kari.page.post('/pairing/answer', { number: '1', passkey: '1' })).status).toBe(422);
  await kari.page.post('/pairing/answer', { number: '1', passkey: '111 111' });
  await kari.page.post('/pairing/answer', { number: '1', passkey: '999999' });
  await kari.page.post('/pairing/answer', { number: '2', passkey: '222222' });
  await shows('Hvem sitt er apparatet?');
  expect(got).toEqual([111_111, 222_222]);
});

test('digits are compared, or shown to be typed on the device', async () => {
  const answers: unknown[] = [];
  const typed = Promise.withResolvers<void>();
  pair = async (_address, _keep, _onProgress, signal, dialog) => {
    answers.push(await dialog?.confirmPasskey('004711', signal));
    dialog?.showPasskey('000042', 2);
    await typed.promise;
    return { address: ADDRESS, services: ['1810'] };
  };
  await begin();
  await shows('004 711');
  await kari.page.post('/pairing/answer', { number: '1', same: 'yes' });
  await shows('000 042');
  expect((await now()).text).toContain('2 av 6 er tastet');
  expect(answers).toEqual([true]);
  typed.resolve();
  await shows('Hvem sitt er apparatet?');
});

test('one that only broadcasts is adopted when it is chosen, and asks for no code', async () => {
  heard = [{ ...HEARD, name: 'SBBT-002C', services: [], broadcasts: ['fcd2'], connectable: false }];
  pair = async () => ({ address: ADDRESS, services: ['fcd2'] });
  const path = '/pairing/button/shelly-sbbt-002c';
  const code = await kari.page.get(`${path}/found/${await handle(kari.page, path)}`);
  expect(code.text).toContain('Det er ingenting å pare');
  expect(code.text).not.toContain('name="passkey"');
  const form = { look: 'button', model: 'shelly-sbbt-002c', heard: await handle(kari.page, path) };
  await kari.page.post('/pairing/begin', form);
  await shows('Hvem sitt er apparatet?');
  await kari.page.post('/pairing/later');
  await shows('Mål én gang nå');
  expect(home.devices.list()).toMatchObject([
    { model: 'shelly-sbbt-002c', name: 'Knapp', ownership: 'unassigned' },
  ]);
});

test.each(Object.keys(WORDS.en.pairing.failures) as (RadioErrorCode | 'pairing-unanswered')[])(
  '%s: what happened and what to try, in each language; a retry costs nothing',
  async (code) => {
    let tries = 0;
    pair = async () => {
      tries += 1;
      throw code === 'pairing-unanswered'
        ? Object.assign(new Error(code), { code })
        : new RadioError(code);
    };
    await begin();
    for (const language of ['nb', 'nn', 'en'] as const) {
      const told = WORDS[language].pairing.failures[code as keyof typeof WORDS.en.pairing.failures];
      await expect
        .poll(async () => (await kari.page.get(`/pairing/now?lang=${language}`)).text)
        .toContain(told[0]);
      const { text } = await kari.page.get('/pairing/now');
      expect(text).toContain(told[1]);
      // No code and no English of the command line.
      expect(text).not.toContain(`>${code}<`);
      expect(text).not.toContain('iomt doctor');
    }
    await kari.page.post('/pairing/again');
    await expect.poll(() => tries).toBe(2);
  },
);

test('a failure that has no words of its own says what to try all the same', async () => {
  pair = () => Promise.reject(new RadioError('radio-bus'));
  await begin();
  await shows('Noe gikk galt.');
  expect((await now()).text).toContain('Vent et minutt, vekk apparatet');
});

test('nobody follows, answers or ends another’s pairing, and each learns only that one goes on', async () => {
  const got: (number | undefined)[] = [];
  pair = async (_address, _keep, _onProgress, signal, dialog) => {
    got.push(await dialog?.enterPasskey(signal));
    return { address: ADDRESS, services: ['1810'] };
  };
  await begin();
  await shows('Skriv koden som apparatet viser');
  expect((await now(ola.page)).to).toBe('/pairing');
  expect((await ola.page.get('/pairing')).text).toContain('En annen hjemme er i gang');
  for (const [path, fields] of [
    ['answer', { number: '1', passkey: '123456' }],
    ['cancel', {}],
    ['again', {}],
    ['whose', { whose: ola.id }],
  ] as const) {
    expect((await ola.page.post(`/pairing/${path}`, fields)).to).toBe('/pairing');
  }
  expect((await begin({}, ola.page)).text).toContain('Et annet apparat blir paret.');
  expect(portal.pairings.view()).toMatchObject({ state: 'running', question: { number: 1 } });
  expect(got).toEqual([]);
  await kari.page.post('/pairing/cancel');
  await shows('Det ble stoppet');
});

test('another’s own device is not in the list, and cannot be paired away', async () => {
  const device = await home.adoption.adopt('test', { address: ADDRESS, name: 'Olas' });
  await home.decisions.assignDevice('test', device.id, { owner: ola.id });
  expect((await kari.page.get(`${PATH}/found`)).text).not.toContain('Example cuff');
  const theirs = await handle(ola.page);
  expect((await kari.page.get(`${PATH}/found/${theirs}`)).to).toBe(`${PATH}/found`);
  expect((await begin({ heard: theirs })).to).toBe(`${PATH}/found`);
  expect(portal.pairings.view()).toBeUndefined();
});

test('a helper pairs, says that it is this person’s, and sees that a measurement came, not what', async () => {
  const page = await portal.helper(kari.id);
  await begin({}, page);
  await shows('Hvem sitt er apparatet?', page);
  expect((await now(page)).text).not.toContain('Ola Eksempel');
  await page.post('/pairing/whose', { whose: kari.id });
  await cuff(home, bloodPressure());
  await shows('Bare den den tilhører, ser den.', page);
  expect(withoutIds((await now(page)).text)).not.toMatch(/128|mmHg/);
});

test('a shared device asks for the user numbers, and says what a guessing model means', async () => {
  await begin();
  await shows('Hvem sitt er apparatet?');
  await ola.page.post('/questions/visible', { visible: 'yes' });
  expect((await kari.page.post('/pairing/whose', { whose: 'shared' })).to).toBe('/pairing/slots');
  expect((await kari.page.get('/pairing/slots')).text).toContain('Vi trykker på en knapp');
  const slots = { [`slot-${kari.id}`]: '1', [`slot-${ola.id}`]: '2', chosen: 'yes' };
  expect((await kari.page.post('/pairing/slots', slots)).to).toBe('/pairing/now');
  expect(home.devices.list()).toMatchObject([
    { ownership: 'shared', slots: { 1: kari.id, 2: ola.id }, slotKind: 'chosen' },
  ]);
});

test('a scale that wants a user number and its code says so, and takes both on its page', async () => {
  heard = [{ ...HEARD, name: 'BF720', services: ['181d'] }];
  pair = async () => ({ address: ADDRESS, services: ['181d', '181b', '181c'] });
  const path = '/pairing/scale/beurer-bf720';
  const form = { look: 'scale', model: 'beurer-bf720', heard: await handle(kari.page, path) };
  await kari.page.post('/pairing/begin', form);
  await shows('Hvem sitt er apparatet?');
  await kari.page.post('/pairing/whose', { whose: 'shared' });
  expect((await kari.page.get('/pairing/slots')).text).toContain('Denne modellen gjetter');
  await kari.page.post('/pairing/slots', { [`slot-${kari.id}`]: '1' });
  await shows('Denne vekten trenger brukernummeret ditt og koden');
  const [device] = home.devices.list();
  const own = `/devices/${device?.id}`;
  expect((await kari.page.post(`${own}/user`, { user: '1', code: 'x' })).text).toContain(
    'Koden er et tall på opptil fire sifre.',
  );
  expect((await kari.page.post(`${own}/user`, { user: '', code: '1' })).text).toContain(
    'Et brukernummer er et helt tall',
  );
  expect((await kari.page.post(`${own}/user`, { user: '1', code: '8642' })).to).toBe(
    `${own}?done=userGiven`,
  );
  const page = (await kari.page.get(own)).text;
  expect(page).toContain('Bruker 1: vekten får vite det neste gang den brukes');
  expect(withoutIds(page)).not.toContain('8642');
  expect((await now()).text).not.toContain('Denne vekten trenger');
  await kari.page.post(`${own}/user`, { register: 'yes' });
  expect((await kari.page.get(own)).text).toContain('Ny bruker: ');
});
