import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBroker, createClient, type DBusBroker, type MessageBus } from 'dbus-native';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  type DBusPort,
  DBusRefusal,
  type DBusSignal,
  openSystemBus,
} from '../../../../adapters/bluetooth/radio/dbus-port.ts';

const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  timeoutMs: 60_000,
};
const PEER = {
  destination: 'org.example.Peer',
  path: '/peer',
  interface: 'org.example.Peer1',
  timeoutMs: 60_000,
};

let folder: string;
let broker: DBusBroker;
let peer: MessageBus;
let port: DBusPort;
let hang: Promise<unknown>;

/** A bus in this process with one peer on it, which stands for bluetoothd. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bus-'));
  const socket = join(folder, 'bus');
  broker = createBroker();
  await new Promise((resolve) => broker.listen({ socket }, resolve));
  vi.stubEnv('DBUS_SYSTEM_BUS_ADDRESS', `unix:path=${socket}`);
  peer = createClient({ busAddress: `unix:path=${socket}` });
  hang = new Promise(() => {});
  const fail = () => {
    throw Object.assign(new Error('no'), { dbusName: 'org.bluez.Error.NotPermitted' });
  };
  peer.exportInterface({ Echo: (bytes: Buffer) => bytes, Fail: fail, Hang: () => hang }, '/peer', {
    name: 'org.example.Peer1',
    methods: { Echo: ['ay', 'ay', [], []], Fail: ['', '', [], []], Hang: ['', '', [], []] },
  });
  await peer.requestName('org.example.Peer', 0);
  port = openSystemBus();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  port.close();
  await peer.close();
  await new Promise<void>((resolve) => broker.close(resolve));
  rmSync(folder, { recursive: true });
});

test('a call comes back with its first value, an error with its name, silence in time', async () => {
  const body = [Buffer.from([1, 2, 3])];
  const answer = await port.call({ ...PEER, member: 'Echo', signature: 'ay', body });
  expect(Buffer.from(answer as Uint8Array)).toEqual(Buffer.from([1, 2, 3]));
  await expect(port.call({ ...PEER, member: 'Fail' })).rejects.toMatchObject({
    dbusName: 'org.bluez.Error.NotPermitted',
  });
  await expect(port.call({ ...PEER, member: 'Hang', timeoutMs: 30 })).rejects.toMatchObject({
    code: 'ETIMEDOUT',
  });
});

test('signals carry sender and body; dictionaries with number keys are pairs', async () => {
  const signals: DBusSignal[] = [];
  port.onSignal((signal) => signals.push(signal));
  const body = ["type='signal',sender='org.example.Peer'"];
  await port.call({ ...BUS, member: 'AddMatch', signature: 's', body });
  peer.sendSignal('/peer', 'org.example.Peer1', 'Told', 'a{qv}', [[[1177, ['ay', [5]]]]]);
  await expect.poll(() => signals.filter(({ member }) => member === 'Told')).toHaveLength(1);
  const [told] = signals.filter(({ member }) => member === 'Told');
  expect(told).toMatchObject({ sender: peer.name, path: '/peer', interface: 'org.example.Peer1' });
  expect(told?.body).toEqual([[[1177, Buffer.from([5])]]]);
});

test('an exported object is told who calls, answers, and refuses by name', async () => {
  const callers: string[] = [];
  port.exportObject('/agent', 'org.bluez.Agent1', {
    RequestConfirmation: {
      takes: 'ou',
      gives: '',
      run: ([device], sender) => {
        callers.push(sender);
        if (device !== '/chosen') throw new DBusRefusal('org.bluez.Error.Rejected');
      },
    },
  });
  const asked = { ...BUS, member: 'GetId' };
  await port.call(asked);
  const ours = broker.names().filter((name) => name.startsWith(':') && name !== peer.name);
  const ask = (device: string) =>
    peer.invoke({
      destination: ours[0] ?? '',
      path: '/agent',
      interface: 'org.bluez.Agent1',
      member: 'RequestConfirmation',
      signature: 'ou',
      body: [device, 123456],
    });
  await ask('/chosen');
  await expect(Promise.resolve(ask('/other'))).rejects.toMatchObject({
    dbusName: 'org.bluez.Error.Rejected',
  });
  expect(callers).toEqual([peer.name, peer.name]);
});

test('a bus that dies is told of once, and what was asked of it is rejected', async () => {
  const closed = vi.fn();
  port.onClose(closed);
  await port.call({ ...BUS, member: 'GetId' });
  const waiting = port.call({ ...PEER, member: 'Hang' });
  const rejected = expect(waiting).rejects.toMatchObject({ code: 'ECONNCLOSED' });
  await new Promise<void>((resolve) => broker.close(resolve));
  await rejected;
  await expect.poll(() => closed.mock.calls.length).toBe(1);
});

test('a bus that is not there is told of, and nothing is thrown', async () => {
  vi.stubEnv('DBUS_SYSTEM_BUS_ADDRESS', `unix:path=${join(folder, 'nobody')}`);
  const nobody = openSystemBus();
  const closed = vi.fn();
  nobody.onClose(closed);
  await expect(nobody.call({ ...BUS, member: 'GetId' })).rejects.toBeDefined();
  await expect.poll(() => closed.mock.calls.length).toBe(1);
});
