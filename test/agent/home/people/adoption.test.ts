import { expect, test } from 'vitest';
import type { Seen } from '../../../../adapters/adapter.ts';
import { ONE_HOST } from '../../../../adapters/bluetooth/models/words.ts';
import type { PairingRadio } from '../../../../agent/home/people/adoption.ts';
import { openHousehold } from '../household.ts';

const ADDRESS = '00005e005301';

/** A radio that hears one device, which says what it is while it is paired. */
function radio(
  says: { name?: string; manufacturer?: string; model?: string },
  services: string[],
): PairingRadio {
  const heard: Seen = {
    address: ADDRESS,
    services,
    rssi: -50,
    connectable: true,
    at: 0,
    ...(says.name === undefined ? {} : { name: says.name }),
  };
  return {
    seen: () => [heard],
    unpair: () => Promise.resolve(),
    async pair(_address, keep) {
      const texts = { '2a29': says.manufacturer, '2a24': says.model };
      for (const [characteristic, text] of Object.entries(texts)) {
        if (text === undefined) continue;
        const capture = { peripheral: ADDRESS, at: Date.parse('2026-03-02T09:00:00Z') };
        const source = { service: '180a', characteristic };
        await keep({ ...capture, session: 'one', source, bytes: Buffer.from(text) });
      }
      return { address: ADDRESS, services };
    },
  };
}

const pair = async (...says: Parameters<typeof radio>) => {
  const home = openHousehold({ radio: radio(...says) });
  const asked = { address: ADDRESS, name: 'Thing' };
  const device = await home.adoption.pair('test', asked, new AbortController().signal);
  return { home, device };
};

test('at adoption the model comes from what the device says of itself, its slots with it', async () => {
  const { home, device } = await pair({ manufacturer: 'Roche', model: '923' }, ['1808', '180a']);
  expect(device).toMatchObject({ model: 'accu-chek-guide', slotKind: 'none' });
  expect(home.adoption.adopted()).toEqual([{ address: ADDRESS, model: 'accu-chek-guide' }]);
  await home.stop();
});

test('at adoption the model comes from its name where it says no more', async () => {
  const { home, device } = await pair({ name: 'BF720' }, ['181d', '181b', '181c']);
  expect(device).toMatchObject({ model: 'beurer-bf720', slotKind: 'guessed' });
  await home.stop();
});

test('a device that is not known has no model, and nothing is guessed of its slots', async () => {
  const { home, device } = await pair({ name: 'Cuff', model: 'EX-1' }, ['1810', '180a']);
  expect(device).toMatchObject({ model: undefined, slotKind: 'unknown' });
  expect(home.adoption.adopted()).toEqual([{ address: ADDRESS }]);
  await home.stop();
});

test('a model that was given stays, and so does what a person said of its slots', async () => {
  const home = openHousehold();
  const facts = { manufacturer: 'Roche', model: '923' };
  const adopt = (address: string, over: object) =>
    home.adoption.adopt('test', { address, name: address, facts, ...over });
  expect(await adopt(ADDRESS, { model: 'example' })).toMatchObject({ model: 'example' });
  expect(await adopt('00005e005302', { slotKind: 'chosen' })).toMatchObject({
    model: 'accu-chek-guide',
    slotKind: 'chosen',
  });
  await home.stop();
});

test('nobody can say that people choose the slots of a model that guesses them', async () => {
  const { home, device } = await pair({ name: 'BF720' }, ['181d', '181b', '181c']);
  const { id } = await home.decisions.addPerson('test', 'Kari Example');
  const slots = { 1: id };
  await expect(
    home.decisions.assignDevice('test', device.id, { slots, slotKind: 'chosen' }),
  ).rejects.toMatchObject({ code: 'slots-guessed' });
  await home.decisions.assignDevice('test', device.id, { slots });
  expect(home.devices.list()).toMatchObject([{ ownership: 'shared', slotKind: 'guessed' }]);
  await home.stop();
});

test('what is heard tells its model, and that it keeps one pairing only, before it is paired', () => {
  const seen = (name: string) =>
    openHousehold({ radio: radio({ name }, ['1810']) }).adoption.seen()[0];
  expect(seen('X4 Smart')).toMatchObject({
    name: 'X4 Smart',
    model: 'Omron X4 Smart',
    modelKey: 'omron-x4-smart',
    oneHost: ONE_HOST,
    instructions: { pair: { nb: expect.any(String), nn: expect.any(String) } },
  });
  expect(seen('Beurer BM85')).not.toHaveProperty('oneHost');
  expect(seen('Somebody')).not.toHaveProperty('model');
});

test('what is paired over a simulated radio is marked so, whoever pairs it', async () => {
  for (const simulated of [true, false]) {
    const home = openHousehold({ radio: radio({ name: 'Cuff' }, ['1810']), simulated });
    const asked = { address: ADDRESS, name: 'Thing' };
    const device = await home.adoption.pair('test', asked, new AbortController().signal);
    expect(device.simulated).toBe(simulated);
    await home.stop();
  }
});
