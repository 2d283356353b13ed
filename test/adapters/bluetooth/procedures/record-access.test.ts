import { afterEach, expect, test } from 'vitest';
import type { ScriptedDevice } from '../radio/scripted-bindings.ts';
import { METER, type Stage, stage } from './stage.ts';

const NUMBER_OF_ALL = '0401';
const ALL = '0101';
const SUCCESS = Buffer.of(6, 0, 1, 1);
const answered = (code: number, op = 1) => Buffer.of(6, 0, op, code);

type Gatt = ScriptedDevice['gatt'][string];
/** A device with record access in this service, which comes first there, though it is to be asked last. */
const withRecords = (service: string, beside: Gatt): ScriptedDevice => ({
  id: METER,
  advertised: [service],
  gatt: { [service]: { '2a52': { properties: ['write', 'indicate'] }, ...beside } },
});

const meter = withRecords('1808', {
  '2a34': { properties: ['notify'] },
  '2a18': { properties: ['notify'] },
});

/** Glucose Measurement without concentration; the context's flag where one follows. */
const record = (sequence: number, more: { day?: number; context?: boolean } = {}) =>
  Buffer.of(
    more.context ? 0x10 : 0,
    ...[sequence & 0xff, sequence >> 8, 0xea, 0x07, 3, more.day ?? 1, 8, 0, 0],
  );
const context = (sequence: number) => Buffer.of(2, sequence & 0xff, sequence >> 8, 1);

/** A meter that answers like one: what it has, by request. */
function answering(set: Stage, memory: () => readonly Buffer[]) {
  set.bindings.onWrite = (id, service, characteristic, bytes) => {
    const [op, operator] = bytes;
    const from = operator === 3 ? Buffer.from(bytes).readUInt16LE(3) : 0;
    const wanted = memory().filter((one) => one.readUInt16LE(1) >= from);
    const tell = (uuid: string, value: Buffer) => set.bindings.value(id, service, uuid, value);
    if (op === 4) {
      tell(characteristic, Buffer.of(5, 0, wanted.length, 0));
      return;
    }
    for (const one of wanted) tell('2a18', one);
    tell(characteristic, wanted.length === 0 ? answered(6) : SUCCESS);
  };
}

let set: Stage;
afterEach(() => set.end());
const records = () => set.order().filter((uuid) => uuid === '2a18').length;

test('a meter is asked for all it has after its subscriptions, and never to delete', async () => {
  set = await stage(meter);
  answering(set, () => [record(1), record(2)]);
  await set.visit();
  const order = set.bindings.asked.filter((one) => /^(notify|write)/.test(one));
  expect(order).toEqual([
    ...['2a18', '2a34', '2a52'].map((uuid) => `notify 1808/${uuid} ${METER}`),
    ...[1, 2].map(() => `write 1808/2a52 ${METER}`),
  ]);
  expect(set.written()).toEqual([NUMBER_OF_ALL, ALL]);
  expect(set.order()).toEqual(['2a52', '2a18', '2a18', '2a52']);
});

test('no records is an answer: the visit is a calm one', async () => {
  set = await stage(meter);
  answering(set, () => []);
  await set.visit();
  expect(set.written()).toEqual([NUMBER_OF_ALL, ALL]);
  set.clock += 5_000;
  set.bindings.advertise(METER);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(set.bindings.asked.filter((one) => one.startsWith('connect '))).toHaveLength(1);
});

test('goes on after the last kept record; a reset memory is asked for everything', async () => {
  let last = record(2);
  set = await stage(meter, () => last);
  answering(set, () => [record(1), record(2), record(3)]);
  await set.visit();
  expect(set.written()).toEqual(['0403010200', '0103010200']);
  expect(records()).toBe(2);

  // The numbers begin again below ours, or beside ours with another time.
  for (const memory of [[record(1)], [record(1, { day: 9 }), record(2, { day: 9 })]]) {
    set.bindings.written.length = 0;
    answering(set, () => memory);
    await set.visit();
    expect(set.written().slice(-2)).toEqual([NUMBER_OF_ALL, ALL]);
  }
  // Newer ones may have lower numbers: u16 begins again.
  last = record(0xfff0);
  set.bindings.written.length = 0;
  answering(set, () => [record(0xfff0), record(0)]);
  await set.visit();
  expect(set.written()).toEqual([NUMBER_OF_ALL, ALL]);
});

test('fewer than counted, or broken off in the middle: asked again soon', async () => {
  set = await stage(meter);
  let visit = 0;
  set.bindings.onWrite = (id, service, uuid, [op]) => {
    const tell = (to: string, value: Buffer) => set.bindings.value(id, service, to, value);
    if (op === 4) return tell(uuid, Buffer.of(5, 0, 2, 0));
    tell('2a18', record(1));
    if (visit === 0) return tell(uuid, SUCCESS);
    return set.bindings.drop(id);
  };
  for (visit = 0; visit < 2; visit += 1) {
    await set.visit();
    set.clock -= 30_000 - 1_001;
  }
  expect(set.notes).toContain('records-incomplete');
  expect(set.bindings.asked.filter((one) => one.startsWith('connect '))).toHaveLength(2);
  expect(records()).toBe(2);
});

test('a busy device is asked three times; a silent one is told to stop', async () => {
  set = await stage(meter);
  let answers = [
    answered(10, 4),
    answered(10, 4),
    answered(2, 4),
    answered(8),
    answered(8),
    SUCCESS,
  ];
  set.bindings.onWrite = (id, service, uuid) => {
    const next = answers.shift();
    if (next) set.bindings.value(id, service, uuid, next);
  };
  await set.visit();
  expect(answers).toEqual([]);
  expect(set.notes).not.toContain('records-incomplete');
  answers = [answered(2, 4)];
  set.bindings.written.length = 0;
  await set.visit();
  expect(set.written()).toEqual([NUMBER_OF_ALL, ALL, '0300']);
});

test('what the device refuses outright is tried again, then left', async () => {
  set = await stage(meter);
  set.bindings.twist.set('write 1808/2a52', 'refuse');
  answering(set, () => [record(1)]);
  await set.visit();
  expect(records()).toBe(1);
});

test('a measurement waits for its context, and the order of measurements stays', async () => {
  set = await stage(meter);
  const sent: [string, Buffer][] = [
    ['2a18', record(1, { context: true })],
    ['2a18', record(2)],
    ['2a34', context(1)],
    ['2a18', record(3, { context: true })],
  ];
  set.bindings.onWrite = (id, service, uuid, [op]) => {
    const tell = (to: string, value: Buffer) => set.bindings.value(id, service, to, value);
    if (op === 4) return tell(uuid, answered(2, 4));
    for (const [to, value] of sent) tell(to, value);
    return tell(uuid, SUCCESS);
  };
  await set.visit();
  expect(set.kept.map(({ bytes, source }) => [source, bytes[1]])).toEqual(
    [
      ['2a52', 0],
      ['2a34', 1],
      ['2a18', 1],
      ['2a18', 2],
      ['2a18', 3],
      ['2a52', 0],
    ].map(([characteristic, first]) => [{ service: '1808', characteristic }, first]),
  );
});

test('a context that does not come holds nothing back for longer than a moment', async () => {
  set = await stage(meter);
  set.bindings.onWrite = (id, service, uuid, [op]) => {
    if (op === 4) return set.bindings.value(id, service, uuid, answered(2, 4));
    return set.bindings.value(id, service, '2a18', record(1, { context: true }));
  };
  const visit = set.visit();
  await expect.poll(records).toBe(1);
  expect(set.notes).not.toContain('visit-ended');
  await visit;
});

test('an oximeter with record access is asked for all it has stored', async () => {
  set = await stage(withRecords('1822', { '2a5e': { properties: ['indicate'] } }));
  answering(set, () => []);
  await set.visit();
  expect(set.written()).toEqual([NUMBER_OF_ALL, ALL]);
});

test('what an oximeter measures meanwhile is no stored record: asked again soon', async () => {
  set = await stage(
    withRecords('1822', {
      '2a5e': { properties: ['indicate'] },
      '2a5f': { properties: ['notify'] },
    }),
  );
  set.bindings.onWrite = (id, service, uuid, [op]) => {
    const tell = (to: string, value: Buffer) => set.bindings.value(id, service, to, value);
    if (op === 4) return tell(uuid, Buffer.of(5, 0, 2, 0));
    tell('2a5e', Buffer.of(0, 97, 0, 60, 0));
    tell('2a5f', Buffer.of(0, 98, 0, 61, 0));
    return tell(uuid, SUCCESS);
  };
  await set.visit();
  expect(set.notes).toContain('records-incomplete');
});

test('a continuous monitor: the session is read first, and the last record held is gone on from', async () => {
  const bytes = (minute: number) => [6, 0, 0x78, 0, minute, 0];
  let last: Uint8Array | undefined;
  set = await stage(
    {
      id: METER,
      advertised: ['181f'],
      gatt: {
        '181f': {
          '2aa7': { properties: ['notify'] },
          '2aa8': {
            properties: ['read'],
            value: Buffer.from('0000001 6ffff'.replace(' ', ''), 'hex'),
          },
          '2aaa': { properties: ['read', 'write'], value: Buffer.alloc(9) },
          '2aac': { properties: ['write', 'indicate'] },
          '2a52': { properties: ['write', 'indicate'] },
        },
      },
    },
    () => last,
  );
  set.bindings.onWrite = (id, service, uuid, [op]) => {
    const tell = (to: string, value: Buffer) => set.bindings.value(id, service, to, value);
    if (op === 4) return tell(uuid, Buffer.of(5, 0, 3, 0));
    // One frame may hold several records.
    tell('2aa7', Buffer.of(...bytes(5), ...bytes(10)));
    tell('2aa7', Buffer.of(...bytes(15)));
    return tell(uuid, SUCCESS);
  };
  await set.visit();
  expect(set.order()).toEqual(['2aa8', '2aaa', '2a52', '2aa7', '2aa7', '2a52']);
  expect(set.written()).toEqual([NUMBER_OF_ALL, ALL]);
  expect(set.notes).not.toContain('records-incomplete');
  last = Buffer.of(...bytes(5), ...bytes(10));
  set.bindings.written.length = 0;
  await set.visit();
  expect(set.written()).toEqual(['0403010a00', '0103010a00']);
  // Its session, calibration and alarms are nobody's business here.
  expect(set.bindings.asked.filter((one) => one.includes('2aac'))).toEqual([]);
});

test('record access of a service whose records are not known is left alone', async () => {
  set = await stage(withRecords('1810', { '2a35': { properties: ['indicate'] } }));
  await set.visit();
  expect(set.written()).toEqual([]);
});
