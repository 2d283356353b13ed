import type { DBusMethod } from './dbus-port.ts';
import { DBusRefusal } from './dbus-port.ts';

export const AGENT_PATH = '/iomt/agent';
export const AGENT_INTERFACE = 'org.bluez.Agent1';
/** What the gateway could do with a person at its page; Just Works comes of it where it must. */
export const AGENT_CAPABILITY = 'KeyboardDisplay';

/** While open, requests about one device are answered; all others are rejected. */
export interface PairingWindow {
  /** Path of the chosen device's object. */
  device: string | undefined;
}

const reject = () => {
  throw new DBusRefusal('org.bluez.Error.Rejected');
};

/**
 * BlueZ's questions while pairing. Newer versions ask for Just Works too, older ones do not ask at
 * all. Codes are not entered or shown yet, so requests for them are rejected.
 * `trusted` tells whether a caller is bluetoothd: anybody on the bus may call.
 */
export function agentMethods(
  window: Readonly<PairingWindow>,
  trusted: (sender: string) => boolean,
): Record<string, DBusMethod> {
  const allowChosen = ([device]: readonly unknown[], sender: string) => {
    if (!trusted(sender) || device === undefined || device !== window.device) reject();
  };
  const nothing = () => undefined;
  return {
    Release: { takes: '', gives: '', run: nothing },
    Cancel: { takes: '', gives: '', run: nothing },
    RequestAuthorization: { takes: 'o', gives: '', run: allowChosen },
    RequestConfirmation: { takes: 'ou', gives: '', run: allowChosen },
    AuthorizeService: { takes: 'os', gives: '', run: allowChosen },
    RequestPinCode: { takes: 'o', gives: 's', run: reject },
    RequestPasskey: { takes: 'o', gives: 'u', run: reject },
    DisplayPinCode: { takes: 'os', gives: '', run: reject },
    DisplayPasskey: { takes: 'ouq', gives: '', run: reject },
  };
}
