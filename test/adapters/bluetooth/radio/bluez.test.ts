import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { GattError } from '../../../../adapters/bluetooth/radio/bindings.ts';
import { createBluez } from '../../../../adapters/bluetooth/radio/bluez.ts';
import { bindingsContract } from './bindings-contract.ts';
import { ADAPTER_PATH, busError, FakeBluetoothd } from './fake-bluetoothd.ts';

const DEVICE = 'org.bluez.Device1';
const CHARACTERISTIC = 'org.bluez.GattCharacteristic1';
const CUFF = '00:00:5E:00:53:11';
const ID = '00005e005311';

let daemon: FakeBluetoothd;
let events: unknown[][];
let bluez: ReturnType<typeof createBluez>;

function begin(): void {
  events = [];
  bluez = createBluez({ adapter: 'hci0', note: () => undefined, openBus: daemon.openBus });
  const told = ['stateChange', 'discover', 'connect', 'disconnect', 'read', 'scanStart'];
  for (const event of [...told, 'servicesDiscover', 'characteristicsDiscover', 'notify']) {
    bluez.bindings.on(event, (...args: unknown[]) => events.push([event, ...args]));
  }
  bluez.bindings.on('gattError', (error: GattError) =>
    events.push(['gattError', error.op, (error.error as { dbusName?: string }).dbusName]),
  );
  bluez.bindings.init();
}

const of = (name: string) => events.filter(([event]) => event === name).map(([, ...args]) => args);
const states = () => of('stateChange').flat();

async function up(): Promise<void> {
  begin();
  await expect.poll(states).toEqual(['poweredOn']);
}

async function connected(): Promise<{ path: string; indication: string }> {
  const path = daemon.device(CUFF);
  const indication = daemon.characteristic(path, '1810', '2a35', ['indicate']);
  daemon.characteristic(path, '180a', '2a24', ['read']);
  await up();
  bluez.bindings.connect(ID);
  await expect.poll(() => of('connect')).toEqual([[ID, null]]);
  return { path, indication };
}

beforeEach(() => {
  daemon = new FakeBluetoothd();
});
afterEach(() => {
  vi.useRealTimers();
  bluez.bindings.stop();
});

describe('values', () => {
  test('an indication is told in the tick of its signal, also without a connection of ours', async () => {
    const path = daemon.device(CUFF, { Connected: true });
    const indication = daemon.characteristic(path, '1810', '2a35', ['indicate']);
    await up();
    daemon.changed(indication, CHARACTERISTIC, { Value: Buffer.from([1, 2]) });
    expect(of('read')).toEqual([[ID, '1810', '2a35', Buffer.from([1, 2]), true]]);
  });

  test('equal ones in a burst all come through', async () => {
    const { indication } = await connected();
    for (let n = 0; n < 200; n += 1) {
      daemon.changed(indication, CHARACTERISTIC, { Value: Buffer.from([7]) });
    }
    expect(of('read')).toHaveLength(200);
  });

  test('a read is not taken for a notification, and one beside it is not lost', async () => {
    const { path } = await connected();
    const both = daemon.characteristic(path, '1805', '2a2b', ['read', 'notify']);
    daemon.added(`${path}/service1805`);
    daemon.added(both);
    daemon.answers.set('ReadValue', () => {
      daemon.changed(both, CHARACTERISTIC, { Value: Buffer.from([9]) });
      daemon.changed(both, CHARACTERISTIC, { Value: Buffer.from([5]) });
      return Buffer.from([5]);
    });
    bluez.bindings.read(ID, '1805', '2a2b');
    await expect.poll(() => of('read')).toHaveLength(2);
    expect(of('read')).toEqual([
      [ID, '1805', '2a2b', Buffer.from([9]), true],
      [ID, '1805', '2a2b', Buffer.from([5]), false],
    ]);
  });

  test('from another program on the bus are not listened to', async () => {
    const { indication } = await connected();
    daemon.changed(indication, CHARACTERISTIC, { Value: Buffer.from([1]) }, ':1.66');
    expect(of('read')).toEqual([]);
  });

  test('of an earlier connection that come late are dropped, with their errors', async () => {
    const { path } = await connected();
    let late = (_: unknown) => {};
    daemon.answers.set('ReadValue', () => new Promise((_, reject) => (late = reject)));
    bluez.bindings.read(ID, '180a', '2a24');
    await expect.poll(() => daemon.calls).toContain('ReadValue');
    daemon.changed(path, DEVICE, { Connected: false });
    bluez.bindings.connect(ID);
    await expect.poll(() => of('connect')).toHaveLength(2);
    late(busError('org.bluez.Error.Failed'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(of('gattError')).toEqual([]);
  });
});

test('the battery that BlueZ keeps to itself is a service like any other', async () => {
  const { path } = await connected();
  const battery = { Percentage: 77 };
  Object.assign(daemon.objects[path] ?? {}, { 'org.bluez.Battery1': battery });
  daemon.added(path);
  bluez.bindings.discoverServices(ID, []);
  expect(of('servicesDiscover')[0]?.[1]).toEqual(['1810', '180a', '180f']);
  bluez.bindings.discoverCharacteristics(ID, '180f', []);
  const described = [{ uuid: '2a19', properties: ['read', 'notify'] }];
  expect(of('characteristicsDiscover')).toEqual([[ID, '180f', described]]);
  bluez.bindings.read(ID, '180f', '2a19');
  bluez.bindings.notify(ID, '180f', '2a19', true);
  await expect.poll(() => of('notify')).toHaveLength(1);
  daemon.changed(path, 'org.bluez.Battery1', { Percentage: 76 });
  expect(of('read')).toEqual([
    [ID, '180f', '2a19', Buffer.from([77]), false],
    [ID, '180f', '2a19', Buffer.from([76]), true],
  ]);
});

describe('faults', () => {
  test('a stale connection is closed once and tried again', async () => {
    const path = daemon.device(CUFF);
    daemon.characteristic(path, '1810', '2a35', ['indicate']);
    await up();
    let tries = 0;
    daemon.answers.set('Connect', () => {
      tries += 1;
      if (tries === 1) throw busError('org.bluez.Error.InProgress');
      daemon.changed(path, DEVICE, { Connected: true, ServicesResolved: true });
    });
    bluez.bindings.connect(ID);
    await expect.poll(() => of('connect')).toEqual([[ID, null]]);
    expect(daemon.calls.filter((one) => one === 'Disconnect')).toHaveLength(1);
  });

  test('bluetoothd killed: all is closed and off; back again: agent, objects and power are too', async () => {
    await connected();
    daemon.kill();
    expect(of('disconnect')).toEqual([[ID, 'adapter']]);
    expect(states()).toEqual(['poweredOn', 'poweredOff']);
    daemon.calls.length = 0;
    daemon.start();
    await expect.poll(states).toEqual(['poweredOn', 'poweredOff', 'poweredOn']);
    expect(daemon.calls).toEqual(['GetManagedObjects', 'RegisterAgent']);
  });

  test('bluetoothd that is not there yet is waited for', async () => {
    daemon.running = false;
    begin();
    await expect.poll(states).toEqual(['poweredOff']);
    daemon.start();
    await expect.poll(states).toEqual(['poweredOff', 'poweredOn']);
  });

  test('a lost bus is opened again', async () => {
    await connected();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    daemon.loseBus();
    expect(states()).toEqual(['poweredOn', 'poweredOff']);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(daemon.opened).toBe(2);
    expect(states()).toEqual(['poweredOn', 'poweredOff', 'poweredOn']);
  });

  test('an adapter that is off is turned on once; turned off later it stays off', async () => {
    const adapter = daemon.objects[ADAPTER_PATH]?.['org.bluez.Adapter1'] ?? {};
    adapter.Powered = false;
    begin();
    await expect.poll(() => daemon.calls).toContain('Set');
    daemon.changed(ADAPTER_PATH, 'org.bluez.Adapter1', { Powered: true });
    daemon.calls.length = 0;
    daemon.changed(ADAPTER_PATH, 'org.bluez.Adapter1', { Powered: false });
    expect(states()).toEqual(['poweredOff', 'poweredOn', 'poweredOff']);
    expect(daemon.calls).toEqual([]);
  });

  test('a discovery left over is stopped before the next', async () => {
    await up();
    let starts = 0;
    daemon.answers.set('StartDiscovery', () => {
      starts += 1;
      if (starts === 1) throw busError('org.bluez.Error.InProgress');
    });
    bluez.bindings.startScanning([], true);
    await expect.poll(() => of('scanStart')).toHaveLength(1);
    expect(daemon.calls.slice(-4)).toEqual([
      'SetDiscoveryFilter',
      'StartDiscovery',
      'StopDiscovery',
      'StartDiscovery',
    ]);
  });

  test('a bonded device is never unsubscribed from or removed, but by unpairing', async () => {
    const { indication } = await connected();
    bluez.bindings.notify(ID, '1810', '2a35', true);
    await expect.poll(() => of('notify')).toHaveLength(1);
    daemon.changed(indication, CHARACTERISTIC, { Value: Buffer.from([1]) });
    bluez.bindings.disconnect(ID);
    await expect.poll(() => of('disconnect')).toHaveLength(1);
    expect(daemon.calls).not.toContain('StopNotify');
    expect(daemon.calls).not.toContain('RemoveDevice');
  });
});

describe('advertisements', () => {
  test('tell broadcasts as they are heard, not what was said long ago', async () => {
    const path = daemon.device(CUFF, { UUIDs: [] });
    await up();
    const fcd2 = '0000fcd2-0000-1000-8000-00805f9b34fb';
    const heard = { RSSI: -60, ServiceData: { [fcd2]: Buffer.from([0x40]) } };
    daemon.changed(path, DEVICE, heard);
    daemon.changed(path, DEVICE, { RSSI: -61 });
    daemon.changed(path, DEVICE, { ManufacturerData: [[0x0499, Buffer.from([5])]] });
    const told = of('discover').map(([, , , , said]) => said as Record<string, unknown>);
    expect(told.map(({ serviceData }) => serviceData)).toEqual([
      [{ uuid: 'fcd2', data: Buffer.from([0x40]) }],
      [],
      [],
    ]);
    expect(told[2]?.manufacturerData).toEqual(Buffer.from([0x99, 0x04, 5]));
  });

  test('of other adapters are not ours', async () => {
    await up();
    const path = '/org/bluez/hci1/dev_00_00_5E_00_53_11';
    daemon.objects[path] = { [DEVICE]: { Address: CUFF, RSSI: -50 } };
    daemon.added(path);
    bluez.bindings.connect(ID);
    expect(of('discover')).toEqual([]);
    expect(of('connect')[0]?.[1]).toBeInstanceOf(Error);
  });

  test('a device that connected by itself is told of as if heard', async () => {
    const path = daemon.device(CUFF);
    await up();
    daemon.changed(path, DEVICE, { Connected: true });
    expect(of('discover').map(([id]) => id)).toEqual([ID]);
  });
});

describe('several adapters', () => {
  const ADDRESS = '00:00:5E:00:53:F0';
  const OTHER = '/org/bluez/hci1';
  const adapter = (path: string, address: string) => {
    daemon.objects[path] = { 'org.bluez.Adapter1': { Address: address, Powered: true } };
  };

  test('the wanted one is found by its address, whatever its name', async () => {
    adapter(OTHER, '00:00:5E:00:53:F1');
    events = [];
    const options = { note: () => undefined, openBus: daemon.openBus };
    bluez = createBluez({ adapter: '00:00:5e:00:53:f1', ...options });
    bluez.bindings.on('addressChange', (...args: unknown[]) => events.push(['address', ...args]));
    bluez.bindings.init();
    await expect.poll(() => of('address')).toEqual([['00:00:5e:00:53:f1']]);
  });

  test('one that is plugged in again under another name is the same, with its devices', async () => {
    const gone = daemon.device(CUFF);
    await up();
    daemon.removed(gone);
    daemon.removed(ADAPTER_PATH);
    expect(states()).toEqual(['poweredOn', 'unsupported']);
    adapter(OTHER, ADDRESS);
    daemon.added(OTHER);
    expect(states()).toEqual(['poweredOn', 'unsupported', 'poweredOn']);
    const path = `${OTHER}/dev_00_00_5E_00_53_11`;
    daemon.objects[path] = { [DEVICE]: { Address: CUFF, UUIDs: [], RSSI: -50 } };
    daemon.added(path);
    expect(of('discover').map(([id]) => id)).toEqual([ID]);
    // Whoever has its old name now is another.
    adapter(ADAPTER_PATH, '00:00:5E:00:53:F2');
    daemon.added(ADAPTER_PATH);
    daemon.changed(path, DEVICE, { RSSI: -51 });
    expect(of('discover')).toHaveLength(2);
  });
});

describe('what comes early', () => {
  test('a value ahead of its characteristic is told when that is known, in order', async () => {
    const path = daemon.device(CUFF, { Connected: true });
    await up();
    const early = `${path}/service1810/char2a35`;
    daemon.changed(early, CHARACTERISTIC, { Value: Buffer.from([1]) });
    daemon.changed(early, CHARACTERISTIC, { Value: Buffer.from([2]) });
    expect(of('read')).toEqual([]);
    expect(daemon.characteristic(path, '1810', '2a35', ['indicate'])).toBe(early);
    daemon.added(early);
    expect(of('read')).toEqual([]);
    daemon.added(`${path}/service1810`);
    daemon.changed(early, CHARACTERISTIC, { Value: Buffer.from([3]) });
    const told = [1, 2, 3].map((n) => [ID, '1810', '2a35', Buffer.from([n]), true]);
    expect(of('read')).toEqual(told);
  });

  test('is told though the device has hung up, and bounded', async () => {
    const path = daemon.device(CUFF, { Connected: true });
    await up();
    const early = `${path}/service1810/char2a35`;
    for (let n = 0; n < 100; n += 1) {
      daemon.changed(early, CHARACTERISTIC, { Value: Buffer.from([n]) });
    }
    daemon.changed(path, DEVICE, { Connected: false });
    daemon.characteristic(path, '1810', '2a35', ['indicate']);
    daemon.added(early);
    daemon.added(`${path}/service1810`);
    expect(of('read').map(([, , , data]) => (data as Buffer)[0])).toEqual(
      Array.from({ length: 64 }, (_, n) => n + 36),
    );
  });

  test('and is placed late is not told: it would seem to have come then', async () => {
    const path = daemon.device(CUFF, { Connected: true });
    await up();
    const early = `${path}/service1810/char2a35`;
    daemon.changed(early, CHARACTERISTIC, { Value: Buffer.from([1]) });
    const now = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(now + 11_000);
    daemon.characteristic(path, '1810', '2a35', ['indicate']);
    daemon.added(early);
    daemon.added(`${path}/service1810`);
    vi.restoreAllMocks();
    expect(of('read')).toEqual([]);
  });
});

test('what a bonded device that is away may send is subscribed to before it connects, of no other', async () => {
  const asked: string[] = [];
  const add = (address: string, more: Record<string, unknown>) => {
    const path = daemon.device(address, more);
    daemon.characteristic(path, '1810', '2a49', ['read']);
    return daemon.characteristic(path, '1810', '2a35', ['indicate']);
  };
  const bonded = add(CUFF, { Bonded: true });
  add('00:00:5E:00:53:12', { Bonded: false });
  add('00:00:5E:00:53:13', { Bonded: true, Connected: true });
  await up();
  daemon.answers.set('StartNotify', ({ path }) => void asked.push(path));
  for (const id of [ID, '00005e005312', '00005e005313', '00005e0053fe']) {
    bluez.bindings.expect?.(id, [
      { service: '1810', characteristic: '2a35' },
      { service: '181d', characteristic: '2a9d' },
    ]);
  }
  expect(asked).toEqual([bonded]);
  daemon.changed(bonded, CHARACTERISTIC, { Value: Buffer.from([1, 2]) });
  expect(of('read')).toEqual([[ID, '1810', '2a35', Buffer.from([1, 2]), true]]);
});

test('a signal that cannot be understood does not end the process, nor the next one', async () => {
  const path = daemon.device(CUFF, { Connected: true });
  const indication = daemon.characteristic(path, '1810', '2a35', ['indicate']);
  await up();
  expect(() => daemon.changed(indication, CHARACTERISTIC, { Value: null })).not.toThrow();
  daemon.changed(indication, CHARACTERISTIC, { Value: Buffer.from([1, 2]) });
  expect(of('read')).toHaveLength(1);
});

test('a bonded device that advertises to us only is heard with the services that it is known by', async () => {
  const path = daemon.device(CUFF, { Paired: true, Bonded: true });
  await up();
  // Directed advertising carries no data: nothing but that it was heard.
  daemon.changed(path, DEVICE, { RSSI: -70 });
  const [id, , , connectable, said] = of('discover')[0] as [string, ...unknown[]];
  expect([id, connectable, said]).toMatchObject([ID, true, { serviceUuids: ['1810'] }]);
});

bindingsContract('BlueZ', () => {
  daemon = new FakeBluetoothd();
  const path = daemon.device(CUFF);
  const indication = daemon.characteristic(path, '1810', '2a35', ['indicate']);
  daemon.characteristic(path, '180a', '2a24', ['read']);
  daemon.answers.set('ReadValue', () => Buffer.from('MODEL'));
  bluez = createBluez({ adapter: 'hci0', note: () => undefined, openBus: daemon.openBus });
  return {
    bindings: bluez.bindings,
    pairing: bluez.pairing,
    device: {
      address: ID,
      service: '1810',
      readable: { service: '180a', characteristic: '2a24' },
      notifying: { service: '1810', characteristic: '2a35' },
    },
    wake: () => daemon.changed(path, DEVICE, { RSSI: -50 }),
    send: () => daemon.changed(indication, CHARACTERISTIC, { Value: Buffer.from([1]) }),
  };
});
