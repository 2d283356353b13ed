import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createBluezObjects } from '../../../../adapters/bluetooth/radio/bluez-objects.ts';
import { hasDbusDaemon } from './mock-bluez-bus.ts';
import { DEVICE, ID, openWorld, type World } from './mock-bluez-world.ts';

const CROWD = 10_000;
/** Bytes that may be more in use after a crowd has gone; its objects alone would take ten times that. */
const HEAP_GROWTH_MAX = 2_000_000;

/** So many are there at once; bluetoothd itself forgets what it has not heard for half a minute. */
const AT_ONCE = 300;

let world: World;

beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const privateAddress = (n: number) =>
  `4A:00:00:00:${[n >> 8, n & 0xff].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`.toUpperCase();

test.skipIf(!hasDbusDaemon())(
  '10,000 private addresses come and go: what is heard stays bounded, and a device is found',
  async () => {
    await world.up();
    await world.cuff();
    const { daemon, radio } = world;
    let seen = 0;
    let most = 0;
    radio.onSeen(() => {
      seen += 1;
      most = Math.max(most, radio.heard().length);
    });
    const began = performance.now();
    const there: string[] = [];
    for (let n = 0; n < CROWD; n += 1) {
      const path = daemon.device(privateAddress(n), { AddressType: 'random', RSSI: -80 });
      daemon.added(path);
      there.push(path);
      if (there.length > AT_ONCE) daemon.removed(there.shift() ?? '');
      if (n % 100 === 0) await world.settle();
    }
    await world.settle();
    const ms = Math.round(performance.now() - began);
    console.info(`${CROWD} private addresses: ${ms} ms`);
    expect(seen).toBe(CROWD);
    expect(most).toBeLessThanOrEqual(CROWD / 10);
    for (const path of there) daemon.removed(path);
    await world.heard('/org/bluez/hci0/dev_00_00_5E_00_53_11');
    expect((await radio.connect(ID, new AbortController().signal)).address).toBe(ID);
  },
);

test("the copy of bluetoothd's objects forgets whatever went, its aliases too", () => {
  const objects = createBluezObjects('hci0');
  objects.add('/org/bluez/hci0', { 'org.bluez.Adapter1': {} });
  const paths = Array.from({ length: CROWD }, (_, n) => `/org/bluez/hci0/dev_${n}`);
  for (const [n, path] of paths.entries()) {
    objects.add(path, { [DEVICE]: { Address: privateAddress(n) }, 'org.example.Other1': {} });
    objects.change(path, DEVICE, { Address: `00:00:5E:00:${n}` }, []);
  }
  expect(objects.device('4a0000000000')).toBe(paths[0]);
  for (const path of paths) objects.remove(path, [DEVICE, 'org.example.Other1']);
  expect(objects.paths(DEVICE)).toEqual([]);
  expect(objects.paths('org.example.Other1')).toEqual([]);
  expect(objects.device('4a0000000000')).toBeUndefined();
});

test('a crowd that came and went takes no memory', () => {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const objects = createBluezObjects('hci0');
  const crowd = () => {
    for (let n = 0; n < 10 * CROWD; n += 1) {
      const path = `/org/bluez/hci0/dev_${n}`;
      objects.add(path, { [DEVICE]: { Address: privateAddress(n), RSSI: -80 } });
      objects.change(path, DEVICE, { RSSI: -70 }, []);
      objects.remove(path, [DEVICE]);
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = crowd();
  expect(crowd() - before).toBeLessThan(HEAP_GROWTH_MAX);
  expect(objects.paths(DEVICE)).toEqual([]);
});
