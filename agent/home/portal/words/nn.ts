import type { Words } from './en.ts';

/** Sida til boksen på nynorsk. */
export const nn: Words = {
  title: 'Boksen heime',
  intro: 'Talet på målingar: ikkje kva som vart målt, og ikkje av kven.',
  emergency: 'Denne sida blir ikkje overvaka og er inga naudteneste. Ring 113 når det hastar.',
  demo: 'DEMO',
  demoBanner: 'Apparata merkte DEMO er virtuelle, og målingane deira gjeld ingen.',
  languages: 'Språk',
  shownAt: 'Vist',
  reload: 'Vis på nytt',
  readings: 'Målingar',
  place: 'Kvar',
  count: 'Tal',
  meaning: 'Kva det tyder',
  total: 'Alle',
  totalMeaning: 'Kvar måling står på nøyaktig éi av linjene over.',
  places: {
    received: ['Mottekne', 'Mottakaren har stadfest at dei er lagra.'],
    sent: ['Sende', 'På veg; dei tel som mottekne når kvitteringa frå mottakaren er her.'],
    queued: ['Ventar på å bli sende', 'Dei blir sende så snart mottakaren kan nåast.'],
    held: [
      'Haldne igjen',
      'Noko er ikkje sikkert. Dei blir ikkje sende til nokon før det er avklart.',
    ],
    withheld: ['Blir heime', 'Inga tillating dekkjer dei.'],
    rejected: ['Avviste', 'Mottakaren tek dei ikkje imot; dei er tekne vare på her.'],
    removed: ['Fjerna', 'Nokon heime har fjerna dei.'],
  },
  held: {
    'device-not-assigned': 'ingen har sagt kven apparatet høyrer til',
    'slot-unknown': 'eit delt apparat sa ikkje kven som vart målt',
    'slot-guessed': 'eit delt apparat berre gissa kven som vart målt',
    'before-pairing': 'målt før apparatet vart kopla til her',
    'gateway-clock-untrusted': 'det er ikkje sikkert at klokka i boksen går rett',
    'device-clock-unread': 'klokka i apparatet er ikkje lesen enno',
    'device-clock-reset': 'klokka i apparatet vart nullstilt: tida er ikkje sikker',
  },
  withheld: {
    none: 'det er ikkje gjeve tillating for denne typen',
    'out-of-scope': 'utanfor det tillatinga dekkjer',
    expired: 'tillatinga er gått ut',
    paused: 'tillatinga er eller var sett på pause',
    withdrawn: 'tillatinga er trekt tilbake',
    clock: 'ei tillating med sluttdato gjeld ikkje før klokka går rett',
  },
  otherCause: 'annan årsak',
  devices: 'Apparat',
  noDevices: 'Ingen apparat er kopla til enno.',
  model: 'Apparat',
  unnamed: 'apparat av ukjent merke',
  battery: 'Batteri',
  lastHeard: 'Sist høyrt',
  trouble: {
    'out-of-range': 'vart høyrt, men er for langt unna: flytt det nærare',
    'not-fetched': 'vart høyrt, men leverte ikkje: mål på nytt nær boksen',
  },
  never: 'ikkje enno',
  unknown: 'ikkje oppgjeve',
  checks: 'Er alt i orden?',
  parts: { store: 'Lager', clock: 'Klokke', radio: 'Bluetooth', broker: 'Samband' },
  well: 'i orden',
  notWell: 'ikkje i orden',
  advice: {
    'clock-untrusted': 'Kople boksen til internett, så han kan stille klokka (timedatectl status).',
    'store-full': 'Frigjer plass på disken med datamappa; til då ventar målingane i minnet.',
    'store-io': 'Kontroller disken eller SD-kortet og filsystemet.',
    'store-read-only': 'Lat tenesta få skrive i datamappa.',
    'radio-poweredOff': 'Slå på Bluetooth-adapteren: bluetoothctl power on. Køyrer bluetoothd?',
    'radio-unsupported':
      'Fann ingen Bluetooth-adapter. Set inn ein, eller oppgje home.bluetooth.adapter.',
    'radio-unwell':
      'Bluetooth-adapteren svarar ikkje som han skal; boksen prøver å rette det. Vent nokre minutt.',
    'radio-dead':
      'Bluetooth-adapteren verkar ikkje, og det hjelpte ikkje å slå han av og på. Trekk han ut og set han inn att, eller start boksen på nytt.',
    'radio-unauthorized': 'Lat tenesta bruke BlueZ: legg brukaren til i gruppa bluetooth.',
    'broker-refused-password':
      'Meklaren godtek ikkje passordet: kontroller username og innhaldet i passwordFile. Omstart trengst ikkje.',
    'broker-refused-receipts':
      'Meklaren lèt ikkje boksen høyre kvitteringane sine: kontroller tilgangslista hos meklaren.',
    'broker-refused':
      'Meklaren avviser boksen: spør den som driftar meklaren, og oppgje denne koden.',
    'broker-untrusted':
      'Sertifikatet til meklaren er ikkje til å stole på: kontroller caFile, adressa og klokka.',
    'broker-files-unreadable':
      'Ei sertifikat-, nøkkel- eller passordfil kan ikkje lesast: kontroller stigane og at tenesta eig filene.',
    'broker-session-taken': 'Eit anna program bruker id-en til boksen: køyrer det ein kopi av han?',
    'broker-unreachable': 'Ingen svarar der: kontroller adressa, nettet og eventuell brannmur.',
    'name-unknown': 'Vertsnamnet er ukjent: kontroller adressa og namnetenesta.',
  },
  brokerAdvice: 'Meklaren svarar ikkje: kontroller adressa, nettet og sertifikatet.',
  otherAdvice: 'Sjå i loggen til boksen.',
  machines: 'For maskiner',
};
