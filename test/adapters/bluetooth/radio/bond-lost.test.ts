import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { GattError } from '../../../../adapters/bluetooth/radio/bindings.ts';
import { createBluez } from '../../../../adapters/bluetooth/radio/bluez.ts';
import { busError, FakeBluetoothd } from './fake-bluetoothd.ts';

const DEVICE = 'org.bluez.Device1';
const CUFF = '00:00:5E:00:53:11';
const ID = '00005e005311';
const AUTHENTICATION = 'org.bluez.Reason.Authentication';
const ABORTED = busError('org.bluez.Error.Failed');

let daemon: FakeBluetoothd;
let bluez: ReturnType<typeof createBluez>;
let told: string[];
let path: string;

async function up(bonded = true): Promise<void> {
  path = daemon.device(CUFF, { Paired: bonded, Bonded: bonded });
  daemon.characteristic(path, '1810', '2a35', ['indicate']);
  told = [];
  bluez = createBluez({ adapter: 'hci0', note: () => undefined, openBus: daemon.openBus });
  const codeOf = (error: unknown) =>
    (error as { code?: string; dbusName?: string }).code ??
    (error as { dbusName?: string }).dbusName;
  bluez.bindings.on('connect', (_id, error: unknown) => told.push(codeOf(error ?? {}) ?? 'ready'));
  bluez.bindings.on('disconnect', (_id, reason: string) => told.push(`gone: ${reason}`));
  bluez.bindings.on('gattError', ({ error }: GattError) => told.push(`refused: ${codeOf(error)}`));
  let state = '';
  bluez.bindings.on('stateChange', (now: string) => (state = now));
  bluez.bindings.init();
  await expect.poll(() => state).toBe('poweredOn');
}

/** One connection; `ends` is what becomes of it after its link is there. */
async function connect(ends: () => void): Promise<string | undefined> {
  daemon.answers.set('Connect', () => {
    daemon.changed(path, DEVICE, { Connected: true });
    ends();
  });
  told = [];
  bluez.bindings.connect(ID);
  await ended();
  return told[0];
}
/** bluetoothd's word why is waited for a little. */
async function ended(): Promise<void> {
  for (let n = 0; n < 40 && told.length === 0; n += 1) await vi.advanceTimersByTimeAsync(50);
}
const hangsUp = () => daemon.changed(path, DEVICE, { Connected: false, ServicesResolved: false });
const fails = () => {
  throw ABORTED;
};
const refusesKey = () => {
  hangsUp();
  daemon.ended(path, AUTHENTICATION);
  throw ABORTED;
};
const opens = () => daemon.changed(path, DEVICE, { ServicesResolved: true });
const isBonded = () => bluez.pairing.isBonded(ID);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  daemon = new FakeBluetoothd();
});
afterEach(() => {
  bluez.bindings.stop();
  vi.useRealTimers();
});

describe('a bond that the device has forgotten', () => {
  test('is said at once where bluetoothd says why the connection ended', async () => {
    await up();
    expect(await connect(refusesKey)).toBe('radio-bond-lost');
    expect(await isBonded()).toBe(true);
    expect(daemon.calls).not.toContain('RemoveDevice');
  });

  test.each([
    ['tells the end first', hangsUp],
    ['answers first', fails],
  ])(
    'is said after three links that were gone at once, where bluetoothd %s',
    async (_how, ends) => {
      await up();
      expect(await connect(ends)).not.toBe('radio-bond-lost');
      expect(await connect(ends)).not.toBe('radio-bond-lost');
      expect(await connect(ends)).toBe('radio-bond-lost');
      expect(await isBonded()).toBe(true);
    },
  );

  test('outlives a bluetoothd that dies meanwhile', async () => {
    await up();
    for (let n = 0; n < 2; n += 1) {
      await connect(hangsUp);
      daemon.kill();
      daemon.start();
      await expect.poll(() => daemon.calls.at(-1)).toBe('RegisterAgent');
    }
    expect(await connect(hangsUp)).toBe('radio-bond-lost');
  });

  test('is not concluded of what never had a link, is weak, or has worked between', async () => {
    await up();
    daemon.changed(path, DEVICE, { RSSI: -60 });
    await connect(hangsUp);
    await connect(hangsUp);
    daemon.answers.set('Connect', fails);
    told = [];
    bluez.bindings.connect(ID);
    await ended();
    expect(told).toEqual(['org.bluez.Error.Failed']);
    for (let n = 0; n < 2; n += 1) expect(await connect(hangsUp)).toBe('gone: remote');
    expect(await connect(opens)).toBe('ready');
    hangsUp();
    await connect(hangsUp);
    await connect(hangsUp);
    daemon.changed(path, DEVICE, { RSSI: -95 });
    for (let n = 0; n < 2; n += 1) expect(await connect(hangsUp)).toBe('gone: remote');
  });

  test('is none of a device that was never bonded', async () => {
    await up(false);
    for (let n = 0; n < 4; n += 1) expect(await connect(hangsUp)).toBe('gone: remote');
    expect(await connect(refusesKey)).not.toBe('radio-bond-lost');
  });

  test('is told with the request that it is refused for; another refusal is not', async () => {
    await up();
    expect(await connect(opens)).toBe('ready');
    daemon.answers.set('StartNotify', () => {
      throw Object.assign(busError('org.bluez.Error.NotPermitted'), { message: 'Not paired' });
    });
    bluez.bindings.notify(ID, '1810', '2a35', true);
    await expect.poll(() => told.at(-1)).toBe('refused: radio-bond-lost');
    daemon.answers.set('StartNotify', () => {
      throw Object.assign(busError('org.bluez.Error.NotPermitted'), { message: 'Not permitted' });
    });
    bluez.bindings.notify(ID, '1810', '2a35', true);
    await expect.poll(() => told.at(-1)).toBe('refused: org.bluez.Error.NotPermitted');
  });
});

describe('pairing', () => {
  const never = () => new AbortController().signal;
  const bonds = () => {
    daemon.changed(path, DEVICE, { Paired: true, Bonded: true });
  };

  test('a bond that works is left as it is', async () => {
    await up();
    await connect(hangsUp);
    daemon.answers.set('Pair', () => {
      throw busError('org.bluez.Error.AlreadyExists');
    });
    await bluez.pairing.pair(ID, never());
    expect(await isBonded()).toBe(true);
    expect(daemon.calls).not.toContain('RemoveDevice');
    expect(daemon.calls).not.toContain('CancelPairing');
  });

  test('a device that bonds and hangs up is bonded, whatever bluetoothd answers', async () => {
    await up(false);
    daemon.answers.set('Pair', () => {
      bonds();
      throw busError('org.bluez.Error.AuthenticationCanceled');
    });
    await bluez.pairing.pair(ID, never());
    expect(await isBonded()).toBe(true);
    expect(daemon.calls).not.toContain('CancelPairing');
  });

  test('that bluetoothd never answers is done once the bond is there, and the link is let go', async () => {
    await up(false);
    daemon.answers.set('Pair', () => {
      bonds();
      return new Promise(() => undefined);
    });
    const paired = bluez.pairing.pair(ID, never());
    await vi.advanceTimersByTimeAsync(10_000);
    await paired;
    expect(daemon.calls.slice(-3)).toEqual(['Pair', 'Disconnect', 'Set']);
  });

  test('that is given up after the bond is there does not take the key away', async () => {
    await up(false);
    const abort = new AbortController();
    daemon.answers.set('Pair', () => {
      bonds();
      setImmediate(() => abort.abort());
      return new Promise(() => undefined);
    });
    await expect(bluez.pairing.pair(ID, abort.signal)).rejects.toMatchObject({
      code: 'radio-aborted',
    });
    expect(await isBonded()).toBe(true);
    expect(daemon.calls).not.toContain('CancelPairing');
  });
});
