import { afterEach, expect, test } from 'vitest';
import { bloodPressure, cuff } from '../frames.ts';
import { type Options, openHousehold, settled } from '../household.ts';
import { type FurnishedPortal, furnishPortal } from './furnished.ts';

let portal: FurnishedPortal;
afterEach(() => portal.stop());

const to = (step: string) => `/shares/to/care/${step}`;

/** Somebody who shares, and whose reading has gone where there is one. */
async function sharing(options: Options = {}, measured = true) {
  portal = furnishPortal({ home: openHousehold(options) });
  const { home } = portal;
  const kari = await home.decisions.addPerson('test', 'Kari Eksempel');
  const device = await home.adopt();
  await home.decisions.assignDevice('test', device.id, { owner: kari.id });
  await home.decisions.givePermission('test', {
    ...{ person: kari.id, recipient: 'care', kinds: ['blood-pressure'] },
  });
  if (measured) {
    await cuff(home, bloodPressure());
    await settled(home, 1);
  }
  const browser = await portal.signedIn(kari.id);
  const act = async (step: string, fields: Record<string, string> = {}) =>
    (await browser.get((await browser.post(to(step), fields)).to ?? '')).text;
  return { browser, act };
}

test('before and after each act it stands that the recipient is told of it, and how little', async () => {
  const { browser, act } = await sharing();
  const before = (await browser.get(to('pause'))).text;
  expect(before).toContain('får de beskjed om at delingen har pause. De får ikke vite hvorfor');
  expect(await act('pause', { end: 'none' })).toContain('De får beskjed om at delingen har pause');
  expect(await act('resume', { paused: 'keep' })).toContain('De får beskjed om at du deler igjen.');
  expect((await browser.get(to('withdraw'))).text).toContain(
    'får de beskjed om at du ikke deler lenger',
  );
  expect(await act('withdraw')).toContain('De får beskjed om at du ikke deler lenger');
});

test('who has had nothing is not told, and the receipt says so', async () => {
  const { act } = await sharing({}, false);
  expect(await act('pause', { end: 'none' })).toContain('De får ikke beskjed om dette.');
  const resumed = await act('resume', { paused: 'keep' });
  expect(resumed).not.toMatch(/beskjed/);
});

test('who is reached over HTTPS is not told, and the pages say so', async () => {
  const { browser, act } = await sharing({ overHttps: ['care'] });
  expect((await browser.get(to('pause'))).text).toContain('De får ikke beskjed om pausen.');
  expect((await browser.get(to('withdraw'))).text).toContain(
    'De får ikke beskjed om at du slutter',
  );
  expect(await act('withdraw')).toContain('De får ikke beskjed om dette.');
});
