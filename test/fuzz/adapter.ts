import { setImmediate as nextTurn } from 'node:timers/promises';
import { createBluetooth } from '../../adapters/bluetooth/bluetooth.ts';
import { createRadio } from '../../adapters/bluetooth/radio/radio.ts';
import type { Capture } from '../../adapters/measurement.ts';
import type { Random } from '../../adapters/simulated/random.ts';
import { hexOf } from '../adapters/bluetooth/proprietary/scripted-link.ts';
import {
  createScriptedBindings,
  type ScriptedBindings,
} from '../adapters/bluetooth/radio/scripted-bindings.ts';
import { below, oneOf } from './bytes.ts';

const CUFF = '00005e005388';
const READ = { properties: ['read'], value: Buffer.from('Test') };
const CLOCK = Buffer.from([0xea, 7, 3, 2, 10, 0, 0]);
const OPERATIONS = [
  ...['connect', 'disconnect', 'discoverServices', 'discoverCharacteristics'],
  ...['read 180a/2a24', 'read 1810/2a08', 'notify 1810/2a35', 'notify 180f/2a19', 'read 180f/2a19'],
];
const STEPS_MAX = 25;

const cuff = {
  id: CUFF,
  advertised: ['1810'],
  gatt: {
    '180a': { '2a24': READ },
    '1810': { '2a35': { properties: ['indicate'] }, '2a08': { ...READ, value: CLOCK } },
    '180f': { '2a19': { properties: ['read', 'notify'], value: Buffer.of(80) } },
  },
};

/** One thing that happens to the radio; what it delivered is told. */
function happen(
  random: Random,
  bindings: ScriptedBindings,
  next: () => Buffer,
): Buffer | undefined {
  switch (below(random, 6)) {
    case 0:
      bindings.drop(CUFF);
      return undefined;
    case 1:
      bindings.twist.set(oneOf(random, OPERATIONS), oneOf(random, ['silence', 'refuse'] as const));
      return undefined;
    case 2:
      bindings.power(random() < 0.7);
      return undefined;
    case 3: {
      const bytes = next();
      bindings.value(CUFF, '1810', '2a35', bytes);
      return bytes;
    }
    default:
      bindings.advertise(CUFF);
      return undefined;
  }
}

/**
 * A device that is heard, connected to, refuses, falls silent and goes at any moment, with an adapter
 * that loses its power. Whatever the radio delivered is kept once, in its order; the adapter ends.
 */
export async function adapterInDisorder(random: Random): Promise<string | undefined> {
  const bindings = createScriptedBindings(cuff);
  let clock = Date.parse('2026-03-02T09:00:00Z');
  const now = () => clock;
  const note = () => undefined;
  const timeouts = { connectMs: 8, operationMs: 8 };
  const radio = createRadio({ bindings, pairing: bindings.pairing, now, note, timeouts });
  const limits = { firstValueMs: 10, idleMs: 5 };
  const adopted = () => [{ address: CUFF }];
  const adapter = createBluetooth({ radio, adopted, now, note, limits });
  const kept: Capture[] = [];
  const abort = new AbortController();
  const running = adapter.run(async (capture) => {
    if (random() < 0.3) await nextTurn();
    kept.push(capture);
  }, abort.signal);
  const sent: string[] = [];
  let count = 0;
  const next = () => Buffer.of(0, ++count, 0, 80, 0, 90, 0);
  for (let step = below(random, STEPS_MAX); step >= 0; step -= 1) {
    clock += below(random, 60_000);
    const bytes = happen(random, bindings, next);
    if (bytes) sent.push(hexOf(bytes));
    for (let turns = below(random, 12); turns > 0; turns -= 1) await nextTurn();
  }
  bindings.twist.clear();
  abort.abort();
  await running;
  const values = kept.filter(
    ({ source }) => 'characteristic' in source && source.characteristic === '2a35',
  );
  const got = values.map(({ bytes }) => hexOf(bytes)).sort();
  const wanted = sent.sort();
  return got.join() === wanted.join() ? undefined : `kept ${got} of ${wanted}`;
}
