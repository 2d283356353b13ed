import { expect, test } from 'vitest';
import { OMRON_LAYOUTS, omronAnswer } from '../../../../adapters/bluetooth/gatt/omron-memory.ts';
import { MODELS } from '../../../../adapters/bluetooth/models/index.ts';
import { procedureFor } from '../../../../adapters/bluetooth/proprietary/index.ts';
import {
  OMRON_END,
  OMRON_START,
  omronRead,
  omronToken,
} from '../../../../adapters/bluetooth/proprietary/omron-requests.ts';
import { fc } from '../../../support/property.ts';
import {
  CLOCK_BLOCK,
  createCuff,
  FROM_CUFF,
  framed,
  refusal,
  SLOT_7,
  SLOT_13,
  TO_CUFF,
  UNLOCK,
} from './omron-cuff.ts';
import { bytesOf, hexOf, read, visited, type Written } from './scripted-link.ts';

const MODEL = 'omron-hem-7142t2';
const AT = 0x02e8;
const slot = (index: number, size = 14) => AT + index * size;
const TWO = new Map([
  [0x028c, CLOCK_BLOCK],
  [slot(7), SLOT_7],
  [slot(13), SLOT_13],
]);

/** What a cuff may be sent, byte for byte but for address, size, check and token. */
function isReadOnly({ characteristic, bytes }: Written): boolean {
  const hex = hexOf(bytes);
  if (characteristic === UNLOCK) return /^11[0-9a-f]{8}0{30}$/.test(hex);
  if (characteristic !== TO_CUFF) return false;
  return /^(0800000000100018|080f000000000007|080100[0-9a-f]{6}00[0-9a-f]{2})$/.test(hex);
}

test('clock first, then every slot; each is a capture that the journal can read', async () => {
  const link = createCuff(TWO);
  const { done, taken } = await visited(MODEL, link);
  expect(done).toEqual({ complete: true, live: false, stream: false });
  expect(link.subscribed).toEqual([FROM_CUFF, UNLOCK]);
  expect(taken).toHaveLength(1 + 14);
  const [clock, ...records] = taken.map((one) => read(MODEL, one));
  expect(clock).toEqual({ ok: true, fields: { deviceNow: '2026-09-18T21:52:06' } });
  expect(records[0]).toEqual({ ok: false, reason: 'not-a-result' });
  expect(records[7]).toMatchObject({
    deviceTime: '2026-05-19T19:48:22',
    measurements: [
      {
        kind: 'blood-pressure',
        quantities: { systolic: { value: '125' }, diastolic: { value: '87' } },
      },
    ],
  });
  expect(records[13]).toMatchObject({ deviceTime: '2026-06-17T19:35:30' });
  // A cuff for one user has no slots.
  expect(records[13]).not.toHaveProperty('userIndex');
});

test('nothing is ever written into a cuff', async () => {
  const written: Written[] = [];
  for (const { key } of MODELS.filter(({ vendor }) => vendor === 'Omron')) {
    if (!procedureFor(key)) continue;
    for (const memory of [TWO, new Map()]) {
      const link = createCuff(memory);
      await visited(key, link);
      written.push(...link.written);
    }
  }
  expect(written.length).toBeGreaterThan(200);
  expect(written.filter((one) => !isReadOnly(one))).toEqual([]);
});

test('no address, size or token makes a request that writes', () => {
  const u16 = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(u16, u16, fc.double({ min: 0, max: 0.999, noNaN: true }), (address, size, one) => {
      const characteristic = TO_CUFF;
      for (const bytes of [OMRON_START, OMRON_END, omronRead(address, size)]) {
        expect(isReadOnly({ characteristic, bytes })).toBe(true);
        expect(bytes.reduce((sum, byte) => sum ^ byte, 0)).toBe(0);
      }
      const token = omronToken(() => one);
      expect(isReadOnly({ characteristic: UNLOCK, bytes: token })).toBe(true);
    }),
  );
  // The check itself tells the requests that are forbidden: memory write, key programming.
  const write = bytesOf('0a01c00054020000009d');
  expect(isReadOnly({ characteristic: TO_CUFF, bytes: write })).toBe(false);
  expect(isReadOnly({ characteristic: UNLOCK, bytes: bytesOf(`02${'00'.repeat(16)}`) })).toBe(
    false,
  );
});

test('models that ask for a programmed key are not visited', () => {
  for (const key of ['omron-m4-intelli-it', 'omron-m7-intelli-it', 'omron-evolv']) {
    expect(procedureFor(key), key).toBeUndefined();
  }
});

test('a cuff that goes in the middle: whole records only, and the visit says so', async () => {
  let answers = 0;
  const link = createCuff(TWO, (answer, cuff) => {
    answers += 1;
    if (answers > 4) return cuff.drop();
    return queueMicrotask(() => cuff.notify(FROM_CUFF, answer));
  });
  const { failed, taken } = await visited(MODEL, link);
  expect(failed).toBe('radio-disconnected');
  expect(taken).toHaveLength(3);
});

test('silence is asked again, then left for another visit', async () => {
  let reads = 0;
  const link = createCuff(TWO, (answer, cuff) => {
    if (answer[1] === 0x81 && ++reads > 3) return;
    queueMicrotask(() => cuff.notify(FROM_CUFF, answer));
  });
  const { done, taken, notes } = await visited(MODEL, link);
  expect(done?.complete).toBe(false);
  expect(taken).toHaveLength(3);
  expect(notes).toEqual(['records-incomplete']);
  const asked = link.written.filter(({ bytes }) => bytes[1] === 1).map(({ bytes }) => bytes[4]);
  expect(asked.slice(-2)).toEqual([asked.at(-1), asked.at(-1)]);
  expect(hexOf(link.written.at(-1)?.bytes ?? bytesOf(''))).toBe(hexOf(OMRON_END));
});

test('a user that the cuff refuses hides none of another', async () => {
  const second = 0x0804;
  const link = createCuff(new Map([[second, `${SLOT_13}0000`]]));
  const answer = link.onWrite;
  link.onWrite = (write) => {
    const address = (write.bytes[3] ?? 0) * 0x100 + (write.bytes[4] ?? 0);
    if (write.bytes[1] === 1 && address >= 0x01c4 && address < second) {
      queueMicrotask(() => link.notify(FROM_CUFF, refusal(address, 16)));
    } else answer(write);
  };
  const { done, taken, notes } = await visited('omron-hem-7380t1', link);
  expect(done?.complete).toBe(true);
  expect(notes).toEqual(['device-refused']);
  const records = taken.map((one) => read('omron-hem-7380t1', one));
  expect(records.filter(({ ok }) => ok)).toHaveLength(1);
  expect(records.find(({ ok }) => ok)).toMatchObject({ userIndex: 2 });
});

test('a token that comes back otherwise opens nothing', async () => {
  const link = createCuff(TWO);
  const answer = link.onWrite;
  link.onWrite = (write) => {
    if (write.characteristic === UNLOCK) link.notify(UNLOCK, bytesOf('91000000000000'));
    else answer(write);
  };
  const { failed } = await visited(MODEL, link);
  expect(failed).toBe('radio-gatt-refused');
  expect(link.written).toHaveLength(1);
});

test('an answer to another question, a torn frame and a wrong check are let go', async () => {
  const link = createCuff(TWO, (answer, cuff) =>
    queueMicrotask(() => {
      if (answer[1] === 0x81) {
        cuff.notify(FROM_CUFF, framed(0x8100, 0x4000, bytesOf(SLOT_7)));
        cuff.notify(FROM_CUFF, answer.subarray(0, 10));
        cuff.notify(FROM_CUFF, Uint8Array.from(answer).fill(0x55, 6, 7));
      }
      cuff.notify(FROM_CUFF, answer);
      cuff.notify(FROM_CUFF, answer);
    }),
  );
  const { done, taken } = await visited(MODEL, link);
  expect(done?.complete).toBe(true);
  expect(new Set(taken.map(({ hex }) => hex)).size).toBe(taken.length);
  expect(taken).toHaveLength(15);
});

test('by the layout of the model, not by the looks of the bytes', () => {
  const evolv = omronAnswer(OMRON_LAYOUTS['hem-7600t']);
  // As published of a HEM-7600T-E, whose second byte is the systolic one.
  const bytes = framed(0x8100, 0x02ac, bytesOf('5b781a4819d71b42000014006996'));
  expect(evolv(bytes)).toMatchObject({
    measurements: [
      {
        quantities: {
          systolic: { value: '145' },
          diastolic: { value: '91' },
          'pulse-rate': { value: '72' },
        },
      },
    ],
  });
  // A slow pulse is a pulse where the layout is known.
  const slow = framed(0x8100, AT, bytesOf('65581e1a331ade1800004c00ba00'));
  const known = omronAnswer(OMRON_LAYOUTS['hem-7142t2'])(slow);
  expect(known).toMatchObject({
    measurements: [{ quantities: { 'pulse-rate': { value: '30', unit: '/min' } } }],
  });
});

test('a clock with a wrong sum is no clock', () => {
  const decode = omronAnswer(OMRON_LAYOUTS['hem-7142t2']);
  const wrong = bytesOf(CLOCK_BLOCK);
  wrong[9] = 8;
  expect(decode(framed(0x8100, 0x028c, wrong))).toEqual({ ok: false, reason: 'bad-checksum' });
});
