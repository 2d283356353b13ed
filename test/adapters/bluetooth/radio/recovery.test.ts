import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBluez } from '../../../../adapters/bluetooth/radio/bluez.ts';
import { createRadio } from '../../../../adapters/bluetooth/radio/radio.ts';
import type { Remedy } from '../../../../adapters/bluetooth/radio/recovery.ts';
import { ADAPTER_PATH, busError, FakeBluetoothd } from './fake-bluetoothd.ts';
import { createScriptedBindings } from './scripted-bindings.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Noted = { event: string; [field: string]: unknown };

function stage(remedies?: readonly Remedy[]) {
  const bindings = createScriptedBindings();
  const notes: Noted[] = [];
  const note = (event: string, fields = {}) => void notes.push({ event, ...fields });
  const now = () => Date.now();
  const { pairing } = bindings;
  const radio = createRadio({ bindings, pairing, now, note, ...(remedies ? { remedies } : {}) });
  radio.startScanning();
  const told = (event: string) => notes.filter((one) => one.event === event);
  return { bindings, radio, told, notes };
}

const remedy = (name: Remedy['name'], run: () => Promise<void>): Remedy => ({ name, run });

test('seven days in which nobody measures: the adapter is asked every minute, and nothing is mended', async () => {
  const run = vi.fn(async () => undefined);
  const { bindings, notes, radio } = stage([remedy('power-cycle', run)]);
  await vi.advanceTimersByTimeAsync(7 * DAY_MS);
  const starts = bindings.asked.filter((one) => one === 'startScanning').length;
  expect(starts).toBeGreaterThan(7 * 24 * 59);
  expect(run).not.toHaveBeenCalled();
  expect(notes.map(({ event }) => event)).toEqual(['radio-state']);
  const stopped = radio.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
});

test('an adapter that takes no discovery: gentle first, one step a minute, then said to be dead, then again', async () => {
  const done: string[] = [];
  const step = (name: Remedy['name'], works: boolean) =>
    remedy(name, async () => {
      done.push(name);
      if (!works) throw new Error('refused');
    });
  const { bindings, told } = stage([
    step('power-cycle', true),
    step('restart-service', false),
    step('re-authorise', true),
  ]);
  await vi.advanceTimersByTimeAsync(MINUTE_MS / 2);
  bindings.startScanning = () => bindings.emit('gattError', { op: 'scan', id: '' });
  await vi.advanceTimersByTimeAsync(MINUTE_MS + 29_000);
  expect([done, told('radio-unwell')]).toEqual([['power-cycle'], [expect.anything()]]);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  // What cannot be done here is not waited for.
  expect(done).toEqual(['power-cycle', 'restart-service', 're-authorise']);
  expect(told('radio-remedy').map(({ op, state }) => [op, state])).toEqual([
    ['power-cycle', true],
    ['restart-service', false],
    ['re-authorise', true],
  ]);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(told('radio-dead')).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(15 * MINUTE_MS);
  expect(done).toHaveLength(4);
});

test('recovered: the ladder begins at its foot the next time', async () => {
  const done: string[] = [];
  const { bindings, told } = stage([
    remedy('power-cycle', async () => {
      done.push('power-cycle');
      bindings.power(false);
      bindings.power(true);
    }),
    remedy('restart-service', async () => void done.push('restart-service')),
  ]);
  await vi.advanceTimersByTimeAsync(1_000);
  for (const round of [1, 2]) {
    bindings.power(false);
    await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect([done.length, told('radio-recovered').length]).toEqual([round, round]);
  }
  expect(done).toEqual(['power-cycle', 'power-cycle']);
});

test('off for less than half a minute, as when bluetoothd is restarted: nothing is done', async () => {
  const run = vi.fn(async () => undefined);
  const { bindings, told } = stage([remedy('power-cycle', run)]);
  await vi.advanceTimersByTimeAsync(1_000);
  bindings.power(false);
  await vi.advanceTimersByTimeAsync(20_000);
  bindings.power(true);
  await vi.advanceTimersByTimeAsync(5 * MINUTE_MS);
  expect(run).not.toHaveBeenCalled();
  expect(told('radio-recovered')).toHaveLength(1);
});

test('over BlueZ: power off and on, then systemd is asked for one unit each, and no other', async () => {
  const daemon = new FakeBluetoothd();
  const { bindings, remedies } = createBluez({
    adapter: 'hci0',
    note: () => undefined,
    openBus: daemon.openBus,
  });
  bindings.init();
  await vi.advanceTimersByTimeAsync(10);
  const asked: unknown[] = [];
  for (const member of ['Set', 'RestartUnit', 'StartUnit']) {
    daemon.answers.set(member, ({ destination, path, body }) => {
      asked.push([destination, path, member, body?.[member === 'Set' ? 1 : 0]]);
      if (member === 'StartUnit') throw busError('org.freedesktop.DBus.Error.AccessDenied');
      return undefined;
    });
  }
  const outcomes: boolean[] = [];
  for (const one of remedies) {
    const run = one.run().then(
      () => outcomes.push(true),
      () => outcomes.push(false),
    );
    await vi.advanceTimersByTimeAsync(5_000);
    await run;
  }
  expect(outcomes).toEqual([true, true, false]);
  const systemd = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1'];
  expect(asked).toEqual([
    ['org.bluez', ADAPTER_PATH, 'Set', 'Powered'],
    ['org.bluez', ADAPTER_PATH, 'Set', 'Powered'],
    [...systemd, 'RestartUnit', 'bluetooth.service'],
    [...systemd, 'StartUnit', 'iomt-radio-reset.service'],
  ]);
  bindings.stop();
});
