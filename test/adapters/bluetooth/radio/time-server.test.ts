import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBroker, createClient, type DBusBroker, type MessageBus } from 'dbus-native';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { decodeGatt } from '../../../../adapters/bluetooth/gatt/index.ts';
import { type DBusPort, openSystemBus } from '../../../../adapters/bluetooth/radio/dbus-port.ts';
import {
  createTimeServer,
  currentTimeBytes,
  TIME_APPLICATION,
  type TimeServer,
} from '../../../../adapters/bluetooth/radio/time-server.ts';

const LOCAL = Date.parse('2026-03-01T10:20:30Z');
const CHARACTERISTIC = `${TIME_APPLICATION}/service0/char0`;
const INTERFACE = 'org.bluez.GattCharacteristic1';

let folder: string;
let broker: DBusBroker;
let daemon: MessageBus;
let port: DBusPort;
let server: TimeServer;
let local: number | undefined;
let isDaemon: boolean;
let monotonic: number;
const notes: unknown[] = [];
let gateway: string;

/** A bus in this process, with one peer on it that asks as bluetoothd does. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bus-'));
  const socket = join(folder, 'bus');
  broker = createBroker();
  await new Promise((resolve) => broker.listen({ socket }, resolve));
  vi.stubEnv('DBUS_SYSTEM_BUS_ADDRESS', `unix:path=${socket}`);
  daemon = createClient({ busAddress: `unix:path=${socket}` });
  let caller = '';
  daemon.exportInterface({ Hello: () => '' }, '/peer', {
    name: 'org.example.Peer1',
    methods: { Hello: ['', 's', [], []] },
  });
  daemon.connection.on('message', (message) => {
    if (message.member === 'Hello' && message.sender) caller = message.sender;
  });
  await daemon.requestName('org.example.Peer', 0);
  port = openSystemBus();
  [local, isDaemon, monotonic] = [LOCAL, true, 0];
  notes.length = 0;
  server = createTimeServer({
    localTime: () => local,
    monotonic: () => monotonic,
    note: (event, fields) => void notes.push([event, fields]),
  });
  server.serve(port, () => isDaemon);
  await port.call({
    destination: 'org.example.Peer',
    path: '/peer',
    interface: 'org.example.Peer1',
    member: 'Hello',
    timeoutMs: 60_000,
  });
  gateway = caller;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  server.stop();
  port.close();
  await daemon.close();
  await new Promise<void>((resolve) => broker.close(resolve));
  rmSync(folder, { recursive: true });
});

const ask = (path: string, name: string, member: string, signature = '', body: unknown[] = []) =>
  daemon.invoke(
    {
      ...{ destination: gateway, path, interface: name, member },
      ...(signature ? { signature, body } : {}),
    },
    { timeout: 60_000 },
  );
const read = () => ask(CHARACTERISTIC, INTERFACE, 'ReadValue', 'a{sv}', [{}]) as Promise<Buffer>;

test('the application lists one service with one characteristic, as bluetoothd wants it', async () => {
  const name = 'org.freedesktop.DBus.ObjectManager';
  const objects = await ask(TIME_APPLICATION, name, 'GetManagedObjects');
  const text = JSON.stringify(objects);
  for (const part of ['00001805-', '00002a2b-', 'GattService1', 'GattCharacteristic1', 'notify']) {
    expect(text).toContain(part);
  }
  expect(text).not.toContain('write');
});

test('the time is local, with its day of the week, and what a device would read back', async () => {
  const bytes = Buffer.from(await read());
  expect(bytes).toEqual(Buffer.from(currentTimeBytes(LOCAL)));
  expect(decodeGatt('2a2b', bytes)).toMatchObject({
    fields: { timestamp: '2026-03-01T10:20:30', dayOfWeek: 7 },
  });
});

test('no time is told while ours is not known, and to nobody but bluetoothd', async () => {
  local = undefined;
  await expect(read()).rejects.toMatchObject({ dbusName: 'org.bluez.Error.NotPermitted' });
  [local, isDaemon] = [LOCAL, false];
  await expect(read()).rejects.toMatchObject({ dbusName: 'org.bluez.Error.NotAuthorized' });
});

test('who subscribed is told when the clock was set, once, and why', async () => {
  const told: Buffer[] = [];
  vi.spyOn(port, 'changed').mockImplementation((_path, _name, { Value }) => {
    told.push(Value as Buffer);
  });
  const steps: (() => void)[] = [];
  vi.spyOn(globalThis, 'setInterval').mockImplementation(((step: () => void) => {
    steps.push(step);
    return setTimeout(() => undefined, 0);
  }) as typeof setInterval);
  await ask(CHARACTERISTIC, INTERFACE, 'StartNotify');
  const later = (ms: number, shown = ms) => {
    monotonic += ms;
    local = (local ?? 0) + shown;
    for (const step of steps) step();
  };
  later(60_000);
  expect(told).toEqual([]);
  later(60_000, 60_000 + 90_000);
  later(60_000);
  later(60_000, 60_000 + 3_600_000);
  expect(told.map((bytes) => bytes[9])).toEqual([2, 8]);
  vi.restoreAllMocks();
});

test('a change reaches the bus', async () => {
  const heard: unknown[] = [];
  daemon.connection.on('message', (message) => {
    if (message.member === 'PropertiesChanged') heard.push(message.body?.[0]);
  });
  await daemon.addMatch("type='signal',member='PropertiesChanged'");
  port.changed(CHARACTERISTIC, INTERFACE, { Value: Buffer.from(currentTimeBytes(LOCAL)) });
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  expect(heard).toEqual([INTERFACE]);
});

test('what bluetoothd refuses is noted by name; that it is registered already is none', async () => {
  const refuse = (dbusName: string) => async () => {
    throw Object.assign(new Error('x'), { dbusName });
  };
  await server.register(refuse('org.bluez.Error.AlreadyExists'));
  expect(notes).toEqual([]);
  await server.register(refuse('org.bluez.Error.NotSupported'));
  expect(notes).toEqual([['time-server-failed', { code: 'org.bluez.Error.NotSupported' }]]);
  const asked: unknown[] = [];
  await server.register(async (...call) => void asked.push(call));
  expect(asked).toEqual([['RegisterApplication', [TIME_APPLICATION, {}]]]);
});
