import { expect, test } from 'vitest';
import {
  MICROLIFE_BYE,
  MICROLIFE_READ,
} from '../../../../adapters/bluetooth/proprietary/microlife.ts';
import { createMicrolife, RECORD_1, RECORD_2 } from './microlife-cuff.ts';
import { hexOf, read, visited } from './scripted-link.ts';

const MODEL = 'microlife-bp3gy1-2n';
const hexes = (taken: readonly { hex: string }[]) => taken.map(({ hex }) => hex);

test('the memory comes in parts, and each of its records is handed over once', async () => {
  const link = createMicrolife([RECORD_1, '00'.repeat(10), RECORD_2]);
  const { done, taken } = await visited(MODEL, link);
  expect(done).toEqual({ complete: true, live: false, stream: false });
  expect(hexes(taken)).toEqual([RECORD_1, RECORD_2]);
  expect(read(MODEL, taken[0] ?? { characteristic: '', hex: '' })).toMatchObject({
    deviceTime: '2024-06-15T14:30:00',
    measurements: [
      {
        quantities: {
          systolic: { value: '120' },
          diastolic: { value: '80' },
          'pulse-rate': { value: '60' },
        },
      },
    ],
  });
});

test('two requests and no more: neither its clock nor its users are set', async () => {
  const link = createMicrolife([RECORD_1]);
  await visited(MODEL, link);
  expect(link.written.map(({ bytes }) => hexOf(bytes))).toEqual([
    '4dff000900000000000000fd52',
    '4dff00020452',
  ]);
  for (const request of [MICROLIFE_READ, MICROLIFE_BYE]) {
    const sum = request.subarray(0, -1).reduce((total, byte) => (total + byte) & 0xff, 0);
    expect(request.at(-1)).toBe(sum);
  }
});

test('a wrong sum gives nothing, and the memory is asked for again', async () => {
  let asked = 0;
  const link = createMicrolife([RECORD_1], (frame) => {
    asked += 1;
    if (asked === 1) frame[60] = 0xff;
    return frame;
  });
  const { done, taken } = await visited(MODEL, link);
  expect(done?.complete).toBe(true);
  expect(hexes(taken)).toEqual([RECORD_1]);
});

test('half a memory is none', async () => {
  const link = createMicrolife([RECORD_1, RECORD_2], (frame) => frame.slice(0, -3));
  const { done, taken, notes } = await visited(MODEL, link);
  expect(done?.complete).toBe(false);
  expect(taken).toEqual([]);
  expect(notes).toEqual(['records-incomplete']);
});

test('an empty memory is an answer', async () => {
  const { done, taken } = await visited(MODEL, createMicrolife([]));
  expect(done?.complete).toBe(true);
  expect(taken).toEqual([]);
});

test('a length that cannot be is not waited for: the frame after it is read', async () => {
  const link = createMicrolife([RECORD_1], undefined, (parts, cuff) =>
    queueMicrotask(() => {
      for (const part of [Uint8Array.of(0x4d, 0x3a, 0xff, 0xff), ...parts])
        cuff.notify('fff1', part);
    }),
  );
  const { done, taken } = await visited(MODEL, link);
  expect(done?.complete).toBe(true);
  expect(hexes(taken)).toEqual([RECORD_1]);
});
