import { describe, expect, test } from 'vitest';
import {
  asked,
  CUFF,
  cuff,
  named,
  QUICK,
  SENSOR,
  STRANGER,
  stage,
  VALUE,
  visits,
} from './stage.ts';

describe('a visit', () => {
  test('reads what the device is, then its clock, then asks for measurements, then battery', async () => {
    const set = await stage([cuff()]);
    set.bindings.advertise(CUFF);
    await expect.poll(() => set.bindings.asked).toContain(`read 180f/2a19 ${CUFF}`);
    const order = set.bindings.asked.filter((one) => /^(read|notify)/.test(one));
    expect(order).toEqual([
      `read 180a/2a23 ${CUFF}`,
      `read 180a/2a24 ${CUFF}`,
      `read 1805/2a2b ${CUFF}`,
      `notify 1810/2a35 ${CUFF}`,
      `notify 180f/2a19 ${CUFF}`,
      `read 180f/2a19 ${CUFF}`,
    ]);
    set.clock += 7;
    set.bindings.value(CUFF, '1810', '2a35', VALUE);
    expect(set.kept.map(named)).toEqual(['2a23', '2a24', '2a2b', '2a19', '2a35']);
    expect(new Set(set.kept.map(({ session }) => session)).size).toBe(1);
    expect(set.kept.at(-1)).toEqual({
      peripheral: CUFF,
      at: set.clock,
      session: set.kept[0]?.session,
      source: { service: '1810', characteristic: '2a35' },
      bytes: VALUE,
    });
    await expect.poll(() => visits(set)).toBe(1);
    expect(asked(set, 'disconnect')).toHaveLength(1);
    expect(asked(set, 'write')).toEqual([]);
  });

  test('keeps an indication that comes before services are known, and one before the clock', async () => {
    const set = await stage([cuff()]);
    set.bindings.twist.set('discoverServices', (answer) => {
      set.bindings.value(CUFF, '1810', '2a35', VALUE);
      answer();
    });
    set.bindings.twist.set('read 1805/2a2b', (answer) => {
      set.bindings.value(CUFF, '1810', '2a35', new Uint8Array([2]));
      answer();
    });
    set.bindings.advertise(CUFF);
    await expect.poll(() => visits(set)).toBe(1);
    expect(set.kept.map(named).filter((one) => one === '2a35')).toHaveLength(2);
    expect(new Set(set.kept.map(({ session }) => session)).size).toBe(1);
  });

  test('reads what the device is once in a process, the clock every time', async () => {
    const set = await stage([cuff()]);
    for (const round of [1, 2]) {
      set.clock += 30_000;
      set.bindings.advertise(CUFF);
      await expect.poll(() => visits(set)).toBe(round);
    }
    expect(asked(set, 'read 180a/2a24')).toHaveLength(1);
    expect(asked(set, 'read 1805/2a2b')).toHaveLength(2);
    expect(new Set(set.kept.map(({ session }) => session)).size).toBe(2);
  });

  test('goes on when the device refuses to say what it is', async () => {
    const set = await stage([cuff()]);
    set.bindings.twist.set('read 180a/2a24', 'refuse');
    set.bindings.twist.set('read 1805/2a2b', 'refuse');
    set.bindings.advertise(CUFF);
    await expect.poll(() => set.bindings.asked).toContain(`notify 1810/2a35 ${CUFF}`);
    set.bindings.value(CUFF, '1810', '2a35', VALUE);
    expect(set.kept.map(named)).toContain('2a35');
  });

  test('that broke off is tried again soon, and longer with each failure', async () => {
    const set = await stage([cuff()]);
    for (let round = 0; round < 3; round += 1) {
      set.bindings.twist.set('discoverServices', () => set.bindings.drop(CUFF));
      set.bindings.advertise(CUFF);
      await expect.poll(() => visits(set)).toBe(round + 1);
      set.clock += 999 * 2 ** round;
      set.bindings.advertise(CUFF);
      expect(asked(set, 'connect')).toHaveLength(round + 1);
      set.clock += 2 ** round;
    }
  });
});

describe('courtesy', () => {
  test('a device that always advertises is left alone for a while, longer when it had nothing', async () => {
    const set = await stage([cuff()]);
    const advertiseFor = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5_000) {
        set.clock += 5_000;
        set.bindings.advertise(CUFF);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    set.bindings.advertise(CUFF);
    await expect.poll(() => visits(set)).toBe(1);
    await advertiseFor(15_000);
    expect(asked(set, 'connect')).toHaveLength(1);
    await advertiseFor(5_000);
    await expect.poll(() => visits(set)).toBe(2);
    await advertiseFor(30_000);
    expect(asked(set, 'connect')).toHaveLength(2);
    await advertiseFor(5_000);
    await expect.poll(() => asked(set, 'connect')).toHaveLength(3);
  });

  test('a device that wakes up after a silence is called on at once', async () => {
    const set = await stage([cuff()]);
    set.bindings.advertise(CUFF);
    await expect.poll(() => visits(set)).toBe(1);
    set.clock += 20_000;
    set.bindings.advertise(CUFF);
    expect(asked(set, 'connect')).toHaveLength(1);
    await expect.poll(() => asked(set, 'connect')).toHaveLength(2);
  });

  test('at most two devices at once', async () => {
    const ids = [CUFF, SENSOR, STRANGER];
    const set = await stage(
      ids.map((id) => cuff(id)),
      { ...QUICK, firstValueMs: 10_000 },
    );
    set.adopted.push({ address: STRANGER });
    for (const id of ids) {
      await expect.poll(() => set.bindings.asked.at(-1)).toMatch(/^(startScanning|read 180f)/);
      set.bindings.advertise(id);
    }
    await expect.poll(() => asked(set, 'connect')).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked(set, 'connect')).toHaveLength(2);

    // The first waits in vain by now: it makes room for who has something.
    set.clock += 31;
    set.bindings.advertise(STRANGER);
    await expect.poll(() => asked(set, 'disconnect')).toEqual([`disconnect ${CUFF}`]);
    await expect.poll(() => visits(set)).toBe(1);
    set.bindings.advertise(STRANGER);
    await expect.poll(() => asked(set, 'connect')).toHaveLength(3);
  });
});

describe('of devices that nobody adopted', () => {
  test('nothing is connected to or kept, and only the pairing page sees them', async () => {
    const data = { serviceData: [{ uuid: 'fcd2', data: Buffer.from([0x40]) }] };
    const set = await stage([{ ...cuff(STRANGER), ...data }]);
    set.bindings.advertise(STRANGER);
    set.bindings.value(STRANGER, '1810', '2a35', VALUE);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(set.kept).toEqual([]);
    expect(asked(set, 'connect')).toEqual([]);
    expect(set.adapter.seen()).toEqual([
      {
        address: STRANGER,
        name: 'Test cuff',
        services: ['1810'],
        broadcasts: ['fcd2'],
        supported: true,
        rssi: -50,
        connectable: true,
        at: set.clock,
      },
    ]);
  });
});

describe('broadcasts', () => {
  const sensor = { id: SENSOR, advertised: [], gatt: {} };
  const frame = (byte: number) => ({
    serviceData: [{ uuid: 'fcd2', data: Buffer.from([byte]) }],
    manufacturerData: Buffer.from([0x99, 0x04, byte]),
  });

  test('of adopted devices are kept, identical ones within the window once', async () => {
    const set = await stage([sensor]);
    for (const byte of [1, 1, 2, 2, 1]) set.bindings.advertise(SENSOR, frame(byte));
    expect(set.kept.map(({ source, bytes }) => [source, ...bytes])).toEqual(
      [1, 2, 1].flatMap((byte) => [
        [{ serviceData: 'fcd2' }, byte],
        [{ manufacturer: 0x0499 }, byte],
      ]),
    );
    set.clock += 10_000;
    set.bindings.advertise(SENSOR, frame(1));
    expect(set.kept).toHaveLength(8);
    expect(asked(set, 'connect')).toEqual([]);
  });

  test('of one byte under a scale’s service do not make a scale a broadcaster', async () => {
    const scale = { ...cuff(SENSOR), advertised: ['181d'] };
    const set = await stage([scale]);
    set.bindings.advertise(SENSOR, { serviceData: [{ uuid: '181d', data: Buffer.of(1) }] });
    await expect.poll(() => asked(set, 'connect')).toHaveLength(1);
  });

  const MI_SCALE = Buffer.from('223e30e607020e10293a', 'hex');
  test.each([
    ['by its data', { advertised: ['181d'], serviceData: [{ uuid: '181d', data: MI_SCALE }] }],
    ['by its name', { advertised: ['181d'], name: 'MI_SCALE' }],
  ])(
    'come from a scale that is connectable: known %s, it is never connected to',
    async (_, one) => {
      const set = await stage([{ id: SENSOR, gatt: {}, ...one }]);
      set.bindings.advertise(SENSOR);
      // BlueZ tells of it again without what it broadcast.
      set.clock += 60_000;
      set.bindings.advertise(SENSOR, { serviceData: [] });
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(asked(set, 'connect')).toEqual([]);
      const never = new AbortController().signal;
      set.bindings.advertise(SENSOR);
      const paired = await set.adapter.pair(
        SENSOR,
        async () => {},
        () => undefined,
        never,
      );
      expect(paired.services).toEqual(['181d']);
      expect(asked(set, 'connect')).toEqual([]);
    },
  );

  test('are not taken while the disk is behind', async () => {
    const waiting: (() => void)[] = [];
    const slow = () => new Promise<void>((resolve) => waiting.push(resolve));
    let count = 0;
    const set = await stage([sensor], { ...QUICK, pendingMax: 2 }, () => {
      count += 1;
      return slow();
    });
    for (let byte = 0; byte < 5; byte += 1) set.bindings.advertise(SENSOR, frame(byte));
    expect(count).toBe(2);
    let ended = false;
    const ending = set.end().then(() => {
      ended = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    // What was taken is waited for, though it belongs to no visit.
    expect(ended).toBe(false);
    for (const done of waiting) done();
    await ending;
  });
});

test('what cannot be kept ends the visit, is noted, and is read again next time', async () => {
  const set = await stage([cuff()], QUICK, async () => {
    throw new Error('no space');
  });
  set.bindings.advertise(CUFF);
  await expect.poll(() => visits(set)).toBe(1);
  expect(set.notes).toContain('capture-not-kept');
  set.clock += 30_000;
  set.bindings.advertise(CUFF);
  await expect.poll(() => visits(set)).toBe(2);
  expect(asked(set, 'read 180a/2a23')).toHaveLength(2);
});

test('ends when told: links closed, captures waited for, radio let go', async () => {
  const waiting: (() => void)[] = [];
  const limits = { ...QUICK, firstValueMs: 60_000 };
  const set = await stage([cuff()], limits, () => new Promise((done) => waiting.push(done)));
  set.bindings.advertise(CUFF);
  await expect.poll(() => waiting).toHaveLength(4);
  let ended = false;
  const ending = set.end().then(() => {
    ended = true;
  });
  await expect.poll(() => asked(set, 'disconnect')).toHaveLength(1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(ended).toBe(false);
  for (const done of waiting) done();
  await ending;
  expect(set.bindings.asked.at(-1)).toBe('stop');
});
