import { expect, test } from 'vitest';
import { cuff, deviceClock, oximeter } from '../frames.ts';
import { agree, type Household, openHousehold } from '../household.ts';

/** Vector bp-beurer-bm85-2: a cuff that sends its pulse with swapped bytes. */
const SWAPPED = Buffer.from('56710049000000ea07080b1438000041010000', 'hex');

async function homeWith(model: string | undefined): Promise<Household> {
  const home = openHousehold();
  const person = await home.decisions.addPerson('test', 'Kari Example');
  const address = '00005e005301';
  const device = await home.adoption.adopt('test', { address, name: 'Device', model });
  await home.decisions.assignDevice('test', device.id, { owner: person.id });
  await agree(home, person.id, ['blood-pressure', 'oxygen-saturation']);
  return home;
}
const pulses = (home: Household) =>
  home.readings.recent(9).map(({ content }) => content.measurements[0]?.quantities['pulse-rate']);

test('a frame of a known model is read as that model sends it, and of another is not guessed at', async () => {
  const beurer = await homeWith('beurer-bm85');
  await deviceClock(beurer, '2026-08-11T20:57:00', { session: 'one' });
  await cuff(beurer, SWAPPED, { session: 'one' });
  expect(pulses(beurer)).toEqual([{ value: '65', unit: '/min' }]);
  await beurer.stop();
  for (const model of [undefined, 'beurer-bm59']) {
    const other = await homeWith(model);
    await cuff(other, SWAPPED);
    expect(pulses(other)).toEqual([]);
    expect(other.refusals).toEqual(['reserved-value']);
    await other.stop();
  }
});

test('what could not be read is read when the model is known', async () => {
  const home = await homeWith(undefined);
  await cuff(home, SWAPPED);
  const [device] = home.devices.list();
  if (!device) throw new Error('no device');
  home.devices.identify(device.id, { ...device, model: 'beurer-bm85' });
  expect(await home.decisions.rereadAll('test')).toMatchObject({ recovered: 1 });
  expect(pulses(home)).toHaveLength(1);
  await home.stop();
});

test('a model whose clock nobody can set is dated by reception, also where it does not say so', async () => {
  const home = await homeWith('choicemmed-md300c208');
  const bytes = Buffer.from('0161006000e10701010122', 'hex');
  await home.keep({
    peripheral: '00005e005301',
    at: home.time.now,
    session: 'one',
    source: { service: '1822', characteristic: '2a5e' },
    bytes: Buffer.concat([bytes, Buffer.of(13)]),
  });
  expect(home.readings.recent(9)).toMatchObject([
    { state: 'ready', time: { basis: 'reception', deviceClockUnusable: true } },
  ]);
  await oximeter(home, '2017-01-01T01:34:19');
  expect(home.readings.recent(9).map(({ state }) => state)).toEqual(['ready', 'ready']);
  await home.stop();
});
