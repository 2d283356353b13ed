import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { createSimulatedBindings } from '../../../../adapters/simulated/bindings.ts';
import { createHousehold, type Household } from '../../../../adapters/simulated/household.ts';
import { bindingsContract } from './bindings-contract.ts';
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
  const now = () => begun + (Date.now() - begun) * SPEED;
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
