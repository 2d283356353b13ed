import type { Words } from './box.en.ts';

/** Sida til boksen på nynorsk. */
export const nn: Words = {
  title: 'Boksen heime',
  intro: 'Talet på målingar: ikkje kva som vart målt, og ikkje av kven.',
  demo: 'DEMO',
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
  trouble: {
    'out-of-range': 'vart høyrt, men er for langt unna: flytt det nærare',
    'not-fetched': 'vart høyrt, men leverte ikkje: mål på nytt nær boksen',
  },
  parts: {
    store: 'Lager',
    aside: 'Tidlegare lager',
    permissions: 'Tillatingar',
    clock: 'Klokke',
    radio: 'Bluetooth',
    broker: 'Samband',
    token: 'Tilgjenge',
    certificate: 'Sertifikat',
    portal: 'Sidene',
    queue: 'Kø',
    events: 'Tekniske meldingar',
  },
  well: 'i orden',
  notWell: 'ikkje i orden',
  advice: {
    'events-stay-home':
      'At ei måling manglar, eit batteri er svakt, eller delinga har pause eller er slutt, blir ikkje meldt til denne mottakaren: ein FHIR-server har ikkje plass til det. Det blir vist her.',
    'queue-full':
      'For mange målingar ventar på å bli sende, så apparata blir lesne saktare: sjå kvifor mottakaren ikkje tek imot.',
    'queue-full-in-1-days':
      'Målingar ventar, og det blir fleire: i denne takta er det ikkje plass til fleire om omtrent ein dag. Sjå kvifor mottakaren ikkje tek imot.',
    'queue-full-in-2-days':
      'Målingar ventar, og det blir fleire: i denne takta er det ikkje plass til fleire om omtrent 2 dagar. Sjå kvifor mottakaren ikkje tek imot.',
    'queue-full-in-3-days':
      'Målingar ventar, og det blir fleire: i denne takta er det ikkje plass til fleire om omtrent 3 dagar. Sjå kvifor mottakaren ikkje tek imot.',
    'clock-untrusted': 'Kople boksen til internett, så han kan stille klokka (timedatectl status).',
    'store-full': 'Frigjer plass på disken med datamappa; til då ventar målingane i minnet.',
    'store-corrupt':
      'Lageret er skadd; boksen legg fila til side og held fram i eit nytt. Vent eit minutt.',
    'store-kept-aside':
      'Eit skadd lager vart lagt til side: køyr `iomt store repair` med namnet som `iomt store check` viser, og slett det så for hand, for i det kan det stå noko som nokon har fått sletta.',
    'permissions-lost':
      'Tillatingane gjekk tapt med eit skadd lager, så ingenting blir delt: gi dei på nytt.',
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
      'Sertifikatet til meklaren er frå ein utferdar boksen ikkje lit på: kontroller caFile og adressa.',
    'broker-wrong-name':
      'Sertifikatet til meklaren gjeld eit anna namn: kontroller adressa, eller spør den som driftar meklaren.',
    'broker-certificate-ended':
      'Sertifikatet til meklaren har gått ut: spør den som driftar han. Eller går klokka på boksen for fort?',
    'broker-certificate-not-yet':
      'Sertifikatet til meklaren gjeld ikkje enno: truleg går klokka på boksen for seint (timedatectl status).',
    'broker-refused-certificate':
      'Meklaren godtek ikkje sertifikatet til boksen: kontroller certFile, og spør den som driftar meklaren kva utferdar han lit på.',
    'own-certificate-ended':
      'Sertifikatet til boksen sjølv har gått ut: legg eit nytt i certFile og keyFile. Omstart trengst ikkje. På ein innmeld boks: iomt enrol.',
    'own-certificate-revoked':
      'Sertifikatet til boksen sjølv er trekt tilbake: be den som driftar meklaren om eit nytt, og legg det i certFile og keyFile. På ein innmeld boks: iomt enrol.',
    'broker-tls-failed':
      'Det blir inga kryptert tilkopling: er porten meklaren sin port for TLS, og brukar han TLS 1.2 eller nyare?',
    'broker-files-unreadable':
      'Ei sertifikat-, nøkkel- eller passordfil kan ikkje brukast: kontroller stigane, at tenesta eig filene og ingen andre kan lese nøkkelen, og at nøkkel og sertifikat høyrer saman. På ein innmeld boks: iomt enrol.',
    'broker-refused-version': 'Meklaren forstår verken MQTT 5 eller 3.1.1: kontroller adressa.',
    'broker-busy': 'Meklaren har ikkje plass no; boksen prøver igjen.',
    'broker-silent':
      'Boksen når meklaren, men han svarar ikkje; boksen prøver igjen. Køyrer han, og stansar noko svara på vegen?',
    'broker-closed': 'Meklaren avslutta tilkoplinga; boksen prøver igjen.',
    'broker-drops':
      'Meklaren avsluttar kvar tilkopling like etter at ho tok til: køyrer det ein kopi av boksen? Elles spør den som driftar meklaren.',
    'broker-packet-too-large':
      'Ei melding var for stor for meklaren: ho blir vist som avvist. Be den som driftar meklaren tillate 256 KiB.',
    'own-certificate-ends-soon':
      'Sertifikatet til boksen sjølv går ut den dagen: legg eit nytt i certFile og keyFile før det. Omstart trengst ikkje. På ein innmeld boks: iomt enrol.',
    'authority-ends-soon':
      'Utferdaren som går god for mottakaren, går ut den dagen: be om den som avløyser han, og legg han til i caFile før det. Omstart trengst ikkje.',
    'authority-ended':
      'Utferdaren som går god for mottakaren, har gått ut: be om den som avløyser han, og legg han i caFile. Omstart trengst ikkje.',
    'certificate-files-unusable':
      'Ei sertifikat- eller nøkkelfil kan ikkje brukast, så ingenting blir sendt dit: kontroller stigane, at tenesta eig filene og ingen andre kan lese nøkkelen, og at nøkkel og sertifikat høyrer saman. På ein innmeld boks: iomt enrol.',
    'portal-certificate-unusable':
      'Sertifikatet eller nøkkelen til sidene kan ikkje brukast. Det som verka før, blir brukt vidare, eller boksen bruker sitt eige, som nettlesarar åtvarar mot. Kontroller home.http.tls: stigane, at tenesta eig filene og ingen andre kan lese nøkkelen, og at begge høyrer saman. Omstart trengst ikkje. På ein innmeld boks: iomt enrol.',
    'portal-certificate-wrong-name':
      'Sertifikatet til sidene gjeld eit anna namn enn home.http.name, så nettlesarar åtvarar: legg inn eit for dette namnet, eller endre namnet.',
    'portal-certificate-ends-soon':
      'Sertifikatet til sidene går snart ut: legg eit nytt i filene i home.http.tls. Omstart trengst ikkje. På ein innmeld boks: iomt enrol.',
    'portal-certificate-ended':
      'Sertifikatet til sidene er gått ut, så nettlesarar åtvarar: legg eit nytt i filene i home.http.tls. Omstart trengst ikkje. På ein innmeld boks: iomt enrol.',
    'portal-address-missing':
      'Maskina har ikkje adressa i home.http.host, så ingen heime når sidene: er nettet oppe? Det blir prøvd igjen kvart minutt; 0.0.0.0 verkar alltid.',
    'broker-session-taken': 'Eit anna program bruker id-en til boksen: køyrer det ein kopi av han?',
    'broker-unreachable': 'Ingen svarar der: kontroller adressa, nettet og eventuell brannmur.',
    'token-refused-client':
      'Tokentenaren kjenner ikkje boksen: er den opne nøkkelen registrert der, og stemmer clientId, keyFile og keyId?',
    'token-refused-scope':
      'Tokentenaren gjev ikkje tilgangen det blir bede om: kontroller scope og resource, eller spør den som driftar han.',
    'token-refused':
      'Tokentenaren avviser førespurnaden: spør den som driftar han, og oppgje clientId.',
    'token-clock':
      'Tokentenaren avviser boksen, truleg fordi klokka på boksen går feil: lat han stille klokka (timedatectl status).',
    'token-not-bound':
      'Tokenet er ikkje av det slaget dpop ber om: kontroller dpop, eller spør den som driftar tokentenaren.',
    'token-not-accepted':
      'Mottakaren godtek ikkje tokenet: kontroller scope og resource, og spør den som driftar mottakaren.',
    'token-key-unusable':
      'Innhaldet i auth.keyFile er ingen nøkkel som kan brukast: `iomt oauth-key` lagar ein.',
    'token-files-unreadable':
      'auth.keyFile eller auth.caFile kan ikkje lesast: kontroller stigane, at tenesta eig filene, og at ingen andre kan lese nøkkelen.',
    'token-server-unreachable':
      'Boksen når ikkje tokentenaren: kontroller issuer eller tokenUrl, nettet og eventuell brannmur.',
    'token-server-untrusted':
      'Boksen lit ikkje på sertifikatet til tokentenaren: kontroller auth.caFile, adressa og klokka på boksen.',
    'token-server-silent':
      'Tokentenaren svarar ikkje i tide; boksen prøver igjen. Kontroller nettet.',
    'token-server-unwell': 'Tokentenaren kan ikkje gje token no; boksen prøver igjen.',
    'token-server-garbled':
      'Det som svarar der, er ingen tokentenar: kontroller issuer eller tokenUrl og ein eventuell mellomtenar.',
    'name-unknown': 'Vertsnamnet er ukjent: kontroller adressa og namnetenesta.',
  },
  brokerAdvice: 'Meklaren svarar ikkje: kontroller adressa, nettet og sertifikatet.',
  otherAdvice: 'Sjå i loggen til boksen.',
  machines: 'For maskiner',
};
