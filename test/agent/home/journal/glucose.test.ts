import { expect, test } from 'vitest';
import { deviceClock } from '../frames.ts';
import { agree, type Household, KINDS_USED, openHousehold, settled } from '../household.ts';

const METER = '00005e005301';
const NOW = '2026-03-02T10:00:00';
const base = Buffer.of(0xea, 0x07, 3, 2, 10, 0, 0);
const BEFORE_A_MEAL = 1;

/** Glucose Measurement, 6.1 mmol/L from a finger; offset in minutes where the clock was set later. */
const measurement = (
  sequence: number,
  more: { context?: boolean; control?: boolean; offset?: number } = {},
) => {
  const { context = true, control = false, offset } = more;
  const flags = 0x06 | (context ? 0x10 : 0) | (offset === undefined ? 0 : 1);
  const time = offset === undefined ? [] : [offset & 0xff, (offset >> 8) & 0xff];
  const type = control ? 0x1a : 0x11;
  return Buffer.of(flags, sequence & 0xff, sequence >> 8, ...base, ...time, 0x3d, 0xc0, type);
};
const context = (sequence: number, meal = BEFORE_A_MEAL) =>
  Buffer.of(2, sequence & 0xff, sequence >> 8, meal);

async function meterHome(): Promise<Household> {
  const home = openHousehold();
  const person = await home.decisions.addPerson('test', 'Kari Example');
  const device = await home.adopt();
  await home.decisions.assignDevice('test', device.id, { owner: person.id });
  await agree(home, person.id, [...KINDS_USED, 'glucose']);
  await deviceClock(home, NOW, { session: 'one' });
  return home;
}

const tell = (home: Household, characteristic: string, bytes: Uint8Array, session = 'one') =>
  home.keep({
    peripheral: METER,
    at: home.time.now,
    session,
    source: { service: '1808', characteristic },
    bytes,
  });
const only = (home: Household) => {
  const all = home.readings.recent(9);
  expect(all).toHaveLength(1);
  return all[0]?.content.measurements[0]?.attributes;
};
const corrections = (home: Household) =>
  home.received().filter(({ body }) => body.includes('"corrected"')).length;

test('a measurement and its context are one reading, sent once', async () => {
  const home = await meterHome();
  await tell(home, '2a34', context(7));
  await tell(home, '2a18', measurement(7));
  await settled(home, 1);
  expect(only(home)).toMatchObject({ meal: 'preprandial', sampleLocation: 'finger' });
  expect(home.received()[0]?.body).toContain('Before a meal');
  expect(corrections(home)).toBe(0);
  await home.stop();
});

test('a context that comes late completes the reading, for who holds it as corrected', async () => {
  const home = await meterHome();
  await tell(home, '2a18', measurement(7));
  await settled(home, 1);
  expect(home.received()[0]?.body).not.toContain('Before a meal');
  await tell(home, '2a34', context(7));
  await settled(home, 2);
  expect(only(home)).toMatchObject({ meal: 'preprandial' });
  expect(corrections(home)).toBe(1);
  await home.stop();
});

test('so does one that comes with the record in a later visit; reading again changes nothing', async () => {
  const home = await meterHome();
  await tell(home, '2a18', measurement(7));
  await settled(home, 1);
  await tell(home, '2a34', context(7), 'two');
  await tell(home, '2a18', measurement(7), 'two');
  await settled(home, 2);
  expect(only(home)).toMatchObject({ meal: 'preprandial' });
  expect(await home.decisions.rereadAll('test')).toMatchObject({
    looked: 1,
    changed: 0,
    doubtful: 0,
  });
  await home.stop();
});

test('only the context of the same record and connection belongs to a measurement', async () => {
  const home = await meterHome();
  await tell(home, '2a34', context(8));
  await tell(home, '2a34', context(7), 'earlier');
  await tell(home, '2a18', measurement(7));
  expect(only(home)).not.toHaveProperty('meal');
  await home.stop();
});

test('a record is one by number and base time, whatever its offset and the timeline', async () => {
  const home = await meterHome();
  await tell(home, '2a18', measurement(7, { context: false }));
  const [device] = home.devices.list();
  home.devices.newTimeline(device?.id ?? '', 99);
  await tell(home, '2a18', measurement(7, { context: false, offset: 60 }), 'two');
  expect(home.readings.recent(9)).toHaveLength(1);
  await tell(home, '2a18', measurement(8, { context: false }), 'two');
  expect(home.readings.recent(9)).toHaveLength(2);
  await home.stop();
});

test('a control solution is no reading, and still the record to go on from', async () => {
  const home = await meterHome();
  const bytes = measurement(9, { control: true });
  await tell(home, '2a34', context(9));
  await tell(home, '2a18', bytes);
  expect(home.readings.recent(9)).toEqual([]);
  expect(home.captures.lastRecord(home.devices.byAddress(METER)?.id ?? '', '1808')).toEqual(
    Buffer.from(bytes),
  );
  await home.stop();
});
