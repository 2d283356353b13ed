import type { Words } from './box.en.ts';

/** Boksens side på bokmål. */
export const nb: Words = {
  title: 'Boksen hjemme',
  intro: 'Antall målinger: ikke hva som ble målt, og ikke av hvem.',
  demo: 'DEMO',
  place: 'Hvor',
  count: 'Antall',
  meaning: 'Hva det betyr',
  total: 'Alle',
  totalMeaning: 'Hver måling står på nøyaktig én av linjene over.',
  places: {
    received: ['Mottatt', 'Mottakeren har bekreftet at de er lagret.'],
    sent: ['Sendt', 'På vei; de teller som mottatt når kvitteringen fra mottakeren er her.'],
    queued: ['Venter på å bli sendt', 'De sendes så snart mottakeren kan nås.'],
    held: ['Holdt igjen', 'Noe er ikke sikkert. De sendes til ingen før det er avklart.'],
    withheld: ['Blir hjemme', 'Ingen tillatelse dekker dem.'],
    rejected: ['Avvist', 'Mottakeren tar dem ikke imot; de er tatt vare på her.'],
    removed: ['Fjernet', 'Noen hjemme har fjernet dem.'],
  },
  held: {
    'device-not-assigned': 'ingen har sagt hvem apparatet tilhører',
    'slot-unknown': 'et delt apparat sa ikke hvem som ble målt',
    'slot-guessed': 'et delt apparat bare gjettet hvem som ble målt',
    'before-pairing': 'målt før apparatet ble koblet til her',
    'gateway-clock-untrusted': 'det er ikke sikkert at klokken i boksen går riktig',
    'device-clock-unread': 'klokken i apparatet er ikke lest ennå',
    'device-clock-reset': 'klokken i apparatet ble nullstilt: tiden er ikke sikker',
  },
  withheld: {
    none: 'det er ikke gitt tillatelse for denne typen',
    'out-of-scope': 'utenfor det tillatelsen dekker',
    expired: 'tillatelsen er utløpt',
    paused: 'tillatelsen er eller var satt på pause',
    withdrawn: 'tillatelsen er trukket tilbake',
    clock: 'en tillatelse med sluttdato gjelder ikke før klokken går riktig',
  },
  otherCause: 'annen årsak',
  trouble: {
    'out-of-range': 'ble hørt, men er for langt unna: flytt det nærmere',
    'not-fetched': 'ble hørt, men leverte ikke: mål på nytt nær boksen',
  },
  parts: {
    store: 'Lager',
    aside: 'Tidligere lager',
    permissions: 'Tillatelser',
    clock: 'Klokke',
    radio: 'Bluetooth',
    broker: 'Forbindelse',
    token: 'Adgang',
    certificate: 'Sertifikat',
    portal: 'Sidene',
    queue: 'Kø',
    events: 'Tekniske meldinger',
  },
  well: 'i orden',
  notWell: 'ikke i orden',
  advice: {
    'events-stay-home':
      'At en måling mangler, et batteri er svakt, eller delingen har pause eller er slutt, blir ikke meldt til denne mottakeren: en FHIR-server har ikke plass til det. Det vises her.',
    'queue-full':
      'For mange målinger venter på å bli sendt, så apparatene leses saktere: se hvorfor mottakeren ikke tar imot.',
    'queue-full-in-1-days':
      'Målinger venter, og det blir flere: i denne takten er det ikke plass til flere om omtrent en dag. Se hvorfor mottakeren ikke tar imot.',
    'queue-full-in-2-days':
      'Målinger venter, og det blir flere: i denne takten er det ikke plass til flere om omtrent 2 dager. Se hvorfor mottakeren ikke tar imot.',
    'queue-full-in-3-days':
      'Målinger venter, og det blir flere: i denne takten er det ikke plass til flere om omtrent 3 dager. Se hvorfor mottakeren ikke tar imot.',
    'clock-untrusted':
      'Koble boksen til internett, så den kan stille klokken (timedatectl status).',
    'store-full': 'Frigjør plass på disken med datamappen; til da venter målingene i minnet.',
    'store-corrupt':
      'Lageret er skadet; boksen legger filen til side og fortsetter i et nytt. Vent et minutt.',
    'store-kept-aside':
      'Et skadet lager ble lagt til side: kjør `iomt store repair` med navnet som `iomt store check` viser, og slett det så for hånd, for i det kan stå det noen har fått slettet.',
    'permissions-lost':
      'Tillatelsene gikk tapt med et skadet lager, så ingenting deles: gi dem på nytt.',
    'store-io': 'Kontroller disken eller SD-kortet og filsystemet.',
    'store-read-only': 'La tjenesten få skrive i datamappen.',
    'radio-poweredOff': 'Slå på Bluetooth-adapteren: bluetoothctl power on. Kjører bluetoothd?',
    'radio-unsupported':
      'Fant ingen Bluetooth-adapter. Sett inn en, eller angi home.bluetooth.adapter.',
    'radio-unwell':
      'Bluetooth-adapteren svarer ikke som den skal; boksen prøver å rette det. Vent noen minutter.',
    'radio-dead':
      'Bluetooth-adapteren virker ikke, og det hjalp ikke å slå den av og på. Trekk den ut og sett den inn igjen, eller start boksen på nytt.',
    'radio-unauthorized': 'La tjenesten bruke BlueZ: legg brukeren til i gruppen bluetooth.',
    'broker-refused-password':
      'Megleren godtar ikke passordet: kontroller username og innholdet i passwordFile. Omstart trengs ikke.',
    'broker-refused-receipts':
      'Megleren lar ikke boksen høre kvitteringene sine: kontroller tilgangslisten hos megleren.',
    'broker-refused':
      'Megleren avviser boksen: spør den som drifter megleren, og oppgi denne koden.',
    'broker-untrusted':
      'Sertifikatet til megleren er fra en utsteder boksen ikke stoler på: kontroller caFile og adressen.',
    'broker-wrong-name':
      'Sertifikatet til megleren gjelder et annet navn: kontroller adressen, eller spør den som drifter megleren.',
    'broker-certificate-ended':
      'Sertifikatet til megleren er utløpt: spør den som drifter den. Eller går klokken på boksen for fort?',
    'broker-certificate-not-yet':
      'Sertifikatet til megleren gjelder ikke ennå: trolig går klokken på boksen for sakte (timedatectl status).',
    'broker-refused-certificate':
      'Megleren godtar ikke sertifikatet til boksen: kontroller certFile, og spør den som drifter megleren hvilken utsteder den stoler på.',
    'own-certificate-ended':
      'Boksens eget sertifikat er utløpt: legg et nytt i certFile og keyFile. Omstart trengs ikke. På en innmeldt boks: iomt enrol.',
    'own-certificate-revoked':
      'Boksens eget sertifikat er trukket tilbake: be den som drifter megleren om et nytt, og legg det i certFile og keyFile. På en innmeldt boks: iomt enrol.',
    'broker-tls-failed':
      'Det blir ingen kryptert forbindelse: er porten meglerens port for TLS, og bruker den TLS 1.2 eller nyere?',
    'broker-files-unreadable':
      'En sertifikat-, nøkkel- eller passordfil kan ikke brukes: kontroller stiene, at tjenesten eier filene og ingen andre kan lese nøkkelen, og at nøkkel og sertifikat hører sammen. På en innmeldt boks: iomt enrol.',
    'broker-refused-version': 'Megleren forstår verken MQTT 5 eller 3.1.1: kontroller adressen.',
    'broker-busy': 'Megleren har ikke plass nå; boksen prøver igjen.',
    'broker-silent':
      'Megleren nås, men svarer ikke; boksen prøver igjen. Kjører den, og stanser noe svarene på veien?',
    'broker-closed': 'Megleren avsluttet forbindelsen; boksen prøver igjen.',
    'broker-drops':
      'Megleren avslutter hver forbindelse like etter at den begynte: kjører det en kopi av boksen? Ellers spør den som drifter megleren.',
    'broker-packet-too-large':
      'En melding var for stor for megleren: den vises som avvist. Be den som drifter megleren tillate 256 KiB.',
    'own-certificate-ends-soon':
      'Boksens eget sertifikat går ut den dagen: legg et nytt i certFile og keyFile før det. Omstart trengs ikke. På en innmeldt boks: iomt enrol.',
    'authority-ends-soon':
      'Utstederen som går god for mottakeren, går ut den dagen: be om den som avløser den, og legg den til i caFile før det. Omstart trengs ikke.',
    'authority-ended':
      'Utstederen som går god for mottakeren, er utløpt: be om den som avløser den, og legg den i caFile. Omstart trengs ikke.',
    'certificate-files-unusable':
      'En sertifikat- eller nøkkelfil kan ikke brukes, så ingenting sendes dit: kontroller stiene, at tjenesten eier filene og ingen andre kan lese nøkkelen, og at nøkkel og sertifikat hører sammen. På en innmeldt boks: iomt enrol.',
    'portal-certificate-unusable':
      'Sertifikatet eller nøkkelen til sidene kan ikke brukes. Det som virket før, brukes videre, eller boksen bruker sitt eget, som nettlesere advarer mot. Kontroller home.http.tls: stiene, at tjenesten eier filene og ingen andre kan lese nøkkelen, og at begge hører sammen. Omstart trengs ikke. På en innmeldt boks: iomt enrol.',
    'portal-certificate-wrong-name':
      'Sertifikatet til sidene gjelder et annet navn enn home.http.name, så nettlesere advarer: legg inn et for dette navnet, eller endre navnet.',
    'portal-certificate-ends-soon':
      'Sertifikatet til sidene går snart ut: legg et nytt i filene i home.http.tls. Omstart trengs ikke. På en innmeldt boks: iomt enrol.',
    'portal-certificate-ended':
      'Sertifikatet til sidene er gått ut, så nettlesere advarer: legg et nytt i filene i home.http.tls. Omstart trengs ikke. På en innmeldt boks: iomt enrol.',
    'portal-address-missing':
      'Maskinen har ikke adressen i home.http.host, så ingen hjemme når sidene: er nettet oppe? Det prøves igjen hvert minutt; 0.0.0.0 virker alltid.',
    'broker-session-taken': 'Et annet program bruker id-en til boksen: kjører det en kopi av den?',
    'broker-unreachable': 'Ingen svarer der: kontroller adressen, nettet og eventuell brannmur.',
    'token-refused-client':
      'Tokentjeneren kjenner ikke boksen: er den åpne nøkkelen registrert der, og stemmer clientId, keyFile og keyId?',
    'token-refused-scope':
      'Tokentjeneren gir ikke tilgangen det bes om: kontroller scope og resource, eller spør den som drifter den.',
    'token-refused':
      'Tokentjeneren avviser forespørselen: spør den som drifter den, og oppgi clientId.',
    'token-clock':
      'Tokentjeneren avviser boksen, trolig fordi klokken på boksen går feil: la den stille klokken (timedatectl status).',
    'token-not-bound':
      'Tokenet er ikke av det slaget dpop ber om: kontroller dpop, eller spør den som drifter tokentjeneren.',
    'token-not-accepted':
      'Mottakeren godtar ikke tokenet: kontroller scope og resource, og spør den som drifter mottakeren.',
    'token-key-unusable':
      'Innholdet i auth.keyFile er ingen nøkkel som kan brukes: `iomt oauth-key` lager en.',
    'token-files-unreadable':
      'auth.keyFile eller auth.caFile kan ikke leses: kontroller stiene, at tjenesten eier filene, og at ingen andre kan lese nøkkelen.',
    'token-server-unreachable':
      'Tokentjeneren kan ikke nås: kontroller issuer eller tokenUrl, nettet og eventuell brannmur.',
    'token-server-untrusted':
      'Boksen stoler ikke på sertifikatet til tokentjeneren: kontroller auth.caFile, adressen og klokken på boksen.',
    'token-server-silent':
      'Tokentjeneren svarer ikke i tide; boksen prøver igjen. Kontroller nettet.',
    'token-server-unwell': 'Tokentjeneren kan ikke gi token nå; boksen prøver igjen.',
    'token-server-garbled':
      'Det som svarer der, er ingen tokentjener: kontroller issuer eller tokenUrl og en eventuell mellomtjener.',
    'name-unknown': 'Vertsnavnet er ukjent: kontroller adressen og navnetjenesten.',
  },
  brokerAdvice: 'Megleren svarer ikke: kontroller adressen, nettet og sertifikatet.',
  otherAdvice: 'Se i loggen til boksen.',
  machines: 'For maskiner',
};
