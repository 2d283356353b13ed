import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe } from 'vitest';
import { createBluez } from '../../../../adapters/bluetooth/radio/bluez.ts';
import { createSimulatedBindings } from '../../../../adapters/simulated/bindings.ts';
import { createHousehold, type Household } from '../../../../adapters/simulated/household.ts';
import { bindingsContract } from './bindings-contract.ts';
import { MockBluez } from './mock-bluez.ts';
import { hasDbusDaemon, type PrivateBus, startPrivateBus } from './mock-bluez-bus.ts';
import { createScriptedBindings } from './scripted-bindings.ts';

/** The contract's own check, on bindings that are nothing but obedient. */
bindingsContract('scripted', () => {
  const address = '00005e005311';
  const bindings = createScriptedBindings({
    id: address,
    advertised: ['1810'],
    gatt: {
      '180a': { '2a24': { properties: ['read'], value: Buffer.from('MODEL') } },
      '1810': { '2a35': { properties: ['indicate'] } },
    },
  });
  return {
    bindings,
    pairing: bindings.pairing,
    device: {
      address,
      service: '1810',
      readable: { service: '180a', characteristic: '2a24' },
      notifying: { service: '1810', characteristic: '2a35' },
    },
    wake: () => bindings.advertise(address),
    send: () => bindings.value(address, '1810', '2a35', new Uint8Array([1])),
  };
});

const SIMULATED_CUFF = '00005e005301';
/** Its devices measure every few hours of their own time. */
const SPEED = 100;
const opened: { household: Household; folder: string }[] = [];

afterAll(async () => {
  for (const { household, folder } of opened) {
    await household.stop({ flush: false });
    rmSync(folder, { recursive: true });
  }
});

bindingsContract('simulated', () => {
  const folder = mkdtempSync(join(tmpdir(), 'household-'));
  const begun = Date.now();
  // A morning on which no clock changes.
  const now = () => Date.parse('2026-03-02T08:00:00+01:00') + (Date.now() - begun) * SPEED;
  const household = createHousehold({ folder, seed: 1, now, zone: 'Europe/Oslo', speed: SPEED });
  opened.push({ household, folder });
  household.start();
  return {
    ...createSimulatedBindings({ household }),
    device: {
      address: SIMULATED_CUFF,
      service: '1810',
      readable: { service: '180a', characteristic: '2a24' },
      notifying: { service: '1810', characteristic: '2a35' },
    },
  };
});

describe.skipIf(!hasDbusDaemon())('over a bus', () => {
  let bus: PrivateBus;
  let daemon: MockBluez;
  beforeEach(async () => {
    bus = await startPrivateBus();
    daemon = new MockBluez(bus.address);
  });
  afterEach(async () => {
    daemon.vanish();
    await bus[Symbol.asyncDispose]();
  });

  bindingsContract('BlueZ', () => {
    const path = daemon.device('00:00:5E:00:53:11');
    const indication = daemon.characteristic(path, '1810', '2a35', ['indicate']);
    daemon.characteristic(path, '180a', '2a24', ['read']);
    daemon.answers.set('ReadValue', () => Buffer.from('MODEL'));
    void daemon.arrive();
    const value = { Value: Buffer.from([1]) };
    return {
      ...createBluez({ adapter: 'hci0', note: () => undefined }),
      device: {
        address: '00005e005311',
        service: '1810',
        readable: { service: '180a', characteristic: '2a24' },
        notifying: { service: '1810', characteristic: '2a35' },
      },
      wake: () => daemon.changed(path, 'org.bluez.Device1', { RSSI: -50 }),
      send: () => daemon.changed(indication, 'org.bluez.GattCharacteristic1', value),
    };
  });
});
