/** What can go wrong with the radio, each with words for people and what to do about it. */
const FAULTS = {
  'radio-timeout': ['The device did not answer in time.', 'Bring it closer and try again.'],
  'radio-disconnected': ['The device closed the connection.', 'It will be tried again.'],
  'radio-gatt-refused': ['The device refused the request.', 'Pair it again if this goes on.'],
  'radio-aborted': ['The request was cancelled.', 'Nothing needs to be done.'],
  'radio-not-heard': ['The device is not heard.', 'Wake it up, close to the gateway.'],
  'radio-not-found': ['The device has no such characteristic.', 'Nothing needs to be done.'],
  'radio-connect-failed': ['No connection to the device.', 'Bring it closer and try again.'],
  'radio-pairing-unsupported': ['This radio cannot pair.', 'Use the bluez backend.'],
  'radio-pairing-failed': [
    'Pairing failed.',
    'Put the device in pairing mode, and remove it from other phones or gateways.',
  ],
  'radio-bond-lost': [
    'The device has forgotten this gateway.',
    'Put the device in pairing mode and pair it again.',
  ],
  'radio-busy': ['Another device is being paired.', 'Wait until it is done.'],
  'radio-off': ['Bluetooth is off.', 'Turn the adapter on, and check that bluetoothd runs.'],
  'radio-hci-driver': [
    'The hci backend has no driver here.',
    'Build it with `npm rebuild @abandonware/bluetooth-hci-socket --ignore-scripts=false` (it needs g++, make and python3), or use the bluez backend.',
  ],
  'radio-bus': ['The Bluetooth service did not answer.', 'Check that bluetoothd and D-Bus run.'],
} as const satisfies Record<string, readonly [message: string, hint: string]>;

export type RadioErrorCode = keyof typeof FAULTS;

/** An error of the radio, in the form of the agent's coded errors; holds no address. */
export class RadioError extends Error {
  readonly code: RadioErrorCode;
  readonly hint: string;
  /** Name of the error below, e.g. `org.bluez.Error.Failed`. */
  readonly detail: string | undefined;

  constructor(code: RadioErrorCode, detail?: string) {
    super(FAULTS[code][0]);
    this.name = 'RadioError';
    this.code = code;
    this.hint = FAULTS[code][1];
    this.detail = detail;
  }
}

/** The name of an error below ours; its message may hold an address, so that stays behind. */
export function nameOf(error: unknown): string {
  const named = error as { dbusName?: unknown; code?: unknown; name?: unknown } | null | undefined;
  const name = [named?.dbusName, named?.code, named?.name].find((part) => typeof part === 'string');
  return typeof name === 'string' ? name : 'unknown';
}
