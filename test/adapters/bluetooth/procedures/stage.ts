import { expect } from 'vitest';
import type { Note } from '../../../../adapters/adapter.ts';
import { type BluetoothDeps, createBluetooth } from '../../../../adapters/bluetooth/bluetooth.ts';
import type { BluetoothLimits } from '../../../../adapters/bluetooth/limits.ts';
import { createRadio } from '../../../../adapters/bluetooth/radio/radio.ts';
import type { Capture } from '../../../../adapters/measurement.ts';
import { createScriptedBindings, type ScriptedDevice } from '../radio/scripted-bindings.ts';

/** The adapter over scripted bindings, with one adopted device. */

export const METER = '00005e005321';
/** What the gateway's clock shows on the wall, as if it were UTC. */
export const LOCAL = Date.parse('2026-03-02T10:00:00Z');

const QUICK: Partial<BluetoothLimits> = {
  firstValueMs: 60,
  idleMs: 30,
  recordWaitMs: 60,
  busyWaitMs: 5,
  contextWaitMs: 40,
  userAnswerMs: 40,
  userQuietMs: 20,
};

export async function stage(
  device: ScriptedDevice,
  lastRecord: (address: string) => Uint8Array | undefined = () => undefined,
  more: { model?: string } & Pick<BluetoothDeps, 'userCodes'> = {},
) {
  const { model, ...deps } = more;
  const bindings = createScriptedBindings(device);
  const kept: Capture[] = [];
  const notes: string[] = [];
  const set = { clock: Date.parse('2026-03-02T09:00:00Z'), trusted: true };
  const now = () => set.clock;
  const brought: unknown[] = [];
  const note: Note = (event, fields) => {
    notes.push(event);
    if (event === 'visit-ended') brought.push(fields?.count);
  };
  const radio = createRadio({ bindings, pairing: bindings.pairing, now, note });
  const adapter = createBluetooth({
    radio,
    adopted: () => [{ address: device.id, ...(model === undefined ? {} : { model }) }],
    now,
    note,
    lastRecord,
    localTime: () => (set.trusted ? LOCAL : undefined),
    ...deps,
    limits: QUICK,
  });
  const abort = new AbortController();
  const running = adapter.run(async (capture) => {
    kept.push(capture);
  }, abort.signal);
  await expect.poll(() => bindings.asked).toContain('startScanning');
  await new Promise((resolve) => setImmediate(resolve));
  let visits = 0;
  return Object.assign(set, {
    ...{ bindings, kept, notes },
    /** How many measurements each visit brought. */
    brought,
    /** What was kept, by characteristic, in order. */
    order: () =>
      kept.map(({ source }) => ('characteristic' in source ? source.characteristic : '')),
    written: () => bindings.written.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
    /** Heard once, and waited for until its visit has ended. */
    async visit(): Promise<void> {
      visits += 1;
      set.clock += 30_000;
      bindings.advertise(device.id);
      const ended = () => notes.filter((event) => event === 'visit-ended').length;
      await expect.poll(ended).toBe(visits);
    },
    async end(): Promise<void> {
      abort.abort();
      await running;
    },
  });
}

export type Stage = Awaited<ReturnType<typeof stage>>;
