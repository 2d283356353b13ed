import { closeWindow, type PairingWindow } from './agent1.ts';
import type { PairingDialog, PairingPort } from './bindings.ts';
import type { BluezBus } from './bluez-bus.ts';
import { ADAPTER, type BluezObjects, DEVICE } from './bluez-objects.ts';
import type { BondEvidence } from './bond-evidence.ts';
import { variant } from './dbus-port.ts';
import { nameOf, RadioError, type RadioErrorCode } from './radio-error.ts';

/** SMP itself gives up after 30 s; connecting comes before it. */
export const PAIR_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 10_000;
/**
 * bluetoothd answers when it has looked at the services too, which some devices hang up before: a
 * bond that is there is waited on no longer than this.
 */
const ANSWER_TIMEOUT_MS = 10_000;

/** Errors of `Pair` that are the link's: keys were not spoken of, or not to the end. */
const LINK_FAULTS: Readonly<Record<string, RadioErrorCode>> = {
  'org.bluez.Error.ConnectionAttemptFailed': 'radio-connect-failed',
  // Also when the link is lost; where we cancel ourselves the signal has aborted.
  'org.bluez.Error.AuthenticationCanceled': 'radio-disconnected',
};

export interface BluezPairingDeps {
  readonly objects: BluezObjects;
  readonly bus: Pick<BluezBus, 'call' | 'until'>;
  readonly bonds: BondEvidence;
  readonly window: PairingWindow;
}

/**
 * Bonding over bluetoothd; the bond is kept there, under the device's identity address. Only
 * `unpair` takes it away.
 */
export function createBluezPairing(deps: BluezPairingDeps): PairingPort {
  const { objects, bus, bonds, window } = deps;

  const set = (path: string, name: string, property: string, value: boolean) =>
    bus.call(path, 'org.freedesktop.DBus.Properties', 'Set', {
      signature: 'ssv',
      body: [name, property, variant('b', value)],
      timeoutMs: CALL_TIMEOUT_MS,
    });

  /** Outside of it no device gets a bond, whoever asks; bonds that are there work. */
  async function pairable(on: boolean): Promise<void> {
    const adapter = objects.adapter();
    const now = adapter === undefined ? undefined : objects.get(adapter, ADAPTER)?.Pairable;
    if (adapter === undefined || now === undefined || now === on) return;
    // Without it bluetoothd pairs and keeps nothing, which then shows.
    await set(adapter, ADAPTER, 'Pairable', on).catch(() => undefined);
  }

  /** Fulfils when there is a bond. */
  async function bond(path: string, signal: AbortSignal): Promise<void> {
    const cancel = () =>
      bus
        .call(path, DEVICE, 'CancelPairing', { timeoutMs: CALL_TIMEOUT_MS })
        .catch(() => undefined);
    const given = Promise.withResolvers<never>();
    const giveUp = () => {
      const aborted = () => given.reject(new RadioError('radio-aborted'));
      // As a rule this ends the other call too; bluetoothd may keep silent. Of a bond that is made
      // it would take the key away.
      if (bonds.isBonded(path)) aborted();
      else void cancel().finally(aborted);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    const over = new AbortController();
    try {
      const answered = bus.call(path, DEVICE, 'Pair', { timeoutMs: PAIR_TIMEOUT_MS });
      const there = bus
        .until(() => over.signal.aborted || bonds.isBonded(path), PAIR_TIMEOUT_MS)
        .then((is) => after(is ? ANSWER_TIMEOUT_MS : PAIR_TIMEOUT_MS, over.signal))
        // What is stuck in looking at its services would be so for the next connection too.
        .then(() => bus.call(path, DEVICE, 'Disconnect', { timeoutMs: CALL_TIMEOUT_MS }));
      await Promise.race([answered, there, given.promise]);
    } catch (error) {
      if (signal.aborted) throw new RadioError('radio-aborted');
      const name = nameOf(error);
      // It may bond and hang up: then the answer is an error, and the bond is there.
      if (name !== 'org.bluez.Error.AlreadyExists' && !bonds.isBonded(path)) {
        void cancel();
        throw new RadioError(LINK_FAULTS[name] ?? 'radio-pairing-failed', name);
      }
    } finally {
      over.abort();
      signal.removeEventListener('abort', giveUp);
    }
  }

  async function pair(id: string, signal: AbortSignal, dialog?: PairingDialog): Promise<void> {
    if (window.device !== undefined) throw new RadioError('radio-busy');
    const path = objects.device(id);
    if (path === undefined) throw new RadioError('radio-not-heard');
    if (signal.aborted) throw new RadioError('radio-aborted');
    window.device = path;
    window.dialog = dialog;
    try {
      await pairable(true);
      await bond(path, signal);
    } finally {
      closeWindow(window);
      await pairable(false);
    }
    await set(path, DEVICE, 'Trusted', true);
  }

  return {
    pair,
    async unpair(id) {
      const path = objects.device(id);
      const adapter = objects.adapter();
      if (path === undefined || adapter === undefined) return;
      bonds.clear(path);
      try {
        await bus.call(adapter, ADAPTER, 'RemoveDevice', {
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
      return path !== undefined && bonds.isBonded(path);
    },
    identityOf(id) {
      const path = objects.device(id);
      return path === undefined ? id : objects.idOfDevice(path);
    },
  };
}

/** Fulfils after a while; never, once the signal has aborted. */
const after = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) return;
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
