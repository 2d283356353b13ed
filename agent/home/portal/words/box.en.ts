/** The gateway's page in English; the shape of every catalogue. */
export const en = {
  title: 'The gateway at home',
  intro: 'Counts of readings: not what was measured, and not of whom.',
  demo: 'DEMO',
  place: 'Where',
  count: 'Count',
  meaning: 'What it means',
  total: 'All',
  totalMeaning: 'Every reading stands in exactly one of the lines above.',
  places: {
    received: ['Received', 'The recipient has confirmed that it has stored them.'],
    sent: ['Sent', "On their way; each counts as received when the recipient's receipt is here."],
    queued: ['Waiting to be sent', 'They are sent as soon as the recipient can be reached.'],
    held: ['Held', 'Something is not certain. They are sent to nobody until it is.'],
    withheld: ['Withheld', 'No permission covers them. They stay at home.'],
    rejected: ['Rejected', 'The recipient refuses them; they are kept here.'],
    removed: ['Removed', 'Somebody at home removed them.'],
  },
  held: {
    'device-not-assigned': 'nobody has said whose the device is',
    'slot-unknown': 'a shared device did not say who was measured',
    'slot-guessed': 'a shared device only guessed who was measured',
    'before-pairing': 'measured before the device was paired here',
    'gateway-clock-untrusted': "the gateway's clock is not known to be right",
    'device-clock-unread': "the device's clock has not been read yet",
    'device-clock-reset': "the device's clock was reset: the time is not certain",
  },
  withheld: {
    none: 'no permission was given for this kind',
    'out-of-scope': 'outside of what the permission covers',
    expired: 'the permission has ended',
    paused: 'the permission is or was paused',
    withdrawn: 'the permission is withdrawn',
    clock: 'a permission with an end does not count until the clock is right',
  },
  otherCause: 'another cause',
  trouble: {
    'out-of-range': 'was heard, but is too far away: bring it closer',
    'not-fetched': 'was heard, but did not hand over: measure again near the box',
  },
  parts: {
    store: 'Store',
    aside: 'Former store',
    permissions: 'Permissions',
    clock: 'Clock',
    radio: 'Bluetooth',
    broker: 'Connection',
    token: 'Access',
    certificate: 'Certificate',
    portal: 'Pages',
    queue: 'Queue',
    events: 'Technical events',
  },
  well: 'well',
  notWell: 'not well',
  advice: {
    'events-stay-home':
      'That a measurement is missing, a battery low, or sharing paused or ended, is not told to this recipient: a FHIR server has no place for it. It is shown here.',
    'queue-full':
      'Too many readings wait to leave, so devices are read slower: see why the recipient takes none.',
    'queue-full-in-1-days':
      'Readings wait and grow in number: at this rate there is no more room in about one day. See why the recipient takes none.',
    'queue-full-in-2-days':
      'Readings wait and grow in number: at this rate there is no more room in about 2 days. See why the recipient takes none.',
    'queue-full-in-3-days':
      'Readings wait and grow in number: at this rate there is no more room in about 3 days. See why the recipient takes none.',
    'clock-untrusted':
      'Connect the box to the internet so that it can set its clock (timedatectl status).',
    'store-full': 'Free space on the disk of the data folder; captures wait in memory until then.',
    'store-corrupt':
      'The store is damaged; the gateway keeps the file aside and goes on in a new one. Wait a minute.',
    'store-kept-aside':
      'A damaged store was kept aside: run `iomt store repair` with its name, which `iomt store check` tells; then delete it by hand, since it holds what people may have erased.',
    'permissions-lost':
      'The permissions were lost with a damaged store, so nothing is shared: give them again.',
    'store-io': 'Check the disk or SD card and its file system.',
    'store-read-only': 'Make the data folder writable for the service.',
    'radio-poweredOff':
      'Switch the Bluetooth adapter on: bluetoothctl power on. Is bluetoothd running?',
    'radio-unsupported':
      'No Bluetooth adapter was found. Plug one in, or set home.bluetooth.adapter.',
    'radio-unwell':
      'The Bluetooth adapter does not take discovery; the gateway is mending it. Wait some minutes.',
    'radio-dead':
      'The Bluetooth adapter does not work, and turning it off and on did not help. Pull it out and put it in again, or restart the box.',
    'radio-unauthorized': 'Let the service use BlueZ: add its user to the group bluetooth.',
    'broker-refused-password':
      'The broker refuses the password: check username and what is in passwordFile. No restart is needed.',
    'broker-refused-receipts':
      "The broker does not let the gateway hear its receipts: check the broker's access list.",
    'broker-refused': 'The broker refuses this gateway: ask who runs it, with this code.',
    'broker-untrusted':
      "The broker's certificate is of an authority that is not trusted here: check caFile and the address.",
    'broker-wrong-name':
      "The broker's certificate is for another name: check the address, or ask who runs the broker.",
    'broker-certificate-ended':
      "The broker's certificate has ended: ask who runs it. Or is this machine's clock ahead?",
    'broker-certificate-not-yet':
      "The broker's certificate is not valid yet: most likely this machine's clock is behind (timedatectl status).",
    'broker-refused-certificate':
      'The broker takes no certificate of ours: check certFile, and ask who runs the broker which authority it trusts.',
    'own-certificate-ended':
      "The gateway's own certificate has ended: put a new one in certFile and keyFile. No restart is needed. On an enrolled box: iomt enrol.",
    'own-certificate-revoked':
      "The gateway's own certificate was revoked: ask who runs the broker for a new one, and put it in certFile and keyFile. On an enrolled box: iomt enrol.",
    'broker-tls-failed':
      "No encrypted connection comes about: is the port the broker's port for TLS, and does it speak TLS 1.2 or later?",
    'broker-files-unreadable':
      'A certificate, key or password file cannot be used: check the paths, that the service owns them and nobody else may read the key, and that key and certificate belong together. On an enrolled box: iomt enrol.',
    'broker-refused-version': 'The broker speaks neither MQTT 5 nor 3.1.1: check the address.',
    'broker-busy': 'The broker has no room now; it is tried again.',
    'broker-silent':
      'The broker is reached and does not answer; it is tried again. Does it run, and does anything between swallow the answers?',
    'broker-closed': 'The broker ended the connection; it is tried again.',
    'broker-drops':
      'The broker ends each connection soon after it began: is a copy of this gateway running? Otherwise ask who runs the broker.',
    'broker-packet-too-large':
      'A message was too large for the broker: it is shown as rejected. Ask who runs the broker to allow 256 KiB.',
    'own-certificate-ends-soon':
      "The gateway's own certificate ends on that day: put a new one in certFile and keyFile before. No restart is needed. On an enrolled box: iomt enrol.",
    'authority-ends-soon':
      'The authority that vouches for the receiving side ends on that day: ask for its successor, and add it to caFile before. No restart is needed.',
    'authority-ended':
      'The authority that vouches for the receiving side has ended: ask for its successor, and put it in caFile. No restart is needed.',
    'certificate-files-unusable':
      'A certificate or key file cannot be used, so nothing is sent there: check the paths, that the service owns them and nobody else may read the key, and that key and certificate belong together. On an enrolled box: iomt enrol.',
    'portal-certificate-unusable':
      'The certificate or key of the pages cannot be used; what worked before goes on, or the box uses its own, of which browsers warn. Check home.http.tls: the paths, that the service owns the files and nobody else may read the key, and that both belong together. No restart is needed. On an enrolled box: iomt enrol.',
    'portal-certificate-wrong-name':
      'The certificate of the pages is for another name than home.http.name, so browsers warn: put one for this name there, or change the name.',
    'portal-certificate-ends-soon':
      'The certificate of the pages ends soon: put a new one in the files of home.http.tls. No restart is needed. On an enrolled box: iomt enrol.',
    'portal-certificate-ended':
      'The certificate of the pages has ended, so browsers warn: put a new one in the files of home.http.tls. No restart is needed. On an enrolled box: iomt enrol.',
    'portal-address-missing':
      'This machine does not have the address of home.http.host, so nobody at home reaches the pages: is the network up? It is tried again each minute; 0.0.0.0 always works.',
    'broker-session-taken': 'Another program uses the id of this gateway: is a copy of it running?',
    'broker-unreachable': 'Nothing answers there: check the address, the network and any firewall.',
    'token-refused-client':
      'The token server does not know this gateway: is its public key registered there, and are clientId, keyFile and keyId right?',
    'token-refused-scope':
      'The token server does not grant what is asked for: check scope and resource, or ask who runs it.',
    'token-refused': 'The token server refuses the request: ask who runs it, with the clientId.',
    'token-clock':
      'The token server refuses us, most likely since the clock of this machine is wrong: let it set its clock (timedatectl status).',
    'token-not-bound':
      'The token is not of the kind that `dpop` asks for: check dpop, or ask who runs the token server.',
    'token-not-accepted':
      'The receiver does not take the token: check scope and resource, and ask who runs the receiver.',
    'token-key-unusable':
      'What is in auth.keyFile is no key that can be used: `iomt oauth-key` makes one.',
    'token-files-unreadable':
      'auth.keyFile or auth.caFile cannot be read: check the paths, that the service owns them, and that nobody else may read the key.',
    'token-server-unreachable':
      'The token server cannot be reached: check issuer or tokenUrl, the network and any firewall.',
    'token-server-untrusted':
      "The token server's certificate is not trusted: check auth.caFile, the address, and this machine's clock.",
    'token-server-silent':
      'The token server does not answer in time; it is tried again. Check the network.',
    'token-server-unwell': 'The token server cannot give tokens now; it is tried again.',
    'token-server-garbled':
      'What answers there is no token server: check issuer or tokenUrl, and any proxy before it.',
    'name-unknown': 'The host name is not known: check the address and the name service.',
  },
  brokerAdvice: 'The broker does not answer: check the address, the network and the certificate.',
  otherAdvice: 'See the log of the gateway.',
  machines: 'For machines',
};

/** Every catalogue has these words, all of them. */
export type Words = typeof en;
