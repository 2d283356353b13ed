import { setTimeout as delay } from 'node:timers/promises';
import type { BluezBus } from './bluez-bus.ts';
import { ADAPTER, type BluezObjects } from './bluez-objects.ts';
import { variant } from './dbus-port.ts';
import type { Remedy } from './recovery.ts';

/** An adapter needs this long between off and on to lose what hung. */
const OFF_MS = 1_000;
/** systemd answers when the job is queued. */
const JOB_TIMEOUT_MS = 10_000;

const SYSTEMD = 'org.freedesktop.systemd1';
/** Takes the USB adapter off the bus and puts it back; needs root, so it is a unit of its own. */
export const RADIO_RESET_UNIT = 'iomt-radio-reset.service';
const BLUETOOTH_UNIT = 'bluetooth.service';

/**
 * The ladder for bluetoothd (bluetooth.md 3.7). The last two ask systemd, which lets the service's
 * user do exactly these where the rule in `config/systemd/` is installed, and refuses else.
 */
export function createBluezRemedies(deps: {
  readonly objects: BluezObjects;
  readonly bus: BluezBus;
}): readonly Remedy[] {
  const { objects, bus } = deps;
  const power = async (on: boolean) => {
    const adapter = objects.adapter();
    if (adapter === undefined) throw new Error('no adapter');
    await bus.call(adapter, 'org.freedesktop.DBus.Properties', 'Set', {
      signature: 'ssv',
      body: [ADAPTER, 'Powered', variant('b', on)],
    });
  };
  const ask = async (verb: 'RestartUnit' | 'StartUnit', unit: string) => {
    await bus.call('/org/freedesktop/systemd1', `${SYSTEMD}.Manager`, verb, {
      destination: SYSTEMD,
      signature: 'ss',
      body: [unit, 'replace'],
      timeoutMs: JOB_TIMEOUT_MS,
    });
  };
  return [
    {
      name: 'power-cycle',
      async run() {
        // One that hangs may refuse to go off and still come on.
        await power(false).catch(() => undefined);
        await delay(OFF_MS);
        await power(true);
      },
    },
    { name: 'restart-service', run: () => ask('RestartUnit', BLUETOOTH_UNIT) },
    { name: 're-authorise', run: () => ask('StartUnit', RADIO_RESET_UNIT) },
  ];
}
