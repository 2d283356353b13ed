import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSimulatedBindings } from '../../../adapters/simulated/bindings.ts';
import type { GroundTruthLine } from '../../../adapters/simulated/ground-truth.ts';
import { createHousehold } from '../../../adapters/simulated/household.ts';

const createNoble = createRequire(import.meta.url)('@abandonware/noble/with-bindings');
const SPEED = 100;
const CUFF = '00005e005301';

let folder: string;
const closers: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'household-'));
});

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  rmSync(folder, { recursive: true });
});

function open(speed = SPEED) {
  const realStart = Date.now();
  const now = () => realStart + Math.round((Date.now() - realStart) * speed);
  const household = createHousehold({ folder, seed: 7, now, zone: 'Europe/Oslo', speed });
  const { bindings, pairing } = createSimulatedBindings({ household });
  const noble = createNoble(bindings);
  const close = async () => {
    bindings.stop();
    await household.stop({ flush: false });
  };
  return { household, bindings, pairing, noble, close };
}

function truth(): GroundTruthLine[] {
  return readFileSync(join(folder, 'ground-truth.ndjson'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

async function find(noble: ReturnType<typeof createNoble>, id: string) {
  await new Promise<void>((resolve) => {
    if (noble.state === 'poweredOn') resolve();
    else noble.once('stateChange', () => resolve());
  });
  const found = new Promise<never>((resolve) => {
    noble.on('discover', (peripheral: never) => {
      if ((peripheral as { id: string }).id === id) resolve(peripheral);
    });
  });
  await noble.startScanningAsync([], true);
  return (await found) as {
    connectAsync(): Promise<void>;
    disconnectAsync(): Promise<void>;
    once(event: string, listener: () => void): void;
    discoverAllServicesAndCharacteristicsAsync(): Promise<{
      characteristics: {
        uuid: string;
        _serviceUuid: string;
        readAsync(): Promise<Buffer>;
        subscribeAsync(): Promise<void>;
        on(event: 'data', listener: (bytes: Buffer, isNotification: boolean) => void): void;
      }[];
    }>;
  };
}

async function subscribe(noble: ReturnType<typeof createNoble>, id: string, uuid: string) {
  const peripheral = await find(noble, id);
  await peripheral.connectAsync();
  const { characteristics } = await peripheral.discoverAllServicesAndCharacteristicsAsync();
  const result = characteristics.find((found) => found.uuid === uuid);
  if (!result) throw new Error('no such characteristic');
  const received: string[] = [];
  result.on('data', (bytes) => received.push(bytes.toString('hex')));
  await result.subscribeAsync();
  return { peripheral, characteristics, received };
}

async function until(met: () => boolean) {
  while (!met()) await pause(2);
}

test('a cuff is found, read and heard through noble, and only then forgets its record', async () => {
  const { household, noble, close } = open();
  closers.push(close);
  household.start();
  const { characteristics, received } = await subscribe(noble, CUFF, '2a35');
  const read = async (uuid: string) =>
    (await characteristics.find((found) => found.uuid === uuid)?.readAsync())?.toString('hex');
  expect(await read('2a23')).toBe('015300feff5e0000');
  expect((await read('2a2b'))?.length).toBe(20);
  await until(() => received.length > 0);
  expect(household.summary()).toMatchObject({ handedOver: 0 });
  await until(() => household.summary().handedOver > 0);
  const [line] = truth();
  expect(line).toMatchObject({
    n: 1,
    device: '00-00-5E-FF-FE-00-53-01',
    kind: 'blood-pressure',
    person: 'Kari Eksempel',
    handedOver: true,
  });
  expect(household.units[0]?.memory.waiting()).toEqual([]);
});
