import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRadio, type Radio } from '../../../../adapters/bluetooth/radio/radio.ts';
import { createScriptedBindings, type ScriptedBindings } from './scripted-bindings.ts';

const CUFF = '00005e005311';
const signal = () => new AbortController().signal;

let radio: Radio;
let notes: string[];

async function begin(timeouts = {}): Promise<ScriptedBindings> {
  const bindings = createScriptedBindings({
    id: CUFF,
    name: 'Test cuff',
    advertised: ['1810'],
    gatt: {
      '180a': {
        '2a24': { properties: ['read'], value: Buffer.from('MODEL') },
        '2a25': { properties: ['read'], value: Buffer.from('SERIAL') },
      },
      '1810': { '2a35': { properties: ['indicate'] }, '2a52': { properties: ['write'] } },
    },
  });
  notes = [];
  const note = (event: string) => void notes.push(event);
  radio = createRadio({ bindings, pairing: bindings.pairing, now: Date.now, note, timeouts });
  radio.startScanning();
  await expect.poll(() => bindings.asked).toContain('startScanning');
  bindings.advertise(CUFF);
  return bindings;
}

async function link(bindings: ScriptedBindings) {
  const open = await radio.connect(CUFF, signal());
  await open.services();
  bindings.asked.length = 0;
  return open;
}

afterEach(() => radio.stop());

describe('an operation of a link', () => {
  test('without an answer rejects in time and closes the link', async () => {
    const bindings = await begin({ operationMs: 30 });
    const open = await link(bindings);
    bindings.twist.set('read 180a/2a24', 'silence');
    await expect(open.read('180a', '2a24')).rejects.toMatchObject({ code: 'radio-timeout' });
    await expect.poll(() => bindings.asked).toContain(`disconnect ${CUFF}`);
    await expect(open.read('180a', '2a25')).rejects.toMatchObject({ code: 'radio-disconnected' });
  });

  test('that was answered too late does not answer the next connection', async () => {
    const bindings = await begin({ operationMs: 30 });
    const open = await link(bindings);
    let late = () => {};
    bindings.twist.set('read 180a/2a24', (answer) => {
      late = answer;
    });
    await expect(open.read('180a', '2a24')).rejects.toMatchObject({ code: 'radio-timeout' });
    // Before, between and after: no throw, and nothing settles that should not.
    late();
    const next = await radio.connect(CUFF, signal());
    late();
    await next.services();
    const read = next.read('180a', '2a25');
    late();
    expect(Buffer.from(await read).toString()).toBe('SERIAL');
  });

  test('rejects when the device hangs up in the middle, with all that wait behind it', async () => {
    const bindings = await begin();
    const open = await link(bindings);
    const gone = vi.fn();
    open.onDisconnect(gone);
    bindings.twist.set('read 180a/2a24', () => bindings.drop(CUFF));
    const both = await Promise.allSettled([open.read('180a', '2a24'), open.read('180a', '2a25')]);
    const codes = both.map((one) => one.status === 'rejected' && one.reason.code);
    expect(codes).toEqual(['radio-disconnected', 'radio-disconnected']);
    expect(gone).toHaveBeenCalledTimes(1);
    expect(bindings.asked).toEqual([`read 180a/2a24 ${CUFF}`]);
  });

  test('that the device refuses rejects and leaves the link open', async () => {
    const bindings = await begin();
    const open = await link(bindings);
    bindings.twist.set('read 180a/2a24', 'refuse');
    await expect(open.read('180a', '2a24')).rejects.toMatchObject({ code: 'radio-gatt-refused' });
    expect(Buffer.from(await open.read('180a', '2a24')).toString()).toBe('MODEL');
    bindings.twist.set('write 1810/2a52', 'refuse');
    const bytes = new Uint8Array([1, 1]);
    const writing = open.write('1810', '2a52', bytes);
    await expect(writing).rejects.toMatchObject({ code: 'radio-gatt-refused' });
    await open.write('1810', '2a52', bytes);
  });

  test('that is aborted under way closes the link; one that waits is only taken back', async () => {
    const bindings = await begin();
    const open = await link(bindings);
    const early = new AbortController();
    const first = open.read('180a', '2a24');
    const waiting = open.read('180a', '2a25', early.signal);
    early.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'radio-aborted' });
    await first;
    expect(bindings.asked).toEqual([`read 180a/2a24 ${CUFF}`]);

    const later = new AbortController();
    bindings.twist.set('read 180a/2a24', () => later.abort());
    const reading = open.read('180a', '2a24', later.signal);
    await expect(reading).rejects.toMatchObject({ code: 'radio-aborted' });
    await expect.poll(() => bindings.asked).toContain(`disconnect ${CUFF}`);
  });

  test('goes alone: the next is asked when the one before is answered', async () => {
    const bindings = await begin();
    const open = await link(bindings);
    let answer = () => {};
    bindings.twist.set('read 180a/2a24', (done) => {
      answer = done;
    });
    const first = open.read('180a', '2a24');
    const second = open.read('180a', '2a25');
    await expect.poll(() => bindings.asked.length).toBe(1);
    answer();
    await Promise.all([first, second]);
    expect(bindings.asked).toHaveLength(2);
  });

  test('leaves no listener behind', async () => {
    const bindings = await begin();
    const before = bindings.eventNames().map((name) => bindings.listenerCount(name));
    const warned = vi.fn();
    process.on('warning', warned);
    const often = await link(bindings);
    for (let round = 0; round < 20; round += 1) await often.read('180a', '2a24');
    await often.disconnect();
    for (let round = 0; round < 20; round += 1) {
      const open = await link(bindings);
      bindings.twist.set('read 180a/2a24', 'refuse');
      await open.read('180a', '2a24').catch(() => undefined);
      await open.disconnect();
    }
    expect(bindings.eventNames().map((name) => bindings.listenerCount(name))).toEqual(before);
    process.removeListener('warning', warned);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe('connecting', () => {
  test('gives up in time, forgets the peripheral and can be tried again', async () => {
    const bindings = await begin({ connectMs: 30 });
    bindings.twist.set('connect', 'silence');
    const tried = radio.connect(CUFF, signal());
    await expect(tried).rejects.toMatchObject({ code: 'radio-timeout' });
    expect(bindings.asked).toContain(`cancelConnect ${CUFF}`);
    const open = await radio.connect(CUFF, signal());
    expect((await open.services()).map(({ uuid }) => uuid)).toEqual(['1810', '180a']);
  });

  test('holds scanning back meanwhile and takes it up again', async () => {
    const bindings = await begin();
    bindings.asked.length = 0;
    await radio.connect(CUFF, signal());
    expect(bindings.asked.slice(0, 3)).toEqual([
      'stopScanning',
      `connect ${CUFF}`,
      'startScanning',
    ]);
  });

  test('is refused for what was never heard, and while the adapter is off', async () => {
    const bindings = await begin();
    const unknown = radio.connect('00005e0053ff', signal());
    await expect(unknown).rejects.toMatchObject({ code: 'radio-not-heard' });
    bindings.power(false);
    const off = radio.connect(CUFF, signal());
    await expect(off).rejects.toMatchObject({ code: 'radio-off' });
  });
});

test('a lost adapter closes every link, says so, and scanning resumes when it is back', async () => {
  const bindings = await begin();
  const open = await link(bindings);
  const gone = vi.fn();
  open.onDisconnect(gone);
  const states: string[] = [];
  radio.onState((state) => states.push(state));
  bindings.power(false);
  expect(gone).toHaveBeenCalledTimes(1);
  await expect(open.read('180a', '2a24')).rejects.toMatchObject({ code: 'radio-disconnected' });
  bindings.asked.length = 0;
  bindings.power(true);
  await expect.poll(() => bindings.asked).toContain('startScanning');
  expect(states).toEqual(['poweredOff', 'poweredOn']);
});

test('a value is delivered in the tick of its event, with or without a link', async () => {
  const bindings = await begin();
  const values: string[] = [];
  radio.onValue(({ bytes }) => values.push(Buffer.from(bytes).toString('hex')));
  bindings.value(CUFF, '1810', '2a35', new Uint8Array([1]));
  expect(values).toEqual(['01']);
  const open = await link(bindings);
  const heard: number[] = [];
  await open.subscribe('1810', '2a35', (bytes) => heard.push(bytes[0] ?? -1));
  bindings.value(CUFF, '1810', '2a35', new Uint8Array([2]));
  expect(values).toEqual(['01', '02']);
  expect(heard).toEqual([2]);
});

test('a scan that cannot start is tried again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const bindings = createScriptedBindings();
    notes = [];
    const note = (event: string) => void notes.push(event);
    radio = createRadio({ bindings, pairing: bindings.pairing, now: Date.now, note });
    bindings.twist.set('startScanning', 'refuse');
    radio.startScanning();
    await expect.poll(() => notes).toContain('scan-failed');
    bindings.asked.length = 0;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(bindings.asked).toContain('startScanning');
  } finally {
    vi.useRealTimers();
  }
});

test('what is remembered of passers-by has a bound', async () => {
  const bindings = await begin();
  for (let n = 0; n < 3_000; n += 1) {
    const id = (0x020000000000 + n).toString(16).padStart(12, '0');
    bindings.add({ id, advertised: [], gatt: {} });
    bindings.advertise(id);
  }
  expect(radio.heard().length).toBe(500);
});
