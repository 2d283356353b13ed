import type { PairingPort } from '../bluetooth/radio/bindings.ts';
import type { VirtualDevice } from './device.ts';
import { fault } from './fault.ts';

/** Just Works takes about this long once the device is in reach, real time. */
const PAIR_MS = 50;

/**
 * Just Works with virtual devices: one that can be reached bonds, and the bond lives in the
 * device's own file. Waits for the device until the signal aborts.
 */
export function createSimulatedPairing(options: {
  readonly devices: ReadonlyMap<string, VirtualDevice>;
  readonly isConnected: (id: string) => boolean;
}): PairingPort {
  const { devices, isConnected } = options;
  return {
    pair: async (id, signal) => {
      const device = devices.get(id);
      if (!device) throw fault('radio-unknown-device', 'There is no such device in reach.');
      let reached = false;
      while (!reached) {
        signal.throwIfAborted();
        reached = isConnected(id) || device.advertising();
        await new Promise((resolve) => setTimeout(resolve, PAIR_MS));
      }
      signal.throwIfAborted();
      device.memory.setBonded(true);
    },
    unpair: async (id) => devices.get(id)?.memory.setBonded(false),
    isBonded: async (id) => devices.get(id)?.memory.bonded() ?? false,
  };
}
