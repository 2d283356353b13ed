import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dateTime } from '../../../adapters/simulated/encode.ts';
import { decrypted, makeLegible } from '../../support/decrypted.ts';
import { deviceClock, local } from './frames.ts';
import { again, type Household, KEY, openHousehold, temporary } from './household.ts';

/** What devices of an erased person send again: nothing of it is written. */

const DEVICE = '00005e005301';
const NOW = '2026-03-02T10:00:00';

type Frame = readonly [service: string, characteristic: string, bytes: Uint8Array];
const tell = (home: Household, [service, characteristic, bytes]: Frame, session: string) =>
  home.keep({
    ...{ peripheral: DEVICE, at: home.time.now, session },
    ...{ source: { service, characteristic }, bytes },
  });

const u16 = (value: number) => Buffer.of(value & 0xff, value >> 8);
/** Glucose Measurement, record 7, whose context follows. */
const glucose: Frame = [
  '1808',
  '2a18',
  Buffer.of(0x16, 7, 0, 0xea, 0x07, 3, 2, 10, 0, 0, 0x3d, 0xc0, 0x11),
];
/** Its context: 33 g of carbohydrate, before a meal. */
const context: Frame = ['1808', '2a34', Buffer.of(3, 7, 0, 1, 33, 0xd0, 1)];
/** Body Composition with fat, time, water and weight; then the weight alone. */
const composition: Frame = [
  '181b',
  '2a9c',
  Buffer.concat([u16(0x0502), u16(215), dateTime(local(NOW)), u16(8650), u16(14_000)]),
];
const weight: Frame = [
  '181d',
  '2a9d',
  Buffer.concat([Buffer.of(0x0a), u16(14_000), dateTime(local(NOW)), u16(229), u16(1750)]),
];
/** In two packets: fat and time, then what did not fit. */
const firstHalf: Frame = [
  '181b',
  '2a9c',
  Buffer.concat([u16(0x1012), u16(215), dateTime(local(NOW)), u16(407)]),
];
const secondHalf: Frame = ['181b', '2a9c', Buffer.concat([u16(0x1200), u16(0xffff), u16(4520)])];

async function erasedHome(sent: readonly Frame[], ownership: 'mine' | 'shared' = 'mine') {
  const folder = temporary();
  makeLegible(join(folder, 'home.db'), KEY);
  const home = openHousehold({ folder });
  const person = await home.decisions.addPerson('test', 'Kari Example');
  const device = await home.adopt(DEVICE);
  if (ownership === 'mine') {
    await home.decisions.assignDevice('test', device.id, { owner: person.id });
  }
  await deviceClock(home, NOW, { session: 'one' });
  for (const frame of sent) await tell(home, frame, 'one');
  for (const { id } of home.readings.held()) {
    await home.decisions.assignReading('test', id, person.id);
  }
  expect(home.readings.recent(9)).toHaveLength(1);
  await home.erasure.erase('test', person.id);
  return home;
}

/** The frames of a store, and its bytes, without those that are of a clock. */
const framesOf = (home: Household) =>
  home.db.prepare("SELECT bytes FROM capture WHERE source NOT LIKE '%1805%'").pluck().all();
const standsIn = (home: Household, [, , bytes]: Frame) =>
  decrypted(join(home.folder, 'home.db'), KEY).includes(
    Buffer.from(bytes).subarray(3).toString('latin1'),
  );

for (const [what, sent] of Object.entries({
  'a record and its context': [context, glucose],
  'a record whose context comes late': [glucose, context],
  'a composition, and a weight that it told': [composition, weight],
  'a composition in two packets': [firstHalf, secondHalf],
})) {
  test(`${what} of an erased person, sent again, are folded and not written`, async () => {
    const home = await erasedHome(sent);
    for (const frame of sent) await tell(home, frame, 'two');
    expect(home.readings.recent(9)).toHaveLength(1);
    expect(home.readings.held()).toEqual([]);
    const frames = framesOf(home);
    expect(frames).toEqual(sent.flatMap(() => [Buffer.of(), Buffer.of()]));
    expect(home.captures.counts()).not.toHaveProperty('captured');
    // The first of two frames was on its own for a moment: until the log is emptied, once a day.
    const first = sent.slice(1).filter((frame) => standsIn(home, frame));
    expect(first).toEqual([]);
    await home.round.run();
    for (const frame of sent) expect(standsIn(home, frame)).toBe(false);
    // After a restart nobody remembers them, and they are folded all the same.
    home.cut();
    const after = again(home);
    for (const frame of sent) await tell(after, frame, 'three');
    expect(after.readings.recent(9)).toHaveLength(1);
    expect(framesOf(after)).toEqual(sent.flatMap(() => [Buffer.of(), Buffer.of(), Buffer.of()]));
    await after.stop();
  });
}

for (const [what, sent] of Object.entries({
  'the context of a record': [context, glucose],
  'the second packet of a composition': [firstHalf, secondHalf],
})) {
  test(`of a shared device ${what} goes with it`, async () => {
    const home = await erasedHome(sent, 'shared');
    expect(framesOf(home)).toEqual([Buffer.of(), Buffer.of()]);
    await home.stop();
  });
}

test('the context of somebody else stays, and what is new is a reading', async () => {
  const home = await erasedHome([context, glucose], 'shared');
  const other = [context, glucose].map(([service, characteristic, bytes]): Frame => {
    const next = Buffer.from(bytes);
    next[1] = 8;
    return [service, characteristic, next];
  });
  for (const frame of [context, glucose, ...other]) await tell(home, frame, 'two');
  expect(framesOf(home).slice(4)).toEqual(other.map(([, , bytes]) => Buffer.from(bytes)));
  expect(home.readings.held()).toHaveLength(1);
  expect(home.readings.held()[0]?.content.measurements[0]?.attributes).toMatchObject({
    meal: 'preprandial',
  });
  await home.stop();
});
