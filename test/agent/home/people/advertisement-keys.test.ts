import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Capture } from '../../../../adapters/measurement.ts';
import {
  KEY,
  sealedBthome,
  sealedMibeacon,
} from '../../../adapters/bluetooth/advertisements/seal.ts';
import { bthome } from '../frames.ts';
import { again, DAY, type Household, openHousehold, START } from '../household.ts';

const DOOR = '00005e005301';
const KEY_TEXT = Buffer.from(KEY).toString('hex');
const OTHER_KEY = Uint8Array.from(KEY, (byte) => byte ^ 1);
const OPEN = '2d01';
const SHUT = '2d00';

async function withDoor(key?: Uint8Array) {
  const home = openHousehold();
  const device = await home.adopt(DOOR);
  if (key) await home.keyGiving.give('test', device.id, Buffer.from(key).toString('hex'));
  return { home, device };
}

function heard(home: Household, source: Capture['source'], bytes: Uint8Array, seconds: number) {
  home.time.now = START + seconds * 1000;
  return home.keep({ peripheral: DOOR, at: home.time.now, session: 'broadcasts', source, bytes });
}
const door = (home: Household, objects: string, count: number, seconds: number, key = KEY) =>
  heard(home, { serviceData: 'fcd2' }, sealedBthome(DOOR, objects, count, key), seconds);
const beacon = (home: Household, state: number, count: number, seconds: number) =>
  heard(home, { serviceData: 'fe95' }, sealedMibeacon(DOOR, `1910010${state}`, count), seconds);

/** What the door did, as far as it is known. */
const states = (home: Household) =>
  home.readings
    .recent(99)
    .map(({ content }) => content.measurements[0]?.attributes.state)
    .reverse();

test('frames from before the key are kept, and are readings in their order once it is there', async () => {
  const { home, device } = await withDoor();
  await door(home, OPEN, 10, 0);
  await door(home, SHUT, 11, 60);
  await door(home, SHUT, 11, 75);
  expect(home.views.captures()).toEqual({ unreadable: 3 });
  expect(home.refusals).toEqual(Array(3).fill('key-missing'));
  expect(home.views.devices()).toMatchObject([{ key: 'missing' }]);
  expect(await home.keyGiving.give('test', device.id, KEY_TEXT)).toMatchObject({
    device: device.id,
    read: 3,
    refused: 0,
  });
  expect(home.views.devices()).toMatchObject([{ key: 'given' }]);
  await door(home, OPEN, 12, 90);
  expect(states(home)).toEqual(['open', 'closed', 'open']);
  expect(home.views.captures()).toEqual({ read: 3, repeat: 1 });
  expect(home.readings.recent(9).map(({ capturedAt }) => (capturedAt - START) / 1000)).toEqual([
    90, 60, 0,
  ]);
  await home.stop();
});

test('what waited is judged by when it came, though a later frame was read before it', async () => {
  const { home, device } = await withDoor();
  await door(home, OPEN, 110, 0);
  await door(home, SHUT, 111, 60);
  await door(home, OPEN, 110, 120); // played again
  // The key is there, and a frame comes before those that waited are read.
  home.keys.set(device.id, KEY);
  await door(home, SHUT, 112, 180);
  expect(states(home)).toEqual(['closed']);
  expect(await home.keyGiving.give('test', device.id, KEY_TEXT)).toMatchObject({
    read: 2,
    refused: 1,
  });
  expect(home.refusals.at(-1)).toBe('replayed');
  expect(home.readings.recent(9)).toHaveLength(3);
  await home.stop();
});

test('a power cut while they are read loses none: they are read after the start', async () => {
  const { home: first, device } = await withDoor();
  for (let count = 0; count < 30; count += 1)
    await door(first, count & 1 ? SHUT : OPEN, count, count * 60);
  const giving = first.keyGiving.give('test', device.id, KEY_TEXT);
  // The key is on disk; what it opens is read in later commits.
  first.committer.flush();
  expect(first.keys.state(device.id)).toBe('given');
  first.cut();
  await giving.catch(() => undefined);
  const home = again(first);
  expect(home.views.captures()).toEqual({ captured: 30 });
  await home.round.deriveWaiting();
  expect(home.views.captures()).toEqual({ read: 30 });
  await home.stop();
});

test('a replay is refused, also after a restart; the same frame again is folded', async () => {
  const { home: first } = await withDoor(KEY);
  await door(first, OPEN, 1000, 0);
  await door(first, SHUT, 1001, 60);
  await door(first, SHUT, 1001, 72);
  await door(first, OPEN, 1000, 120);
  expect(first.views.captures()).toEqual({ read: 2, repeat: 1, unreadable: 1 });
  first.cut();
  const home = again(first);
  await door(home, OPEN, 1000, 180);
  await door(home, OPEN, 500, 240);
  await door(home, OPEN, 1001, 300); // the same number, other content
  expect(home.refusals).toEqual(['replayed', 'replayed', 'replayed']);
  await door(home, OPEN, 1002, 360);
  expect(states(home)).toEqual(['open', 'closed', 'open']);
  await home.stop();
});

test('a new battery starts the counter anew, and so does the end of its range', async () => {
  const { home } = await withDoor(KEY);
  await door(home, OPEN, 70_000, 0);
  await door(home, SHUT, 0, 60);
  await door(home, OPEN, 1, 120);
  await door(home, SHUT, 0xffffffff, 180);
  await door(home, OPEN, 3, 240);
  expect(states(home)).toEqual(['open', 'closed', 'open', 'closed', 'open']);
  // A recording from its first frames of today.
  await door(home, OPEN, 1, 300);
  expect(home.refusals).toEqual(['replayed']);
  await home.stop();
});

test('a beacon with one byte of counter begins again; for a while only what is newer counts', async () => {
  const { home } = await withDoor(KEY);
  await beacon(home, 0, 200, 0);
  await beacon(home, 1, 150, 60);
  expect(home.refusals).toEqual(['replayed']);
  await beacon(home, 1, 151, 3600);
  expect(states(home)).toEqual(['open', 'closed']);
  // With the longer counter that is never so.
  await beacon(home, 0, 0x2000, 7200);
  await beacon(home, 1, 0x1fff, 90_000);
  expect(states(home)).toEqual(['open', 'closed', 'open']);
  await home.stop();
});

test('what does not prove true, or comes in clear from a device with a key, is counted and no reading', async () => {
  const { home } = await withDoor(KEY);
  await door(home, OPEN, 1, 0, OTHER_KEY);
  await heard(home, { serviceData: 'fcd2' }, sealedBthome('00005e0053ff', OPEN, 2), 60);
  await bthome(home, OPEN, { at: START + 120_000 });
  expect(home.refusals).toEqual(['not-authentic', 'not-authentic', 'not-sealed']);
  expect(home.views.captures()).toEqual({ unreadable: 3 });
  expect(home.readings.recent(9)).toEqual([]);
  await home.stop();
});

test.each([
  ['', 'device-key-invalid'],
  [KEY_TEXT.slice(1), 'device-key-invalid'],
  [`${KEY_TEXT}0`, 'device-key-invalid'],
  ['z'.repeat(32), 'device-key-invalid'],
  [Buffer.from(OTHER_KEY).toString('hex'), 'device-key-wrong'],
])('a key %# that cannot be the one is refused and not kept: %s', async (text, code) => {
  const { home, device } = await withDoor();
  await door(home, OPEN, 10, 0);
  await expect(home.keyGiving.give('test', device.id, text)).rejects.toMatchObject({ code });
  expect(home.keys.state(device.id)).toBe('missing');
  expect(home.audit.list().some(({ action }) => action === 'device-key-given')).toBe(false);
  await home.stop();
});

test('set up anew a device has another key, and counts from nought', async () => {
  const { home, device } = await withDoor(KEY);
  await door(home, OPEN, 5000, 0);
  await door(home, SHUT, 300, 60, OTHER_KEY);
  const other = Buffer.from(OTHER_KEY).toString('hex').replace(/(..)/g, '$1:');
  expect(await home.keyGiving.give('test', device.name, other)).toMatchObject({ read: 1 });
  expect(states(home)).toEqual(['open', 'closed']);
  await home.stop();
});

test('the key is in no clear byte of the store and in no trail, and goes with the device', async () => {
  const { home, device } = await withDoor(KEY);
  await door(home, OPEN, 1, 0);
  expect(JSON.stringify([home.views.audit(), home.views.devices()])).not.toContain(KEY_TEXT);
  expect(readFileSync(join(home.folder, 'home.db')).includes(Buffer.from(KEY))).toBe(false);
  expect(readFileSync(join(home.folder, 'home.db-wal')).includes(Buffer.from(KEY))).toBe(false);
  home.db.transaction(() => home.devices.remove(device.id))();
  expect(home.db.prepare('SELECT count(*) FROM advertisement_key').pluck().get()).toBe(0);
  await home.stop();
});

test('of frames that are no longer kept only the last counter is remembered', async () => {
  const { home } = await withDoor(KEY);
  for (const count of [1000, 1001, 1002]) await door(home, count & 1 ? SHUT : OPEN, count, count);
  home.db.exec('UPDATE reading SET capture = NULL; DELETE FROM capture');
  expect(home.db.prepare('SELECT counter FROM sealed_frame').pluck().all()).toEqual([1002]);
  await door(home, SHUT, 1001, DAY / 1000);
  expect(home.refusals).toEqual(['replayed']);
  await home.stop();
});
