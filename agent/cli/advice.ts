import type { Check } from '../http.ts';

/** What to do about each red line of the doctor, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  'gateway-down': 'Start it: systemctl start iomt-home, or npm start for the demo.',
  'gateway-unreachable': 'Run the doctor as the user that the gateway runs as.',
  'clock-untrusted':
    'Connect the box to the internet so that it can set its clock (timedatectl status).',
  'folder-missing': 'It is made at the first start. After that: is its disk mounted?',
  'folder-not-writable': 'Make the data folder writable for the user of the service.',
  'store-missing': 'It is made at the first start. After that: is the disk mounted?',
  'store-full': 'Free space on the disk of the data folder; captures wait in memory until then.',
  'store-io': 'Check the disk or SD card and its file system.',
  'store-read-only': 'Make the data folder writable for the service.',
  'bus-missing': 'Start D-Bus and BlueZ: apt-get install dbus bluez; systemctl start bluetooth.',
  'bluez-missing': 'Start BlueZ: systemctl start bluetooth. Is it installed?',
  'radio-poweredOff':
    'Switch the Bluetooth adapter on: bluetoothctl power on. Is bluetoothd running?',
  'radio-unsupported':
    'No Bluetooth adapter was found. Plug one in, or set home.bluetooth.adapter.',
  'radio-unauthorized': 'Let the service use BlueZ: add its user to the group bluetooth.',
  'broker-refused-password':
    'The broker refuses the password: check username and what is in passwordFile. No restart is needed.',
  'broker-refused-receipts':
    "The broker does not let the gateway hear its receipts: check the broker's access list.",
  'broker-refused': 'The broker refuses this gateway: ask who runs it, with this code.',
  'broker-untrusted':
    "The broker's certificate is not trusted: check caFile, the address, and this machine's clock.",
  'broker-files-unreadable':
    'A certificate, key or password file cannot be read: check the paths and that the service owns them.',
  'broker-session-taken': 'Another program uses the id of this gateway: is a copy of it running?',
  'broker-unreachable': 'Nothing answers there: check the address, the network and any firewall.',
  'receiver-unreachable': 'Nothing answers there: check the address, the network and any firewall.',
  'name-unknown': 'The host name is not known: check the address and the name service.',
  'last-try-unauthorised':
    'The receiver refuses who we are: check passwordFile, tokenFile and certificate.',
  'last-try-offline': 'The receiver cannot be reached: check the address and the network.',
  'last-try-garbage':
    'What answers there is not a FHIR server: check the address and any proxy before it.',
  'last-try-no-subscriber': 'At the broker nobody listens: is the municipality running?',
  'last-try-unavailable': 'The receiver is up but cannot take readings now; it is tried again.',
  'last-try-busy': 'The receiver asks to wait; it is tried again.',
  'last-try-timeout': 'The receiver answers too slowly; it is tried again. Check the network.',
  'readings-wait':
    "Readings have waited long for the recipient's receipt: ask who runs the receiving side.",
};

const UNKNOWN_BROKER =
  'The broker does not answer: check the address, the network and the certificate.';

/** Plain words for a red line; every code has some. */
export function adviceFor({ name, code }: Check): string {
  const known = code === undefined ? undefined : ADVICE[code];
  if (known !== undefined) return known;
  return name.startsWith('broker') ? UNKNOWN_BROKER : 'See the log of the gateway.';
}
