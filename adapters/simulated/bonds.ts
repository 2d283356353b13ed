import { readIfThere, replaceFile } from './files.ts';
import type { VirtualDevice } from './virtual-device.ts';

/** The gateway's keys for devices, as bluetoothd keeps them: over restarts and power cuts. */
export interface Bonds {
  has(id: string): boolean;
  /** On disk when it returns. */
  set(id: string, bonded: boolean): void;
}

/** Keys in a file of their own: either side can lose one without the other. */
export function openBonds(file: string): Bonds {
  const bonded = new Set<string>(JSON.parse(readIfThere(file) ?? '[]'));
  return {
    has: (id) => bonded.has(id),
    set: (id, on) => {
      if (on) bonded.add(id);
      else bonded.delete(id);
      replaceFile(file, JSON.stringify([...bonded]));
    },
  };
}

/** The demo's: where the device has a key, the gateway has it. */
export function bondsOfDevices(units: readonly VirtualDevice[]): Bonds {
  const memoryOf = (id: string) => units.find((unit) => unit.id === id)?.memory;
  return {
    has: (id) => memoryOf(id)?.bonded() ?? false,
    set: (id, bonded) => memoryOf(id)?.setBonded(bonded),
  };
}
