import { expect, onTestFinished } from 'vitest';
import { type BluetoothAdapter, createBluetooth } from '../../../adapters/bluetooth/bluetooth.ts';
import type { BluetoothLimits } from '../../../adapters/bluetooth/limits.ts';
import { createRadio, type Radio } from '../../../adapters/bluetooth/radio/radio.ts';
import type { Capture } from '../../../adapters/measurement.ts';
import {
  createScriptedBindings,
  type ScriptedBindings,
  type ScriptedDevice,
} from './radio/scripted-bindings.ts';

export const CUFF = '00005e005311';
export const SENSOR = '00005e005312';
export const STRANGER = '00005e005313';
/** What the cuff indicates. */
export const VALUE = new Uint8Array([0x16, 1, 2, 3]);

/** A cuff by the standard services, as they are asked. */
export const cuff = (id = CUFF): ScriptedDevice => ({
  id,
  name: 'Test cuff',
  advertised: ['1810'],
  gatt: {
    '1810': { '2a35': { properties: ['indicate'] }, '2a49': { properties: ['read'] } },
    '1805': { '2a2b': { properties: ['read', 'notify'], value: new Uint8Array(10) } },
    '180a': {
      '2a24': { properties: ['read'], value: Buffer.from('MODEL') },
      '2a23': { properties: ['read'], value: new Uint8Array(8) },
      '2a50': { properties: ['read'], value: new Uint8Array(7) },
    },
    '180f': { '2a19': { properties: ['read', 'notify'], value: new Uint8Array([88]) } },
  },
});

export interface Stage {
  readonly bindings: ScriptedBindings;
  readonly adapter: BluetoothAdapter;
  readonly radio: Radio;
  readonly kept: Capture[];
  readonly notes: string[];
  readonly adopted: { address: string }[];
  clock: number;
  /** Ends the adapter, as the end of the test does. */
  readonly end: () => Promise<void>;
}

/** Waits of a visit, short enough for a test. */
export const QUICK: Partial<BluetoothLimits> = { firstValueMs: 60, idleMs: 30, pairWaitMs: 100 };

/** The adapter on a scripted radio, scanning, until the test ends; the cuff and the sensor are adopted. */
export async function stage(
  devices: ScriptedDevice[],
  limits: Partial<BluetoothLimits> = QUICK,
  keep?: (capture: Capture) => Promise<void>,
): Promise<Stage> {
  const bindings = createScriptedBindings(...devices);
  const kept: Capture[] = [];
  const notes: string[] = [];
  const adopted = [{ address: CUFF }, { address: SENSOR }];
  const note = (event: string) => void notes.push(event);
  const set = { bindings, kept, notes, adopted, clock: 1_700_000_000_000 };
  const now = () => set.clock;
  const radio = createRadio({ bindings, pairing: bindings.pairing, now, note });
  const adapter = createBluetooth({ radio, adopted: () => adopted, now, note, limits });
  const abort = new AbortController();
  const running = adapter.run(
    keep ??
      (async (capture) => {
        kept.push(capture);
      }),
    abort.signal,
  );
  const end = async () => {
    abort.abort();
    await running;
  };
  onTestFinished(end);
  await expect.poll(() => bindings.asked).toContain('startScanning');
  await new Promise((resolve) => setImmediate(resolve));
  return Object.assign(set, { radio, adapter, end });
}

/** Its characteristic, or where else it came from. */
export const named = ({ source }: Capture) =>
  'characteristic' in source ? source.characteristic : JSON.stringify(source);
/** How many ended. */
export const visits = ({ notes }: Stage) => notes.filter((event) => event === 'visit-ended').length;
/** What the radio was asked of this kind, in order. */
export const asked = ({ bindings }: Stage, op: string) =>
  bindings.asked.filter((one) => one.startsWith(`${op} `));
