import { en } from '../home/portal/words/box.en.ts';
import type { Check } from '../http.ts';

/** What to do about each red line of the doctor, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  ...en.advice,
  'gateway-down': 'Start it: systemctl start iomt-home, or npm start for the demo.',
  'gateway-unreachable': 'Run the doctor as the user that the gateway runs as.',
  'folder-missing': 'It is made at the first start. After that: is its disk mounted?',
  'folder-not-writable': 'Make the data folder writable for the user of the service.',
  'store-missing': 'It is made at the first start. After that: is the disk mounted?',
  'bus-missing': 'Start D-Bus and BlueZ: apt-get install dbus bluez; systemctl start bluetooth.',
  'bluez-missing': 'Start BlueZ: systemctl start bluetooth. Is it installed?',
  'proxy-unreachable': 'No proxy answers there: check the setting proxy and the network.',
  'receiver-unreachable': 'Nothing answers there: check the address, the network and any firewall.',
  'last-try-unauthorised':
    'The receiver refuses who we are: check passwordFile, tokenFile or auth, and certificate.',
  'last-try-offline':
    'The receiver cannot be reached: check the address, the network, and the proxy if there is one.',
  'last-try-garbage':
    'What answers there is not a FHIR server: check the address and any proxy before it.',
  'last-try-no-subscriber': 'At the broker nobody listens: is the municipality running?',
  'last-try-untrusted':
    "The receiver's certificate is not trusted, or it takes none of ours: check caFile, certFile and keyFile, the address, and this machine's clock.",
  'last-try-unavailable':
    'The receiver is up but takes no readings now, or ends the connection; it is tried again. If it stays so: does it accept our certificate (certFile)?',
  'last-try-busy': 'The receiver asks to wait; it is tried again.',
  'last-try-timeout': 'The receiver answers too slowly; it is tried again. Check the network.',
  'last-try-no-receipt':
    'It was sent and no receipt came: does the municipality run, and does the broker let this gateway write? Over MQTT 3.1.1 it drops in silence what its access list forbids.',
  'out-of-range': 'It was heard and no connection came about: bring it closer to the box.',
  'not-fetched': 'It was heard and did not hand over: measure once more near the box.',
  'readings-wait':
    "Readings have waited long for the recipient's receipt: ask who runs the receiving side.",
};

/** Plain words for a red line; every code has some. */
export function adviceFor({ name, code }: Check): string {
  const known = code === undefined ? undefined : ADVICE[code];
  if (known !== undefined) return known;
  return name.startsWith('broker') ? en.brokerAdvice : en.otherAdvice;
}
