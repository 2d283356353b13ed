import { expect, test } from 'vitest';
import { dateTime } from '../../../../adapters/simulated/encode.ts';
import { local } from '../frames.ts';
import { again, agree, type Household, openHousehold, settled } from '../household.ts';

const MONITOR = '00005e005301';
const INTERSTITIAL = 9;
const CONTROL = 10;

async function home(): Promise<Household> {
  const opened = openHousehold();
  const person = await opened.decisions.addPerson('test', 'Kari Example');
  const device = await opened.adopt();
  await opened.decisions.assignDevice('test', device.id, { owner: person.id });
  await agree(opened, person.id, ['glucose', 'glucose-interstitial']);
  opened.time.now += 12 * 3_600_000;
  return opened;
}
const tell = (to: Household, characteristic: string, bytes: Uint8Array, session: string) =>
  to.keep({
    peripheral: MONITOR,
    at: to.time.now,
    session,
    source: { service: '181f', characteristic },
    bytes,
  });
const u16 = (value: number) => [value & 0xff, value >> 8];
/** mg/dL at a minute of the session; `octets` status and warning where the flags say so. */
const record = (minute: number, value = 110, flags = 0, octets: number[] = []) => [
  ...[6 + octets.length, flags, ...u16(value), ...u16(minute)],
  ...octets,
];
const START = '2026-03-02T12:00:00';

/** What is read at each visit: sample, session start, and the minute that it is now. */
async function visit(
  to: Household,
  frames: number[][],
  more: {
    session?: string;
    start?: string;
    type?: number;
    location?: number;
    minute?: number;
  } = {},
) {
  const { session = 'one', start = START, type = INTERSTITIAL, location = 1, minute = 600 } = more;
  await tell(to, '2aa8', Buffer.of(0, 0, 0, (location << 4) | type, 0xff, 0xff), session);
  await tell(to, '2aaa', Buffer.concat([dateTime(local(start)), Buffer.of(4, 0)]), session);
  await tell(to, '2aa9', Buffer.of(...u16(minute), 0, 0, 0), session);
  for (const bytes of frames) await tell(to, '2aa7', Buffer.from(bytes), session);
}
const told = (of: Household) =>
  of.readings
    .recent(20)
    .map(({ kind, state, time, content }) => [
      kind,
      content.sequence,
      state === 'held' ? state : time?.effective,
    ])
    .sort();

test('each record of a frame is a reading of its minute, dated by the minute that it is now', async () => {
  const set = await home();
  // The monitor's own start is an hour behind: it is 22:00 there and 22:00 − 600 min is its start.
  await visit(set, [[...record(590), ...record(595, 120)], record(600, 121)]);
  expect(told(set)).toEqual([
    ['glucose-interstitial', 590, '2026-03-02T21:50:00+01:00'],
    ['glucose-interstitial', 595, '2026-03-02T21:55:00+01:00'],
    ['glucose-interstitial', 600, '2026-03-02T22:00:00+01:00'],
  ]);
  await settled(set, 3);
  expect(set.received()[0]?.body).toContain('160212');
  expect(await set.decisions.rereadAll('test')).toMatchObject({
    looked: 3,
    changed: 0,
    doubtful: 0,
  });
  await set.stop();
});

test('asked for again, or after a restart, a record is the one that it was', async () => {
  const set = await home();
  await visit(set, [record(590)]);
  set.cut();
  const after = again(set);
  await visit(after, [[...record(590), ...record(595)]], { session: 'two' });
  expect(told(after).map(([, minute]) => minute)).toEqual([590, 595]);
  await after.stop();
});

test('the same minute of another sensor’s session is another record', async () => {
  const set = await home();
  await visit(set, [record(590)]);
  set.time.now += 24 * 3_600_000;
  await visit(set, [record(590)], { session: 'two', start: '2026-03-03T12:00:00' });
  expect(told(set)).toHaveLength(2);
  await set.stop();
});

test('control solution is nobody’s glucose; another sample is no interstitial fluid', async () => {
  const set = await home();
  await visit(set, [record(590)], { type: CONTROL });
  await visit(set, [record(590)], { session: 'location', location: 4 });
  expect(told(set)).toEqual([]);
  await visit(set, [record(590)], { session: 'two', type: 3 });
  expect(told(set)[0]?.[0]).toBe('glucose');
  await set.stop();
});

test('without the start of its session a record is kept and said, not dated by guess', async () => {
  const set = await home();
  await tell(set, '2aa7', Buffer.from(record(590)), 'none');
  await visit(set, [record(595)], { start: '0000-00-00T00:00:00' });
  expect(told(set)).toEqual([]);
  expect(set.refusals).toEqual(['session-start-unknown', 'session-start-unknown']);
  await set.stop();
});

test('beyond what the sensor can show the number is a limit', async () => {
  const set = await home();
  await visit(set, [record(590, 400, 0x20, [0x80])]);
  await settled(set, 1);
  expect(set.received()[0]?.body).toContain('"comparator":">"');
  await set.stop();
});
