import type { PairingWords } from './pairing.en.ts';

/** Å pare et apparat, på bokmål. */
export const pairing: PairingWords = {
  step: 'Steg {n} av 6',
  back: 'Tilbake',
  cancel: 'Stopp paringen',
  kind: {
    title: 'Hva slags apparat er det?',
    busy: 'En annen hjemme er i gang med å pare et apparat. Vent til det er ferdig.',
    going: 'Du er midt i en paring.',
    follow: 'Fortsett med den',
    other: 'Noe annet',
  },
  model: {
    title: 'Hvilket er det?',
    text: 'Navnet står på apparatet eller på esken. Velg «et annet» hvis det ikke er her.',
    other: 'Et annet, eller jeg vet ikke',
  },
  prepare: {
    title: 'Gjør apparatet klart',
    oneHost: 'Først: telefonen',
    notYet: 'Boksen kan ikke lese dette ennå',
    do: 'Gjør dette nå',
    brief:
      'Det kan nås i omtrent et halvt minutt om gangen. Vekk det bare på nytt hvis det sovner.',
    none: 'Det er ingenting å pare: Boksen hører det når det blir brukt.',
    next: 'Det er gjort',
  },
  found: {
    title: 'Hvilket har du i hånden?',
    looking: 'Boksen lytter. Listen fornyer seg hvert {n}. sekund.',
    again: 'Lytt på nytt',
    none: 'Boksen hører ikke noe slikt apparat ennå.',
    noneText: 'Vekk apparatet, hold det nær boksen, og vent litt.',
    list: 'Hørt, det nærmeste først',
    which:
      'Er flere like? Flytt ditt helt inntil boksen. Det som det står «kom nærmere» ved, er ditt.',
    others: 'Annet som boksen hører',
    unnamed: 'Uten navn',
    signal: ['veldig langt unna', 'langt unna', 'i nærheten', 'helt inntil boksen'],
    closer: 'kom nærmere akkurat nå',
    farther: 'ble flyttet bort akkurat nå',
    asleep: 'Ikke hørt på {n} sekunder: Vekk det på nytt.',
    knownTitle: 'Er her hjemme fra før',
    known: 'Dere kaller det {name}. Å pare det på nytt retter en tapt paring.',
    choose: 'Dette',
    radio: 'Bluetooth i boksen er av eller mangler, så den hører ingenting. Se siden «Boksen».',
  },
  code: {
    title: 'Har apparatet en kode?',
    text: 'Noen viser seks sifre, eller har dem trykt på baksiden. Skriv dem her nå hvis du ser dem: Apparatet venter bare et halvt minutt.',
    label: 'Kode på seks sifre',
    optional: 'La det stå tomt hvis det ikke er noen. Du blir spurt hvis apparatet vil ha en.',
    begin: 'Par nå',
  },
  now: {
    title: 'Parer {name}',
    steps: {
      waiting: 'Venter på apparatet. Vekk det: Slå det på, eller mål.',
      bonding: 'Hørte det. Parer …',
      connecting: 'Kobler til …',
      reading: 'Spør hva det er …',
      subscribing: 'Ber om målingene …',
      'waiting-for-measurement': 'Paret.',
    },
    otherStep: 'Arbeider …',
    left: 'Det stopper av seg selv om høyst {n} minutter.',
    askTitle: 'Skriv koden som apparatet viser',
    askText:
      'Seks sifre. Apparatet venter et halvt minutt. Blir det for sent, prøver du bare på nytt.',
    send: 'Send koden',
    demoShows: 'Apparatet viser',
    compareTitle: 'Viser apparatet disse sifrene?',
    yes: 'Ja, de samme',
    no: 'Nei, andre',
    showTitle: 'Tast disse sifrene på apparatet',
    entered: '{n} av 6 er tastet',
  },
  measure: {
    title: 'Mål én gang nå',
    text: 'Paringen er gjort. Nå venter boksen på den første målingen, for å se at alt virker.',
    later: 'Jeg måler senere',
    left: 'Boksen venter høyst {n} minutter til.',
  },
  done: {
    title: 'Klar til bruk: {name}',
    first: 'Den første målingen er kommet',
    hidden: 'En måling er kommet. Bare den den tilhører, ser den.',
    question: 'En måling er kommet. Hvem den tilhører, står som et spørsmål.',
    none: 'Det er paret. Ingen måling er kommet ennå: Den kommer når du måler nær boksen.',
    name: 'Hva kaller du det?',
    devices: 'Til apparatene',
    more: 'Par et til',
  },
  failed: {
    title: 'Det ble ikke paret',
    again: 'Prøv på nytt',
    code: 'Kode på seks sifre, hvis apparatet har en',
    other: 'Velg et annet apparat',
    nothing: 'Ingenting er tapt, og du kan prøve så ofte du vil.',
  },
  whoseTitle: 'Hvem sitt er apparatet?',
  whoseLater: 'Bestem det senere',
  errors: {
    'passkey-form': 'Koden har seks sifre.',
    'heard-gone': 'Boksen hører ikke det apparatet lenger. Vekk det, og velg det på nytt.',
    'radio-busy': 'Et annet apparat blir paret. Vent til det er ferdig.',
    'pairing-no-question': 'Apparatet venter ikke på koden lenger.',
  },
  failures: {
    'radio-not-heard': [
      'Boksen hørte ikke apparatet.',
      'Hold det helt inntil boksen, vekk det, og prøv på nytt med en gang.',
    ],
    'radio-pairing-failed': [
      'Apparatet sa nei.',
      'Var koden riktig? Slå på paring på apparatet igjen. Er det paret med en telefon, så fjern det der først.',
    ],
    'radio-pairing-unsupported': [
      'Bluetooth i denne boksen kan ikke pare med kode.',
      'Apparater som ikke trenger det, virker likevel. Spør den som satte opp boksen.',
    ],
    'radio-aborted': [
      'Det ble stoppet, eller det tok for lang tid.',
      'Begynn på nytt med apparatet i hånden.',
    ],
    'radio-bond-lost': [
      'Apparatet har glemt boksen.',
      'Slå på paring på det, som da det var nytt, og prøv igjen.',
    ],
    'radio-busy': ['Boksen holdt på med et annet apparat.', 'Vent et minutt, og prøv på nytt.'],
    'radio-off': [
      'Bluetooth i boksen er av eller mangler.',
      'Se på siden «Boksen» hva du kan gjøre, og prøv på nytt etterpå.',
    ],
    'pairing-unanswered': [
      'Apparatet ventet på koden og ga opp.',
      'Prøv på nytt, og skriv koden på forhånd hvis apparatet alt viser den.',
    ],
    'radio-connect-failed': [
      'Boksen hørte apparatet, men nådde det ikke.',
      'Flytt det nærmere, vekk det, og prøv på nytt.',
    ],
    'radio-disconnected': [
      'Apparatet brøt av midt i.',
      'Det hender. Vekk det, la det ligge ved boksen, og prøv på nytt.',
    ],
    'radio-timeout': [
      'Apparatet sluttet å svare.',
      'Ta ut batteriene og sett dem inn igjen, og prøv på nytt.',
    ],
    'radio-gatt-refused': [
      'Apparatet gir ikke fra seg målingene.',
      'Fjern det fra telefoner det er paret med, slå på paring, og prøv på nytt.',
    ],
  },
  otherFailure: [
    'Noe gikk galt.',
    'Vent et minutt, vekk apparatet, og prøv på nytt. Hjelper det ikke, så se på siden «Boksen».',
  ],
};
