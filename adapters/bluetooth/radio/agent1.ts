import type { PairingDialog } from './bindings.ts';
import { type DBusMethod, DBusRefusal } from './dbus-port.ts';

export const AGENT_PATH = '/iomt/agent';
export const AGENT_INTERFACE = 'org.bluez.Agent1';
/** What the gateway can do with a person at its page; Just Works comes of it where it must. */
export const AGENT_CAPABILITY = 'KeyboardDisplay';

/** Largest passkey: six digits (Core specification, volume 3, part H, 2.3.5.2). */
const PASSKEY_MAX = 999_999;

/** While open, requests about one device are answered; all others are rejected. */
export interface PairingWindow {
  /** Path of the chosen device's object. */
  device: string | undefined;
  /** The person who pairs; without, nothing that takes a person is answered. */
  dialog: PairingDialog | undefined;
  /** The question that bluetoothd waits for; ends with the window, or when it is taken back. */
  question: AbortController | undefined;
}

export const createPairingWindow = (): PairingWindow => ({
  device: undefined,
  dialog: undefined,
  question: undefined,
});

/** Closes the window; whoever is being asked needs not answer any more. */
export function closeWindow(window: PairingWindow): void {
  window.question?.abort();
  window.device = undefined;
  window.dialog = undefined;
  window.question = undefined;
}

const reject = (): never => {
  throw new DBusRefusal('org.bluez.Error.Rejected');
};
const digits = (passkey: unknown) => String(passkey).padStart(6, '0');

/**
 * BlueZ's questions while pairing: passkey entry, passkey display, numeric comparison, and Just
 * Works, for which newer versions ask too and older ones do not. PIN codes are not of LE.
 * `trusted` tells whether a caller is bluetoothd: anybody on the bus may call.
 */
export function agentMethods(
  window: PairingWindow,
  trusted: (sender: string) => boolean,
): Record<string, DBusMethod> {
  const allowChosen = ([device]: readonly unknown[], sender: string): void => {
    if (!trusted(sender) || device === undefined || device !== window.device) reject();
  };
  const person = (args: readonly unknown[], sender: string): PairingDialog => {
    allowChosen(args, sender);
    return window.dialog ?? reject();
  };
  const ask = async <T>(question: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    window.question?.abort();
    const own = new AbortController();
    window.question = own;
    const ended = new Promise<never>((_, cancel) => {
      const refusal = new DBusRefusal('org.bluez.Error.Canceled');
      own.signal.addEventListener('abort', () => cancel(refusal), { once: true });
    });
    try {
      return await Promise.race([ended, question(own.signal)]);
    } catch (error) {
      // What a dialog throws has no name that bluetoothd knows, and may tell more than it should.
      throw error instanceof DBusRefusal ? error : new DBusRefusal('org.bluez.Error.Canceled');
    } finally {
      if (window.question === own) window.question = undefined;
    }
  };
  const nothing = () => undefined;
  return {
    Release: { takes: '', gives: '', run: nothing },
    Cancel: {
      takes: '',
      gives: '',
      run: (_args, sender) => void (trusted(sender) && window.question?.abort()),
    },
    RequestAuthorization: { takes: 'o', gives: '', run: allowChosen },
    AuthorizeService: { takes: 'os', gives: '', run: allowChosen },
    RequestConfirmation: {
      takes: 'ou',
      gives: '',
      async run(args, sender) {
        const dialog = person(args, sender);
        const same = await ask((signal) => dialog.confirmPasskey(digits(args[1]), signal));
        if (same !== true) reject();
      },
    },
    RequestPasskey: {
      takes: 'o',
      gives: 'u',
      async run(args, sender) {
        const dialog = person(args, sender);
        const passkey = await ask((signal) => dialog.enterPasskey(signal));
        const valid = Number.isInteger(passkey) && passkey >= 0 && passkey <= PASSKEY_MAX;
        return valid ? passkey : reject();
      },
    },
    DisplayPasskey: {
      takes: 'ouq',
      gives: '',
      run: (args, sender) => person(args, sender).showPasskey(digits(args[1]), Number(args[2])),
    },
    RequestPinCode: { takes: 'o', gives: 's', run: reject },
    DisplayPinCode: { takes: 'os', gives: '', run: reject },
  };
}
