import { Buffer } from 'node:buffer';
import { afterEach, expect, test } from 'vitest';
import { createBluetooth } from '../../../adapters/bluetooth/bluetooth.ts';
import { createBluezObjects, DEVICE } from '../../../adapters/bluetooth/radio/bluez-objects.ts';
import { createHearing, HEARD_COUNT_MAX } from '../../../adapters/bluetooth/radio/hearing.ts';
import {
  createNobleGate,
  type DiscoverArguments,
} from '../../../adapters/bluetooth/radio/noble-gate.ts';
import { createRadio } from '../../../adapters/bluetooth/radio/radio.ts';
import type { Capture } from '../../../adapters/measurement.ts';
import { createScriptedBindings } from './radio/scripted-bindings.ts';

/** A street of phones and sensors whose private addresses rotate: none of it stays. */
const ADDRESSES = 10_000;
const OWN = '00005e005301';
const SECRET = '40026464';

/** Random private addresses, from the range that nobody is assigned. */
const idOf = (count: number) => `4${count.toString(16).padStart(11, '0')}`;
const colons = (id: string) => id.replace(/(..)(?=.)/g, '$1:');

const passerBy = (count: number): DiscoverArguments => [
  idOf(count),
  colons(idOf(count)),
  'random',
  true,
  {
    localName: `Passer-by ${count}`,
    serviceUuids: ['1810', 'fcd2'],
    serviceData: [{ uuid: 'fcd2', data: Buffer.from(SECRET, 'hex') }],
    manufacturerData: Buffer.from(`9904${SECRET}`, 'hex'),
  },
  -60,
];

const over = { end: async () => {} };
afterEach(() => over.end());

test('10,000 rotating addresses: nothing is kept, connected to, noted or remembered', async () => {
  const bindings = createScriptedBindings();
  const kept: Capture[] = [];
  const notes: unknown[] = [];
  let clock = 1_700_000_000_000;
  const now = () => clock;
  const note = (...said: unknown[]) => void notes.push(said);
  const radio = createRadio({ bindings, pairing: bindings.pairing, now, note });
  const adopted = () => [{ address: OWN }];
  const adapter = createBluetooth({ radio, adopted, now, note });
  const abort = new AbortController();
  const running = adapter.run(async (capture) => void kept.push(capture), abort.signal);
  over.end = async () => {
    abort.abort();
    await running;
  };
  await expect.poll(() => bindings.asked).toContain('startScanning');
  let heardMax = 0;
  for (let count = 0; count < ADDRESSES; count += 1) {
    clock += 50;
    bindings.emit('discover', ...passerBy(count));
    bindings.value(idOf(count), '1810', '2a35', Buffer.from(SECRET, 'hex'));
    heardMax = Math.max(heardMax, radio.heard().length);
  }
  expect(heardMax).toBe(HEARD_COUNT_MAX);
  expect(kept).toEqual([]);
  expect(bindings.asked.filter((one) => one.startsWith('connect'))).toEqual([]);
  expect(adapter.states()).toEqual([]);
  const said = JSON.stringify(notes);
  expect(said).not.toMatch(/passer/i);
  expect(said).not.toContain(idOf(0).slice(0, 8));
  expect(said).not.toContain(SECRET);
  // What the pairing page is shown is in memory, and without what they broadcast.
  expect(adapter.seen()).toHaveLength(HEARD_COUNT_MAX);
  expect(JSON.stringify(adapter.seen())).not.toContain(SECRET);
  clock += 3_600_000;
  expect(radio.heard()).toEqual([]);
});

test('the ear forgets by age and number, the oldest first', () => {
  let clock = 0;
  const hearing = createHearing(() => clock);
  for (let count = 0; count < ADDRESSES; count += 1) hearing.take(passerBy(count));
  const left = hearing.recent().map(({ address }) => address);
  expect(left).toHaveLength(HEARD_COUNT_MAX);
  expect(left.at(-1)).toBe(idOf(ADDRESSES - 1));
  expect(hearing.argumentsOf(idOf(0))).toBeUndefined();
  clock += 180_001;
  hearing.take(passerBy(1));
  expect(hearing.recent()).toHaveLength(1);
});

test('noble is told of no passer-by, and forgets whoever was connected to', () => {
  const bindings = createScriptedBindings();
  const { noble, admit, evict } = createNobleGate(bindings);
  const { _peripherals, _services, _characteristics, _descriptors, _discoveredPeripheralUUids } =
    noble;
  const held = [
    ...[_peripherals, _services, _characteristics, _descriptors, _discoveredPeripheralUUids],
  ];
  const sizes = () => held.map((one) => Object.keys(one).length);
  for (let count = 0; count < ADDRESSES; count += 1) bindings.emit('discover', ...passerBy(count));
  expect(sizes()).toEqual([0, 0, 0, 0, 0]);
  for (let count = 0; count < 1_000; count += 1) {
    const id = idOf(count);
    const peripheral = admit(passerBy(count));
    bindings.emit('servicesDiscover', id, ['1810']);
    bindings.emit('characteristicsDiscover', id, '1810', [{ uuid: '2a35', properties: [] }]);
    expect(Object.keys(_peripherals)).toEqual([peripheral.id]);
    expect(Object.keys(_characteristics)).toEqual([id]);
    evict(id);
  }
  expect(sizes()).toEqual([0, 0, 0, 0, 0]);
  expect(noble.listenerCount('discover')).toBe(0);
});

test("bluetoothd's objects go with its signals, with all that was below and beside them", () => {
  const objects = createBluezObjects('hci0');
  objects.add('/org/bluez/hci0', { 'org.bluez.Adapter1': { Address: '00:00:5E:00:53:F0' } });
  for (let count = 0; count < ADDRESSES; count += 1) {
    const path = `/org/bluez/hci0/dev_${count}`;
    objects.add(path, { [DEVICE]: { Address: colons(idOf(count)) } });
    // It was resolved: known under two addresses while it is there.
    objects.change(path, DEVICE, { Address: colons(OWN) }, []);
    expect(objects.device(idOf(count))).toBe(path);
    objects.remove(path, [DEVICE]);
    expect(objects.device(idOf(count))).toBeUndefined();
  }
  expect(objects.paths(DEVICE)).toEqual([]);
});
