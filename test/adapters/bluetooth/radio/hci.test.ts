import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { GattError } from '../../../../adapters/bluetooth/radio/bindings.ts';
import { createHci, hciIndexOf } from '../../../../adapters/bluetooth/radio/hci.ts';
import {
  loadHci,
  type NobleHciBindings,
  type NobleHciConstructor,
} from '../../../../adapters/bluetooth/radio/hci-noble.ts';
import { createRadio, type Radio } from '../../../../adapters/bluetooth/radio/radio.ts';
import { bindingsContract } from './bindings-contract.ts';
import { faults, replaceDriver, SERVICES, STRAP, sockets } from './fake-hci-socket.ts';

const { information, heart } = SERVICES;
let noble: NobleHciConstructor;
/** noble's bindings that were made last. */
let newest: NobleHciBindings | undefined;

beforeAll(async () => {
  replaceDriver();
  const bindings = await loadHci();
  noble = class extends bindings {
    constructor(options: { deviceId: number }) {
      super(options);
      newest = this;
    }
  };
});

const make = () => createHci({ adapter: 'hci2', note: () => undefined, noble });
const socket = () => sockets.at(-1);

bindingsContract('hci', () => ({
  ...make(),
  device: {
    address: STRAP,
    service: heart,
    readable: { service: information, characteristic: '2a24' },
    notifying: { service: heart, characteristic: '2a37' },
  },
  send: () => socket()?.measure(0, 71),
}));

describe('noble’s own bindings, mended', () => {
  let hci: ReturnType<typeof make>;
  let radio: Radio;
  let notes: string[];
  const signal = () => AbortSignal.timeout(60_000);

  beforeEach(() => {
    notes = [];
    hci = createHci({ adapter: 'hci2', note: (event) => notes.push(event), noble });
    radio = createRadio({ ...hci, now: Date.now, note: (event) => notes.push(event) });
  });

  afterEach(async () => {
    Object.assign(faults, { bind: undefined, scan: 0, dead: false });
    await radio.stop();
    vi.useRealTimers();
  });

  const linked = async () => {
    radio.startScanning();
    await expect.poll(() => radio.heard().length).toBe(1);
    const link = await radio.connect(STRAP, signal());
    await link.services();
    return link;
  };

  test('takes the adapter that was named, for itself alone', async () => {
    radio.startScanning();
    await expect.poll(() => radio.state).toBe('poweredOn');
    expect(socket()?.device).toBe(2);
    expect(process.env.HCI_CHANNEL_USER).toBe('1');
  });

  test.each([
    ['hci0', 0],
    ['hci12', 12],
    ['00:00:5E:00:53:01', undefined],
    ['hci', undefined],
  ])('%s is adapter %s', (name, index) => {
    expect(hciIndexOf(name)).toBe(index);
  });

  test('a read that the device refuses is refused, not an empty value', async () => {
    const link = await linked();
    await expect(link.read(information, '2a25')).rejects.toMatchObject({
      code: 'radio-gatt-refused',
      detail: 'att-0x80',
    });
    expect(Buffer.from(await link.read(information, '2a24')).toString()).toBe('MODEL');
  });

  test('a write that the device refuses is refused, not silence', async () => {
    const link = await linked();
    const written = link.write(information, '2a25', Uint8Array.of(1));
    await expect(written).rejects.toMatchObject({ detail: 'att-0x80' });
  });

  test('a write that noble would cut up is refused', async () => {
    const link = await linked();
    const written = link.write(information, '2a25', new Uint8Array(21));
    await expect(written).rejects.toMatchObject({ detail: 'too-long' });
  });

  test('a device that will not pair refuses the read that asked for it', async () => {
    const link = await linked();
    const read = link.read(information, '2a29');
    await expect.poll(() => socket()?.written.some((hex) => hex.includes('0600010300'))).toBe(true);
    // Pairing Failed: pairing not supported.
    socket()?.event(0x02, 0x40, 0x20, 6, 0, 2, 0, 6, 0, 0x05, 0x05);
    await expect(read).rejects.toMatchObject({ detail: 'att-0x05' });
    expect(await link.read(information, '2a24')).toHaveLength(5);
  });

  test('a link that is encrypted unasked goes on', async () => {
    const link = await linked();
    socket()?.event(0x04, 0x08, 4, 0, 0x40, 0, 1);
    expect(await link.read(information, '2a24')).toHaveLength(5);
    expect(notes).not.toContain('hci-packet-refused');
  });

  test.each([
    ['an empty ATT packet', [0x02, 0x40, 0x20, 4, 0, 0, 0, 4, 0]],
    ['a notification without a handle', [0x02, 0x40, 0x20, 5, 0, 1, 0, 4, 0, 0x1b]],
    ['a cut event', [0x04, 0x3e, 0x13, 0x01]],
  ])('%s ends nothing', async (_, bytes) => {
    const link = await linked();
    socket()?.event(...bytes);
    expect(await link.read(information, '2a24')).toHaveLength(5);
  });

  test('a list with entries of no length ends', async () => {
    radio.startScanning();
    await expect.poll(() => radio.heard().length).toBe(1);
    const link = await radio.connect(STRAP, signal());
    const asked = link.services();
    socket()?.att(0x11, 0, 1, 0);
    await expect(asked).rejects.toMatchObject({ code: 'radio-gatt-refused' });
  });

  test('a scan that the controller refuses is an error, and begun again', async () => {
    faults.scan = 0x0c;
    const errors: GattError[] = [];
    hci.bindings.on('gattError', (error: GattError) => errors.push(error));
    radio.startScanning();
    await expect.poll(() => errors.map(({ op }) => op)).toContain('scan');
    expect(notes).toContain('scan-failed');
  });

  test('a connection that was called off is closed when it comes about', async () => {
    radio.startScanning();
    await expect.poll(() => radio.heard().length).toBe(1);
    const before = socket()?.written.length;
    const connecting = radio.connect(STRAP, AbortSignal.timeout(0)).catch(() => undefined);
    await connecting;
    hci.bindings.connect(STRAP);
    hci.bindings.cancelConnect(STRAP);
    const hungUp = () =>
      socket()
        ?.written.slice(before)
        .some((hex) => hex.startsWith('010604'));
    await expect.poll(hungUp).toBe(true);
  });

  test('a lost packet of a connection that is gone does not end the process', async () => {
    const link = await linked();
    const failed = vi.fn();
    process.once('unhandledRejection', failed);
    const read = link.read(information, '2a24').catch(() => undefined);
    await link.disconnect();
    await read;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(failed).not.toHaveBeenCalled();
    process.removeListener('unhandledRejection', failed);
  });

  test('an adapter that is taken is said, looked for again, and used when it is free', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    faults.bind = 'EBUSY';
    radio.startScanning();
    await expect.poll(() => radio.state).toBe('unsupported');
    expect(notes).toContain('hci-not-open');
    faults.bind = undefined;
    vi.advanceTimersByTime(10_000);
    await expect.poll(() => radio.state).toBe('poweredOn');
  });

  test('an adapter that is not allowed is unauthorized', async () => {
    faults.bind = 'EPERM';
    radio.startScanning();
    await expect.poll(() => radio.state).toBe('unauthorized');
  });

  test('an adapter that is pulled out takes its links along; another takes its place', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const real = new Promise((resolve) => setTimeout(resolve, 20));
    radio.startScanning();
    await real;
    vi.advanceTimersByTime(10);
    await expect.poll(() => radio.heard().length).toBe(1);
    const link = await radio.connect(STRAP, signal());
    const gone = vi.fn();
    link.onDisconnect(gone);
    const old = socket();
    old?.emit('error', Object.assign(new Error('write'), { code: 'EPIPE' }));
    expect(gone).toHaveBeenCalled();
    expect(radio.state).toBe('unsupported');
    vi.advanceTimersByTime(10_000);
    expect(socket()).not.toBe(old);
    await expect.poll(() => radio.state).toBe('poweredOn');
  });

  test('a controller that answers no more is begun anew', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    radio.startScanning();
    await expect.poll(() => radio.state).toBe('poweredOn');
    faults.dead = true;
    vi.advanceTimersByTime(20_000);
    expect(notes).toContain('hci-silent');
    expect(radio.state).toBe('poweredOff');
    faults.dead = false;
    vi.advanceTimersByTime(10_000);
    await expect.poll(() => radio.state).toBe('poweredOn');
  });

  test('of thousands of passing addresses few are remembered', async () => {
    radio.startScanning();
    await expect.poll(() => radio.state).toBe('poweredOn');
    const { bindings } = hci;
    let heard = 0;
    bindings.on('discover', () => {
      heard += 1;
    });
    for (let n = 0; n < 2_000; n += 1) {
      const report = [0x02, 1, 0, 1, n & 0xff, n >> 8, 0, 0, 0, 0x40, 0, 0xc8];
      socket()?.emit('data', Buffer.from([0x04, 0x3e, report.length, ...report]));
    }
    expect(heard).toBeGreaterThanOrEqual(2_000);
    expect(Object.keys(newest?._addresses ?? {}).length).toBeLessThanOrEqual(500);
    expect(Object.keys(newest?._gap._discoveries ?? {}).length).toBeLessThanOrEqual(500);
  });

  test('pairing is told to be impossible', async () => {
    const { pairing } = hci;
    const asked = pairing.pair(STRAP, signal());
    await expect(asked).rejects.toMatchObject({ code: 'radio-pairing-unsupported' });
    expect(await pairing.isBonded(STRAP)).toBe(false);
    await pairing.unpair(STRAP);
  });

  test('leaves no handler and no timer behind', async () => {
    const before = ['exit', 'SIGINT'].map((event) => process.listenerCount(event));
    await linked();
    expect(['exit', 'SIGINT'].map((event) => process.listenerCount(event))).toEqual(before);
    await radio.stop();
    expect(socket()?.polling).toBe(false);
  });
});
