import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBluetooth } from '../../../adapters/bluetooth/bluetooth.ts';
import { createRadio } from '../../../adapters/bluetooth/radio/radio.ts';
import type { Capture } from '../../../adapters/measurement.ts';
import { createScriptedBindings, type ScriptedDevice } from './radio/scripted-bindings.ts';

/** Cuffs and scales can be reached this long after a measurement. */
const AWAKE_MS = 30_000;
const VALUE = new Uint8Array([0x16, 1, 2, 3]);
const idOf = (n: number) => `00005e00532${n}`;

const device = (n: number): ScriptedDevice => ({
  id: idOf(n),
  name: `Device ${n}`,
  advertised: ['1810'],
  gatt: { '1810': { '2a35': { properties: ['indicate'] } } },
});

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function stage(count: number, hangsUp: boolean) {
  const devices = Array.from({ length: count }, (_, n) => device(n));
  const bindings = createScriptedBindings(...devices);
  const kept: Capture[] = [];
  const asleep = new Set<string>();
  const memory = new Map(devices.map(({ id }) => [id, 1]));
  const now = () => Date.now();
  const note = () => undefined;
  const radio = createRadio({ bindings, pairing: bindings.pairing, now, note });
  const adopted = () => devices.map(({ id }) => ({ address: id }));
  const adapter = createBluetooth({ radio, adopted, now, note });
  const abort = new AbortController();
  const keep = async (capture: Capture) => void kept.push(capture);
  const running = adapter.run(keep, abort.signal);
  // What it stored is sent once somebody subscribes; then it may hang up.
  bindings.on('notify', (id: string) => {
    for (let left = memory.get(id) ?? 0; left > 0; left -= 1) {
      setTimeout(() => bindings.value(id, '1810', '2a35', VALUE), 200);
      if (hangsUp) setTimeout(() => bindings.drop(id), 400);
    }
    memory.set(id, 0);
  });
  const awake = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      for (const { id } of devices) if (!asleep.has(id)) bindings.advertise(id);
      await vi.advanceTimersByTimeAsync(500);
    }
  };
  const brought = (id: string) =>
    kept.filter((one) => one.peripheral === id && 'characteristic' in one.source).length;
  const end = async () => {
    abort.abort();
    await vi.advanceTimersByTimeAsync(10_000);
    await running;
  };
  return { bindings, memory, asleep, awake, brought, end, devices };
}

test.each([true, false])(
  'five that wake together are all called on (hanging up: %s)',
  async (hangsUp) => {
    const home = stage(5, hangsUp);
    await home.awake(AWAKE_MS);
    expect(home.devices.map(({ id }) => home.brought(id))).toEqual([1, 1, 1, 1, 1]);
    await home.end();
  },
);

test('two that cannot be reached do not cost the others their half minute', async () => {
  const home = stage(5, false);
  const answer = home.bindings.connect.bind(home.bindings);
  home.bindings.connect = (id, parameters) => {
    if (id !== idOf(0) && id !== idOf(1)) answer(id, parameters);
  };
  await home.awake(AWAKE_MS);
  expect(home.devices.map(({ id }) => home.brought(id))).toEqual([0, 0, 1, 1, 1]);
  await home.end();
});

test('who measures again a moment later is called on within the half minute', async () => {
  const home = stage(1, true);
  await home.awake(6_000);
  expect(home.brought(idOf(0))).toBe(1);
  home.memory.set(idOf(0), 1);
  await home.awake(AWAKE_MS);
  expect(home.brought(idOf(0))).toBe(2);
  await home.end();
});
