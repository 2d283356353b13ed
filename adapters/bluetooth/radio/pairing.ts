import { closeWindow, type PairingWindow } from './agent1.ts';
import type { PairingPort } from './bindings.ts';
import { ADAPTER, type BluezObjects, DEVICE } from './bluez-objects.ts';
import { variant } from './dbus-port.ts';
import { nameOf, RadioError } from './radio-error.ts';

/** SMP itself gives up after 30 s; connecting comes before it. */
export const PAIR_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 10_000;

export interface BluezPairingDeps {
  readonly objects: BluezObjects;
  readonly window: PairingWindow;
  readonly call: (
    path: string,
    interfaceName: string,
    member: string,
    options: { signature?: string; body?: readonly unknown[]; timeoutMs: number },
  ) => Promise<unknown>;
}

/** Bonding over bluetoothd; the bond is kept there, under the device's identity address. */
export function createBluezPairing(deps: BluezPairingDeps): PairingPort {
  const { objects, window, call } = deps;
  return {
    async pair(id, signal, dialog) {
      if (window.device !== undefined) throw new RadioError('radio-busy');
      const path = objects.device(id);
      if (path === undefined) throw new RadioError('radio-not-heard');
      if (signal.aborted) throw new RadioError('radio-aborted');
      const cancel = () =>
        call(path, DEVICE, 'CancelPairing', { timeoutMs: CALL_TIMEOUT_MS }).catch(() => undefined);
      const given = Promise.withResolvers<never>();
      const giveUp = () => {
        // As a rule this ends the other call too; bluetoothd may keep silent.
        void cancel().finally(() => given.reject(new RadioError('radio-aborted')));
      };
      window.device = path;
      window.dialog = dialog;
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        await Promise.race([
          call(path, DEVICE, 'Pair', { timeoutMs: PAIR_TIMEOUT_MS }),
          given.promise,
        ]);
      } catch (error) {
        if (signal.aborted) throw new RadioError('radio-aborted');
        const name = nameOf(error);
        if (name !== 'org.bluez.Error.AlreadyExists') {
          void cancel();
          throw new RadioError('radio-pairing-failed', name);
        }
      } finally {
        closeWindow(window);
        signal.removeEventListener('abort', giveUp);
      }
      await call(path, 'org.freedesktop.DBus.Properties', 'Set', {
        signature: 'ssv',
        body: [DEVICE, 'Trusted', variant('b', true)],
        timeoutMs: CALL_TIMEOUT_MS,
      });
    },

    async unpair(id) {
      const path = objects.device(id);
      const adapter = objects.adapter();
      if (path === undefined || adapter === undefined) return;
      try {
        await call(adapter, ADAPTER, 'RemoveDevice', {
          signature: 'o',
          body: [path],
          timeoutMs: CALL_TIMEOUT_MS,
        });
      } catch (error) {
        if (nameOf(error) !== 'org.bluez.Error.DoesNotExist') {
          throw new RadioError('radio-bus', nameOf(error));
        }
      }
    },

    async isBonded(id) {
      const path = objects.device(id);
      const device = path === undefined ? undefined : objects.get(path, DEVICE);
      // `Bonded` came with BlueZ 5.65.
      return (device?.Bonded ?? device?.Paired) === true;
    },

    identityOf(id) {
      const path = objects.device(id);
      return path === undefined ? id : objects.idOfDevice(path);
    },
  };
}
