import { afterEach, expect, test } from 'vitest';
import type { ScriptedDevice } from '../radio/scripted-bindings.ts';
import { LOCAL, METER, type Stage, stage } from './stage.ts';

/** Date Time of the stage's local time, some seconds off. */
function wall(offMs: number): Buffer {
  const at = new Date(LOCAL + offMs);
  return Buffer.of(
    ...[at.getUTCFullYear() & 0xff, at.getUTCFullYear() >> 8, at.getUTCMonth() + 1],
    ...[at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()],
  );
}
const currentTime = (offMs: number, day = 1) => Buffer.concat([wall(offMs), Buffer.of(day, 0, 0)]);

interface Clock {
  properties: string[];
  value: Uint8Array;
}
const cuff = (places: Record<string, Record<string, Clock>>): ScriptedDevice => ({
  id: METER,
  advertised: ['1810'],
  gatt: { ...places, '1810': { '2a35': { properties: ['indicate'] }, ...places['1810'] } },
});
const WRITABLE = ['read', 'write'];

let set: Stage;
afterEach(() => set.end());
const begin = async (
  clocks: Record<string, Record<string, Clock>>,
  obeys = true,
  more: { model?: string } = {},
) => {
  set = await stage(cuff(clocks), undefined, more);
  set.bindings.onWrite = (_id, service, uuid, bytes) => {
    const clock = clocks[service]?.[uuid];
    if (clock && obeys) clock.value = bytes;
  };
};
const written = () =>
  set.kept.filter(({ source }) => 'service' in source && source.service === 'clock-written');

test('a clock that is off is written after the transfer, kept before, and read back', async () => {
  await begin({ '1805': { '2a2b': { properties: WRITABLE, value: currentTime(-40_000) } } });
  set.bindings.twist.set('notify 1810/2a35', (answer) => {
    answer();
    set.bindings.value(METER, '1810', '2a35', Buffer.of(1));
  });
  await set.visit();
  expect(set.written()).toEqual([currentTime(0).toString('hex')]);
  expect(set.kept.map(({ source, bytes }) => [Object.values(source)[0], bytes.length])).toEqual([
    ['1805', 10],
    ['1810', 1],
    ['1805', 10],
    ['clock-written', 10],
    ['1805', 10],
  ]);
  expect(set.notes).toContain('clock-written');
  await set.visit();
  expect(set.written()).toHaveLength(1);
});

test('Date Time in the health service, and a clock without a time', async () => {
  await begin({ '1810': { '2a08': { properties: WRITABLE, value: Buffer.alloc(7) } } });
  await set.visit();
  expect(set.written()).toEqual([wall(0).toString('hex')]);
});

test('a clock that is right, or cannot be written, or while ours is not known, is left alone', async () => {
  await begin({ '1805': { '2a2b': { properties: WRITABLE, value: currentTime(29_000) } } });
  await set.visit();
  expect(set.written()).toEqual([]);
  await set.end();
  const readable = { properties: ['read', 'notify'], value: currentTime(-90_000) };
  await begin({
    '1805': { '2a2b': readable },
    '1810': { '2a08': { properties: WRITABLE, value: wall(-90_000) } },
  });
  await set.visit();
  expect(set.written()).toEqual([]);
  await set.end();
  await begin({ '1805': { '2a2b': { properties: WRITABLE, value: currentTime(-90_000) } } });
  set.trusted = false;
  await set.visit();
  expect(set.written()).toEqual([]);
  expect(written()).toEqual([]);
});

test('a device that says yes and keeps its time is not asked again; a refusal is no failure', async () => {
  const clock = { properties: WRITABLE, value: currentTime(-90_000) };
  await begin({ '1805': { '2a2b': clock } }, false);
  await set.visit();
  await set.visit();
  expect(set.written()).toHaveLength(1);
  expect(set.notes.filter((note) => note === 'clock-not-written')).toHaveLength(1);
  expect(set.notes).not.toContain('visit-failed');
});

test('a device that hung up keeps its clock, and its visit was none that failed', async () => {
  await begin({ '1805': { '2a2b': { properties: WRITABLE, value: currentTime(-90_000) } } });
  set.bindings.twist.set('notify 1810/2a35', (answer) => {
    answer();
    setTimeout(() => set.bindings.drop(METER), 10);
  });
  await set.visit();
  expect(set.written()).toEqual([]);
  expect(set.notes).not.toContain('visit-failed');
});

const both = () => ({
  '1805': { '2a2b': { properties: WRITABLE, value: currentTime(-90_000) } },
  '1810': { '2a08': { properties: WRITABLE, value: wall(-90_000) } },
});
const reads = () => set.bindings.asked.filter((one) => /^read (1805|1810)/.test(one)).length;

test.each([
  ['ad-ua-651ble', 'its block names it', 1],
  ['choicemmed-md300c208', 'a model without a clock', 0],
  ['omron-m4-intelli-it', 'a model that ignores it, whose memory is never written', 0],
])('the clock of %s is set where %s', async (model, _why, count) => {
  await begin(both(), true, { model });
  await set.visit();
  expect(set.written()).toHaveLength(count);
  expect(written()).toHaveLength(count);
});

test('a clock that its model never sets is not even read', async () => {
  await begin(both(), true, { model: 'choicemmed-md300c208' });
  await set.visit();
  expect(reads()).toBe(0);
  await set.end();
  await begin(both(), true, { model: 'omron-m4-intelli-it' });
  await set.visit();
  expect(reads()).toBe(1);
});
