import { setTimeout as pause } from 'node:timers/promises';
import withBindings from '@abandonware/noble/with-bindings.js';
import type { NobleBindings } from '../../../adapters/bluetooth/radio/bindings.ts';
import type {
  Noble,
  NobleCharacteristic,
  NoblePeripheral,
} from '../../../adapters/bluetooth/radio/noble-gate.ts';
import { createSimulatedBindings } from '../../../adapters/simulated/bindings.ts';
import type { GroundTruthLine } from '../../../adapters/simulated/ground-truth.ts';
import { createHousehold } from '../../../adapters/simulated/household.ts';

interface AskedCharacteristic extends NobleCharacteristic {
  readAsync(): Promise<Buffer>;
}

interface AskedPeripheral extends NoblePeripheral {
  connectAsync(): Promise<void>;
  disconnectAsync(): Promise<void>;
  discoverAllServicesAndCharacteristicsAsync(): Promise<{
    characteristics: readonly AskedCharacteristic[];
  }>;
}

type AskedNoble = Noble & {
  readonly state: string;
  startScanningAsync(uuids: string[], duplicates: boolean): Promise<void>;
};

/** A morning on which no clock changes. */
const START = Date.parse('2026-03-02T08:00:00+01:00');

/** A household in the folder on a clock of its own, with its radio. */
export function openHousehold(folder: string, speed: number, startsAt = START) {
  const realStart = Date.now();
  const now = () => startsAt + Math.round((Date.now() - realStart) * speed);
  const household = createHousehold({ folder, seed: 7, now, zone: 'Europe/Oslo', speed });
  const { bindings, pairing } = createSimulatedBindings({ household });
  const close = async () => {
    bindings.stop();
    await household.stop({ flush: false });
  };
  return { household, bindings, pairing, now, close };
}

export async function scanning(bindings: NobleBindings): Promise<AskedNoble> {
  const noble = withBindings(bindings) as AskedNoble;
  if (noble.state !== 'poweredOn') {
    await new Promise<void>((resolve) => noble.once('stateChange', () => resolve()));
  }
  await noble.startScanningAsync([], true);
  return noble;
}

export async function reach(noble: AskedNoble, id: string) {
  const peripheral = await new Promise<AskedPeripheral>((resolve) => {
    noble.on('discover', (found: AskedPeripheral) => {
      if (found.id === id) resolve(found);
    });
  });
  await peripheral.connectAsync();
  const { characteristics } = await peripheral.discoverAllServicesAndCharacteristicsAsync();
  const find = (uuid: string) => {
    const found = characteristics.find((one) => one.uuid === uuid);
    if (!found) throw new Error(`no characteristic ${uuid}`);
    return found;
  };
  return { peripheral, find };
}

/** A gateway that takes everything: connects to whatever it hears and listens to its results. */
export async function collect(
  bindings: NobleBindings,
  onResult: (id: string, hex: string) => void,
): Promise<void> {
  const results = ['2a35', '2a9d', '2a9c', '2a1c', '2a5e', '2a37'];
  const noble = await scanning(bindings);
  noble.on('discover', (peripheral: AskedPeripheral) => {
    if (peripheral.state !== 'disconnected') return;
    peripheral.connect();
    peripheral.once('connect', async () => {
      const { characteristics } = await peripheral.discoverAllServicesAndCharacteristicsAsync();
      const result = characteristics.find(({ uuid }) => results.includes(uuid));
      result?.on('data', (bytes: Buffer) => onResult(peripheral.id, bytes.toString('hex')));
      result?.notify(true);
    });
  });
}

export function linesOf(text: string): GroundTruthLine[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

export async function until(met: () => boolean): Promise<void> {
  while (!met()) await pause(2);
}
