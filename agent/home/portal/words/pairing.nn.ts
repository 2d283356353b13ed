import type { PairingWords } from './pairing.en.ts';

/** Å pare eit apparat, på nynorsk. */
export const pairing: PairingWords = {
  step: 'Steg {n} av 6',
  back: 'Tilbake',
  cancel: 'Stopp paringa',
  kind: {
    title: 'Kva slags apparat er det?',
    busy: 'Ein annan heime er i gang med å pare eit apparat. Vent til det er ferdig.',
    going: 'Du er midt i ei paring.',
    follow: 'Hald fram med ho',
    other: 'Noko anna',
  },
  model: {
    title: 'Kva for eit er det?',
    text: 'Namnet står på apparatet eller på øskja. Vel «eit anna» om det ikkje er her.',
    other: 'Eit anna, eller eg veit ikkje',
  },
  prepare: {
    title: 'Gjer apparatet klart',
    oneHost: 'Først: telefonen',
    notYet: 'Boksen kan ikkje lese dette enno',
    do: 'Gjer dette no',
    brief:
      'Det kan nåast i om lag eit halvt minutt om gongen. Vekk det berre på nytt om det sovnar.',
    none: 'Det er ingenting å pare: Boksen høyrer det når det blir brukt.',
    next: 'Det er gjort',
  },
  found: {
    title: 'Kva for eit har du i handa?',
    looking: 'Boksen lyttar. Lista fornyar seg kvart {n}. sekund.',
    again: 'Lytt på nytt',
    none: 'Boksen høyrer ikkje noko slikt apparat enno.',
    noneText: 'Vekk apparatet, hald det nær boksen, og vent litt.',
    list: 'Høyrt, det næraste først',
    which:
      'Er fleire like? Flytt ditt heilt inntil boksen. Det som det står «kom nærare» ved, er ditt.',
    others: 'Anna som boksen høyrer',
    unnamed: 'Utan namn',
    signal: ['veldig langt unna', 'langt unna', 'i nærleiken', 'heilt inntil boksen'],
    closer: 'kom nærare akkurat no',
    farther: 'vart flytt bort akkurat no',
    asleep: 'Ikkje høyrt på {n} sekund: Vekk det på nytt.',
    knownTitle: 'Er her heime frå før',
    known: 'De kallar det {name}. Å pare det på nytt rettar ei tapt paring.',
    choose: 'Dette',
    radio: 'Bluetooth i boksen er av eller manglar, så han høyrer ingenting. Sjå sida «Boksen».',
  },
  code: {
    title: 'Har apparatet ein kode?',
    text: 'Nokre viser seks siffer, eller har dei trykte på baksida. Skriv dei her no om du ser dei: Apparatet ventar berre eit halvt minutt.',
    label: 'Kode på seks siffer',
    optional: 'Lat det stå tomt om det ikkje er nokon. Du blir spurd om apparatet vil ha ein.',
    begin: 'Par no',
  },
  now: {
    title: 'Parar {name}',
    steps: {
      waiting: 'Ventar på apparatet. Vekk det: Slå det på, eller mål.',
      bonding: 'Høyrde det. Parar …',
      connecting: 'Koplar til …',
      reading: 'Spør kva det er …',
      subscribing: 'Bed om målingane …',
      'waiting-for-measurement': 'Para.',
    },
    otherStep: 'Arbeider …',
    left: 'Det stoppar av seg sjølv om høgst {n} minutt.',
    askTitle: 'Skriv koden som apparatet viser',
    askText:
      'Seks siffer. Apparatet ventar eit halvt minutt. Blir det for seint, prøver du berre på nytt.',
    send: 'Send koden',
    demoShows: 'Apparatet viser',
    compareTitle: 'Viser apparatet desse siffera?',
    yes: 'Ja, dei same',
    no: 'Nei, andre',
    showTitle: 'Tast desse siffera på apparatet',
    entered: '{n} av 6 er tasta',
  },
  measure: {
    title: 'Mål éin gong no',
    text: 'Paringa er gjord. No ventar boksen på den første målinga, for å sjå at alt verkar.',
    later: 'Eg måler seinare',
    left: 'Boksen ventar høgst {n} minutt til.',
  },
  done: {
    title: 'Klar til bruk: {name}',
    first: 'Den første målinga er komen',
    hidden: 'Ei måling er komen. Berre den ho høyrer til, ser ho.',
    question: 'Ei måling er komen. Kven ho høyrer til, står som eit spørsmål.',
    none: 'Det er para. Inga måling er komen enno: Ho kjem når du måler nær boksen.',
    name: 'Kva kallar du det?',
    devices: 'Til apparata',
    more: 'Par eit til',
  },
  failed: {
    title: 'Det vart ikkje para',
    again: 'Prøv på nytt',
    code: 'Kode på seks siffer, om apparatet har ein',
    other: 'Vel eit anna apparat',
    nothing: 'Ingenting er tapt, og du kan prøve så ofte du vil.',
  },
  whoseTitle: 'Kven sitt er apparatet?',
  whoseLater: 'Avgjer det seinare',
  errors: {
    'passkey-form': 'Koden har seks siffer.',
    'heard-gone': 'Boksen høyrer ikkje det apparatet lenger. Vekk det, og vel det på nytt.',
    'radio-busy': 'Eit anna apparat blir para. Vent til det er ferdig.',
    'pairing-no-question': 'Apparatet ventar ikkje på koden lenger.',
  },
  failures: {
    'radio-not-heard': [
      'Boksen høyrde ikkje apparatet.',
      'Hald det heilt inntil boksen, vekk det, og prøv på nytt med ein gong.',
    ],
    'radio-pairing-failed': [
      'Apparatet sa nei.',
      'Var koden rett? Slå på paring på apparatet igjen. Er det para med ein telefon, så fjern det der først.',
    ],
    'radio-pairing-unsupported': [
      'Bluetooth i denne boksen kan ikkje pare med kode.',
      'Apparat som ikkje treng det, verkar likevel. Spør den som sette opp boksen.',
    ],
    'radio-aborted': [
      'Det vart stoppa, eller det tok for lang tid.',
      'Begynn på nytt med apparatet i handa.',
    ],
    'radio-bond-lost': [
      'Apparatet har gløymt boksen.',
      'Slå på paring på det, som då det var nytt, og prøv igjen.',
    ],
    'radio-busy': ['Boksen heldt på med eit anna apparat.', 'Vent eit minutt, og prøv på nytt.'],
    'radio-off': [
      'Bluetooth i boksen er av eller manglar.',
      'Sjå på sida «Boksen» kva du kan gjere, og prøv på nytt etterpå.',
    ],
    'pairing-unanswered': [
      'Apparatet venta på koden og gav opp.',
      'Prøv på nytt, og skriv koden på førehand om apparatet alt viser han.',
    ],
    'radio-connect-failed': [
      'Boksen høyrde apparatet, men nådde det ikkje.',
      'Flytt det nærare, vekk det, og prøv på nytt.',
    ],
    'radio-disconnected': [
      'Apparatet braut av midt i.',
      'Det hender. Vekk det, lat det ligge ved boksen, og prøv på nytt.',
    ],
    'radio-timeout': [
      'Apparatet slutta å svare.',
      'Ta ut batteria og set dei inn igjen, og prøv på nytt.',
    ],
    'radio-gatt-refused': [
      'Apparatet gir ikkje frå seg målingane.',
      'Fjern det frå telefonar det er para med, slå på paring, og prøv på nytt.',
    ],
  },
  otherFailure: [
    'Noko gjekk gale.',
    'Vent eit minutt, vekk apparatet, og prøv på nytt. Hjelper det ikkje, så sjå på sida «Boksen».',
  ],
};
