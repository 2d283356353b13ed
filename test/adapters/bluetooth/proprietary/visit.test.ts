import { afterEach, expect, test } from 'vitest';
import { modelOf } from '../../../../adapters/bluetooth/models/index.ts';
import { interpret } from '../../../../agent/home/journal/interpret.ts';
import { type Stage, stage } from '../procedures/stage.ts';
import type { ScriptedDevice } from '../radio/scripted-bindings.ts';
import { memoryFrame, RECORD_1, RECORD_2 } from './microlife-cuff.ts';
import { CLOCK_BLOCK, FROM_CUFF, framed, SLOT_7, TO_CUFF, UNLOCK } from './omron-cuff.ts';
import { bytesOf, hexOf } from './scripted-link.ts';

const CUFF = '00005e005377';
const NOTIFIES = { properties: ['notify'] };
const WRITES = { properties: ['write'] };

const omron: ScriptedDevice = {
  id: CUFF,
  name: 'BLEsmart_000001',
  advertised: ['fe4a'],
  gatt: {
    '180a': { '2a24': { properties: ['read'], value: Buffer.from('HEM-7142T2') } },
    fe4a: {
      [FROM_CUFF]: NOTIFIES,
      [TO_CUFF]: WRITES,
      [UNLOCK]: { properties: ['write', 'notify'] },
    },
  },
};

const microlife: ScriptedDevice = {
  id: CUFF,
  name: 'BP3GY1-2N',
  advertised: ['fff0'],
  gatt: { fff0: { fff1: NOTIFIES, fff2: WRITES } },
};

let set: Stage;
afterEach(() => set.end());

/** One record in the cuff's memory, and its clock. */
function answerLikeOmron(): void {
  const memory: Readonly<Record<number, string>> = { 652: CLOCK_BLOCK, 744: SLOT_7 };
  set.bindings.onWrite = (id, service, characteristic, bytes) => {
    if (characteristic === UNLOCK) {
      set.bindings.value(id, service, UNLOCK, Buffer.of(0x91, 0, ...bytes.subarray(1, 5)));
      return;
    }
    const address = (bytes[3] ?? 0) * 0x100 + (bytes[4] ?? 0);
    const read = bytes[1] === 1;
    const held = memory[address] ?? 'ff'.repeat(bytes[5] ?? 0);
    const type = ((bytes[1] ?? 0) | 0x80) * 0x100;
    const answer = read ? framed(type, address, bytesOf(held)) : framed(type, 0, new Uint8Array());
    set.bindings.value(id, service, FROM_CUFF, answer);
  };
}

const own = () => set.kept.filter(({ source }) => 'service' in source && source.service === 'fe4a');

test('an adopted cuff is called on though it offers no standard service, and let go after', async () => {
  set = await stage(omron, undefined, { model: 'omron-hem-7142t2' });
  answerLikeOmron();
  await set.visit();
  // Each answer is one capture: what the radio delivers beside it is none.
  expect(own()).toHaveLength(1 + 14);
  const { protocol = '' } = modelOf('omron-hem-7142t2') ?? {};
  const meanings = own().map((capture) => interpret(capture, { protocol }));
  expect(meanings[0]).toEqual({ is: 'clock', deviceNow: '2026-09-18T21:52:06' });
  expect(meanings[1]).toMatchObject({ is: 'result', deviceTime: '2026-05-19T19:48:22' });
  expect(meanings.slice(2).every(({ is }) => is === 'not-a-result')).toBe(true);
});

test('of another model, or of none, it is never spoken to so', async () => {
  set = await stage(omron, undefined, { model: 'polar-h10' });
  answerLikeOmron();
  set.clock += 30_000;
  set.bindings.advertise(CUFF);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(set.bindings.asked.some((one) => one.startsWith('connect '))).toBe(false);
  expect(set.written()).toEqual([]);
});

test('a memory that comes in parts is kept record by record, and its parts are not', async () => {
  set = await stage(microlife, undefined, { model: 'microlife-bp3gy1-2n' });
  set.bindings.onWrite = (id, service, _uuid, bytes) => {
    if (bytes[4] !== 0) return;
    const frame = memoryFrame([RECORD_1, RECORD_2]);
    for (let at = 0; at < frame.length; at += 20) {
      set.bindings.value(id, service, 'fff1', frame.subarray(at, at + 20));
    }
  };
  await set.visit();
  expect(set.kept.map(({ bytes }) => hexOf(bytes))).toEqual([RECORD_1, RECORD_2]);
});

test('a cuff that hangs up in the middle is asked again', async () => {
  set = await stage(omron, undefined, { model: 'omron-hem-7142t2' });
  answerLikeOmron();
  const answer = set.bindings.onWrite;
  let writes = 0;
  set.bindings.onWrite = (...write) => {
    writes += 1;
    if (writes === 6) set.bindings.drop(CUFF);
    else answer(...write);
  };
  await set.visit();
  expect(set.notes).toContain('visit-failed');
  expect(own()).toHaveLength(3);
  await set.visit();
  expect(own().length).toBe(3 + 15);
});

const both: ScriptedDevice = {
  ...omron,
  gatt: { ...omron.gatt, '1810': { '2a35': { properties: ['indicate'] } } },
};
const standard = () => set.order().filter((uuid) => uuid === '2a35').length;

/** The standard service tells a measurement as soon as anything is written. */
function alsoTell(): void {
  const answer = set.bindings.onWrite;
  let told = false;
  set.bindings.onWrite = (...write) => {
    if (!told) set.bindings.value(CUFF, '1810', '2a35', Buffer.of(0, 0x7d, 0, 0x57, 0, 0x60, 0));
    told = true;
    answer(...write);
  };
}

test('one measurement does not come in two ways: the memory has what the standard tells', async () => {
  set = await stage(both, undefined, { model: 'omron-hem-7142t2' });
  answerLikeOmron();
  alsoTell();
  await set.visit();
  expect(standard()).toBe(0);
  expect(own()).toHaveLength(15);
});

test('where the memory is refused, what the standard service tells is kept', async () => {
  set = await stage(both, undefined, { model: 'omron-hem-7142t2' });
  set.bindings.twist.set(`notify fe4a/${UNLOCK}`, 'refuse');
  set.bindings.twist.set(`notify fe4a/${FROM_CUFF}`, (accept) => {
    set.bindings.value(CUFF, '1810', '2a35', Buffer.of(0, 0x7d, 0, 0x57, 0, 0x60, 0));
    accept();
  });
  await set.visit();
  expect(standard()).toBe(1);
  expect(own()).toEqual([]);
});

test.each([
  ['with the standard service too', ['1822', '46a970e00d5f11e28b5e0002a5d5c51b'], '2a5f'],
  [
    'with its own service alone',
    ['46a970e00d5f11e28b5e0002a5d5c51b'],
    '0aad7ea00d6011e28e3c0002a5d5c51b',
  ],
])('an oximeter %s is subscribed to once', async (_which, advertised, subscribed) => {
  const gatt = {
    '1822': { '2a5f': NOTIFIES },
    '46a970e00d5f11e28b5e0002a5d5c51b': { '0aad7ea00d6011e28e3c0002a5d5c51b': NOTIFIES },
  };
  const offered = Object.entries(gatt).filter(([uuid]) => advertised.includes(uuid));
  set = await stage({ id: CUFF, advertised, gatt: Object.fromEntries(offered) }, undefined, {
    model: 'nonin-3230',
  });
  await set.visit();
  const asked = set.bindings.asked.filter((one) => one.startsWith('notify '));
  expect(asked.map((one) => one.split(/[ /]/)[2])).toEqual([subscribed]);
});
