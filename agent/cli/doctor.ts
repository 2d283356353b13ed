import { codeOf } from '../errors.ts';
import type { Check } from '../http.ts';
import { ask } from './control.ts';
import { type Io, parse, WHERE } from './io.ts';
import { homeFolder } from './settings.ts';

/** What to do about each red line. */
const ADVICE: Record<string, string> = {
  'gateway-down': 'Start it: systemctl start iomt-home, or npm start for the demo.',
  'clock-untrusted':
    'Connect the box to the internet so that it can set its clock (timedatectl status).',
  'store-full': 'Free space on the disk of the data folder; captures wait in memory until then.',
  'store-io': 'Check the disk or SD card and its file system.',
  'store-read-only': 'Make the data folder writable for the service.',
  'radio-poweredOff':
    'Switch the Bluetooth adapter on: bluetoothctl power on. Is bluetoothd running?',
  'radio-unsupported':
    'No Bluetooth adapter was found. Plug one in, or set home.bluetooth.adapter.',
  'radio-unauthorized': 'Let the service use BlueZ: add its user to the group bluetooth.',
  'broker-refused-password': 'The broker refuses the password: check passwordFile and username.',
  offline: 'The broker does not answer: check the address, the network and the certificate.',
};

/** `iomt doctor`: every part with green or red in words, and what to do about each red line. Exit 1 when one is red. */
export async function doctorCommand(argv: readonly string[], io: Io): Promise<number> {
  const { values } = parse(argv, WHERE, 'doctor');
  const checks = await gather(values, io);
  if (values.json) {
    io.out(
      JSON.stringify(
        checks.map((check) => ({ ...check, ...(check.ok ? {} : { advice: adviceFor(check) }) })),
      ),
    );
  } else {
    for (const check of checks) {
      io.out(
        check.ok
          ? `${check.name}: well`
          : `${check.name}: NOT well (${check.code})\n  ${adviceFor(check)}`,
      );
    }
  }
  return checks.every(({ ok }) => ok) ? 0 : 1;
}

async function gather(where: { config?: string; data?: string }, io: Io): Promise<Check[]> {
  try {
    const status = await ask<{ checks: Check[] }>(homeFolder(where, io), 'GET', '/api/status');
    return [{ name: 'gateway', ok: true }, ...status.checks];
  } catch (error) {
    return [{ name: 'gateway', ok: false, code: codeOf(error) }];
  }
}

function adviceFor(check: Check): string {
  return (
    ADVICE[check.code ?? ''] ??
    ADVICE[check.name.startsWith('broker') ? 'offline' : ''] ??
    'See the log of the gateway.'
  );
}
