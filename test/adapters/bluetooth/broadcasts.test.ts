import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { createBroadcasts } from '../../../adapters/bluetooth/broadcasts.ts';
import type { Advertisement } from '../../../adapters/bluetooth/radio/radio.ts';

const START = 1_700_000_000_000;

function stage() {
  const notes: unknown[] = [];
  const broadcasts = createBroadcasts({
    foldMs: 10_000,
    newSession: (address) => `run of ${address}`,
    note: (event, fields) => void notes.push([event, fields]),
  });
  const heard = (
    bytes: string,
    seconds: number,
    { address = '00005e005312', uuid = 'fcd2', hasRoom = true } = {},
  ) => {
    const advertisement: Advertisement = {
      address,
      services: [],
      serviceData: [{ uuid, data: Buffer.from(bytes, 'hex') }],
      rssi: -50,
      connectable: false,
      at: START + seconds * 1000,
    };
    return broadcasts.framesOf(advertisement, hasRoom).length;
  };
  return { notes, broadcasts, heard };
}
const hex = (count: number) => count.toString(16).padStart(8, '0');

test('without room nothing is taken, it is said how much, and a repeat is taken when there is room', () => {
  const { notes, heard } = stage();
  expect([1, 2, 3].map((second) => heard('01', second, { hasRoom: false }))).toEqual([0, 0, 0]);
  expect(notes).toEqual([['broadcasts-dropped', { because: 'disk-behind', count: 1 }]]);
  expect(heard('01', 4)).toBe(1);
  expect(heard('02', 62)).toBe(1);
  expect(notes.slice(1)).toEqual([['broadcasts-dropped', { because: 'disk-behind', count: 2 }]]);
});

test('one device cannot flood: a burst is taken, then a frame a second; others are as ever', () => {
  const { notes, heard } = stage();
  let taken = 0;
  // A frame every 10 ms, for a minute.
  for (let count = 0; count < 6000; count += 1) taken += heard(hex(count), count / 100);
  expect(taken).toBe(60 + 59);
  expect(heard('01', 61, { address: '00005e005313' })).toBe(1);
  const said = notes as [string, { because: string; count: number }][];
  expect(said.map(([, { because }]) => because)).toEqual(['too-many', 'too-many']);
  expect(said.reduce((sum, [, { count }]) => sum + count, 0)).toBe(6000 - taken);
});

test('repeats of one frame and a rest of a minute cost nothing', () => {
  const { notes, heard } = stage();
  for (let count = 0; count < 1000; count += 1) heard('01', count / 200);
  for (let round = 1; round < 50; round += 1) {
    for (let press = 0; press < 50; press += 1) {
      expect(heard(hex(round * 100 + press), round * 60 + press / 100)).toBe(1);
    }
  }
  expect(notes).toEqual([]);
});

test('a clock that is set back stops no device', () => {
  const { heard } = stage();
  for (let count = 0; count < 200; count += 1) heard(hex(count), 100_000);
  expect(heard('ff', 100_000)).toBe(0);
  expect(heard('fe', 0)).toBe(1);
});

test('however many places of an advertisement are used, few are remembered', () => {
  const { heard } = stage();
  for (let count = 0; count < 40; count += 1) heard('01', count / 10, { uuid: hex(count) });
  // The oldest are forgotten: heard again they are news.
  expect(heard('01', 4, { uuid: hex(39) })).toBe(0);
  expect(heard('01', 4, { uuid: hex(23) })).toBe(1);
});

test('what is forgotten begins another run', () => {
  const { broadcasts, heard } = stage();
  expect(heard('01', 0)).toBe(1);
  expect(heard('01', 1)).toBe(0);
  broadcasts.forget('00005e005312');
  expect(heard('01', 2)).toBe(1);
});
