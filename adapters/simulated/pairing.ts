import type { PairingDialog, PairingPort } from '../bluetooth/radio/bindings.ts';
import type { Bonds } from './bonds.ts';
import { fault } from './fault.ts';
import type { VirtualDevice } from './virtual-device.ts';

/** Just Works takes about this long once the device is in reach, real time. */
const PAIR_MS = 50;

/**
 * Pairing with virtual devices: Just Works, or the passkey that the device shows. Both sides keep
 * their key; a bond that the gateway has already is no reason to ask. Waits for the device until
 * the signal aborts.
 * @param options.isReachable connected, or advertising while the radio is on
 */
export function createSimulatedPairing(options: {
  readonly devices: ReadonlyMap<string, VirtualDevice>;
  readonly bonds: Bonds;
  readonly isUp: () => boolean;
  readonly isReachable: (device: VirtualDevice) => boolean;
}): PairingPort {
  const { devices, bonds, isUp, isReachable } = options;
  return {
    pair: async (id, signal, dialog) => {
      const device = devices.get(id);
      if (!device) throw fault('radio-unknown-device', 'There is no such device in reach.');
      let reached = false;
      while (!reached) {
        signal.throwIfAborted();
        reached = isReachable(device);
        await new Promise((resolve) => setTimeout(resolve, PAIR_MS));
      }
      signal.throwIfAborted();
      if (bonds.has(id) && device.memory.bonded()) return;
      if (!device.acceptsPairing()) throw refused('AuthenticationRejected');
      if (device.model.bond === 'passkey') await enter(device, signal, dialog);
      device.memory.setBonded(true);
      bonds.set(id, true);
    },
    // bluetoothd knows nobody while it is away
    unpair: async (id) => {
      if (isUp()) bonds.set(id, false);
    },
    isBonded: async (id) => isUp() && bonds.has(id),
  };
}

async function enter(
  { unit }: VirtualDevice,
  signal: AbortSignal,
  dialog: PairingDialog | undefined,
): Promise<void> {
  if (!dialog) throw refused('AuthenticationFailed');
  const entered = await dialog.enterPasskey(signal);
  signal.throwIfAborted();
  if (entered !== Number(unit.passkey)) throw refused('AuthenticationFailed');
}

const refused = (why: string) => fault(`org.bluez.Error.${why}`, 'The device refused to pair.');
