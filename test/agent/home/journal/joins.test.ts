import { expect, test } from 'vitest';
import { dateTime } from '../../../../adapters/simulated/encode.ts';
import { deviceClock, local, session } from '../frames.ts';
import { agree, type Household, openHousehold, settled } from '../household.ts';

const SCALE = '00005e005301';
const NOW = '2026-03-02T10:00:00';
const KINDS = ['body-weight', 'body-composition', 'body-temperature', 'environment'];

async function home(): Promise<Household> {
  const opened = openHousehold();
  const person = await opened.decisions.addPerson('test', 'Kari Example');
  const device = await opened.adopt();
  await opened.decisions.assignDevice('test', device.id, { owner: person.id });
  await agree(opened, person.id, KINDS);
  return opened;
}
type Frame = readonly [service: string, characteristic: string, bytes: Uint8Array];
const tell = (to: Household, [service, characteristic, bytes]: Frame, in_ = 'one') =>
  to.keep({
    peripheral: SCALE,
    at: to.time.now,
    session: in_,
    source: { service, characteristic },
    bytes,
  });

const u16 = (value: number) => Buffer.of(value & 0xff, value >> 8);
const time = (at: string) => dateTime(local(at));
const FAT = u16(215);
/** Weight Measurement: 70.000 kg, with time, BMI and height. */
const weight = (at: string, raw = 14_000): Frame => [
  '181d',
  '2a9d',
  Buffer.concat([Buffer.of(0x0a), u16(raw), time(at), u16(229), u16(1750)]),
];
/** Body Composition: fat, time, water, and the weight. */
const composition = (at: string, raw = 14_000): Frame => [
  '181b',
  '2a9c',
  Buffer.concat([u16(0x0502), FAT, time(at), u16(8650), u16(raw)]),
];
/** In two packets: fat and time, then what did not fit. */
const firstHalf = (at: string): Frame => [
  '181b',
  '2a9c',
  Buffer.concat([u16(0x1012), FAT, time(at), u16(407)]),
];
const secondHalf: Frame = ['181b', '2a9c', Buffer.concat([u16(0x1200), u16(0xffff), u16(4520)])];

const shown = (of: Household) =>
  of.readings
    .recent(9)
    .map(({ kind, content }) => [kind, Object.keys(content.measurements[0]?.quantities ?? {})])
    .sort();
const corrections = (of: Household) =>
  of.received().filter(({ body }) => body.includes('"corrected"')).length;

const WHOLE = [['body-composition', ['body-fat', 'muscle-percentage', 'impedance']]];

test('the halves of a composition are one reading, sent once', async () => {
  const set = await home();
  await deviceClock(set, NOW, { session: 'one' });
  await tell(set, firstHalf(NOW));
  expect(set.readings.recent(9)).toEqual([]);
  await tell(set, secondHalf);
  expect(shown(set)).toEqual(WHOLE);
  const [reading] = set.readings.recent(9);
  expect(reading?.content.measurements[0]?.quantities).toMatchObject({
    'body-fat': { value: '21.5' },
    impedance: { value: '452.0' },
  });
  expect(reading?.content.status).toEqual([]);
  await settled(set, 1);
  expect(corrections(set)).toBe(0);
  // Sent again at the next visit, with the first packet indicated twice.
  for (const frame of [firstHalf(NOW), firstHalf(NOW), secondHalf]) await tell(set, frame, 'two');
  set.time.now += 60_000;
  await set.round.run();
  expect(shown(set)).toEqual(WHOLE);
  expect(corrections(set)).toBe(0);
  expect(await set.decisions.rereadAll('test')).toMatchObject({ changed: 0, doubtful: 0 });
  await set.stop();
});

test('a half whose other half does not come is a reading after a while; it completes it later', async () => {
  const set = await home();
  await deviceClock(set, NOW, { session: 'one' });
  await tell(set, firstHalf(NOW));
  await set.round.run();
  expect(set.readings.recent(9)).toEqual([]);
  set.time.now += 60_000;
  await set.round.run();
  expect(shown(set)).toEqual([['body-composition', ['body-fat', 'muscle-percentage']]]);
  await settled(set, 1);
  await tell(set, secondHalf);
  expect(shown(set)).toEqual(WHOLE);
  await set.stop();
});

test('halves of two people or two weighings are not put together', async () => {
  const set = await home();
  await deviceClock(set, NOW, { session: 'one' });
  for (const at of ['2026-03-02T09:59:00', '2026-03-02T09:59:30']) await tell(set, firstHalf(at));
  await tell(set, secondHalf, session());
  // Another time stands in what would be a second half.
  const later = [u16(0x1202), u16(0xffff), time('2026-03-02T09:59:45'), u16(4520)];
  await tell(set, ['181b', '2a9c', Buffer.concat(later)]);
  set.time.now += 60_000;
  await set.round.run();
  const fats = shown(set).filter(([, names]) => names?.includes('muscle-percentage'));
  expect(fats).toEqual(Array(2).fill(['body-composition', ['body-fat', 'muscle-percentage']]));
  await set.stop();
});

test.each([
  ['weight first', [weight(NOW), composition(NOW)]],
  ['sent again', [weight(NOW), composition(NOW), weight(NOW), composition(NOW)]],
])('one weighing has one weight: %s', async (_name, frames) => {
  const set = await home();
  await deviceClock(set, NOW, { session: 'one' });
  for (const frame of frames) await tell(set, frame);
  for (const frame of frames) await tell(set, frame, 'two');
  expect(shown(set)).toEqual([
    ['body-composition', ['body-fat', 'body-water-mass']],
    ['body-weight', ['weight', 'bmi', 'height']],
  ]);
  await settled(set, 2);
  const sent = set.received().map(({ body }) => body.split('29463-7').length - 1);
  expect(sent.reduce((sum, count) => sum + count, 0)).toBe(1);
  expect(await set.decisions.rereadAll('test')).toMatchObject({ changed: 0, doubtful: 0 });
  await set.stop();
});

test('composition first: it tells the weight, and the weight after it is no other', async () => {
  const set = await home();
  await deviceClock(set, NOW, { session: 'one' });
  for (const frame of [composition(NOW), weight(NOW)]) await tell(set, frame);
  expect(shown(set)).toEqual([['body-composition', ['body-fat', 'body-water-mass', 'weight']]]);
  await set.stop();
});

test('who stood on the scale is asked once; another weighing is another question', async () => {
  const set = openHousehold();
  const person = await set.decisions.addPerson('test', 'Kari Example');
  await set.adopt();
  await deviceClock(set, NOW, { session: 'one' });
  const before = '2026-03-02T09:59:00';
  for (const at of [before, NOW]) {
    for (const frame of [weight(at), composition(at)]) await tell(set, frame);
  }
  const asked = set.readings.held();
  expect(asked).toHaveLength(4);
  const [one] = asked.filter(({ content }) => content.deviceTime === NOW);
  await set.decisions.assignReading('test', one?.id ?? '', person.id);
  const left = set.readings.held();
  expect(left.map(({ content }) => content.deviceTime)).toEqual([before, before]);
  expect(set.audit.list().at(-1)?.detail).toHaveProperty('also');
  await set.stop();
});

test('another weight, or another time, is another weighing', async () => {
  const set = await home();
  await deviceClock(set, NOW, { session: 'one' });
  await tell(set, weight('2026-03-02T09:59:30'));
  await tell(set, composition('2026-03-02T09:59:30', 14_001));
  await tell(set, composition('2026-03-02T09:58:30'));
  const weights = set.readings
    .recent(9)
    .filter(({ content }) => content.measurements[0]?.quantities.weight);
  expect(weights).toHaveLength(3);
  await set.stop();
});

test('a scale without a clock: near each other in one visit is one weighing', async () => {
  const set = await home();
  const plain: Frame = ['181d', '2a9d', Buffer.concat([Buffer.of(0), u16(14_000)])];
  const fat: Frame = ['181b', '2a9c', Buffer.concat([u16(0x0400), FAT, u16(14_000)])];
  await tell(set, plain);
  await tell(set, fat);
  expect(shown(set)).toEqual([
    ['body-composition', ['body-fat']],
    ['body-weight', ['weight']],
  ]);
  set.time.now += 300_000;
  await tell(set, fat, 'two');
  expect(shown(set)).toContainEqual(['body-composition', ['body-fat', 'weight']]);
  await set.stop();
});

const degrees = (type?: number): Frame => [
  '1809',
  '2a1c',
  Buffer.concat([
    Buffer.of(type === undefined ? 0 : 4),
    Buffer.of(0x6e, 0x01, 0x00, 0xff),
    ...(type === undefined ? [] : [Buffer.of(type)]),
  ]),
];

test('a temperature is taken where the thermometer says, unless it says so itself', async () => {
  const set = await home();
  await tell(set, degrees());
  await tell(set, ['1809', '2a1d', Buffer.of(3)]);
  set.time.now += 300_000;
  await tell(set, degrees(), 'two');
  set.time.now += 300_000;
  await tell(set, degrees(6), 'three');
  const sites = set.readings
    .recent(9)
    .map(({ content }) => content.measurements[0]?.attributes.site);
  expect(sites).toEqual(['mouth', 'ear', undefined]);
  await settled(set, 3);
  expect(set.received()[1]?.body).toContain('188428');
  await set.stop();
});

test('a room’s temperature, humidity and pressure are readings, each thinned for itself', async () => {
  const set = await home();
  const room = (round: number): Frame[] => [
    ['181a', '2a6e', u16(2150 + round)],
    ['181a', '2a6f', u16(4500 + round)],
    ['181a', '2a6d', Buffer.of(round, 0x84, 0x0f, 0)],
  ];
  for (let round = 0; round < 3; round += 1) {
    for (const frame of room(round)) await tell(set, frame, session());
    set.time.now += 40_000;
  }
  expect(shown(set).map(([kind, names]) => `${kind} ${names}`)).toEqual([
    ...Array(2).fill('environment humidity'),
    ...Array(2).fill('environment pressure'),
    ...Array(2).fill('environment temperature'),
  ]);
  await set.stop();
});
