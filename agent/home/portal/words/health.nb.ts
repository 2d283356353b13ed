import type { HealthWords } from './health.en.ts';

/** Hvordan det står til med boksen, for den som bor med den, på bokmål. */
export const health: HealthWords = {
  well: 'Alt er i orden.',
  unwell: 'Noe må gjøres.',
  toDo: 'Gjør dette',
  works: 'Dette virker',
  devices: 'Apparatene dine',
  good: {
    store: 'Boksen tar vare på målingene dine.',
    radio: 'Boksen hører etter apparatene dine.',
    clock: 'Klokken i boksen går riktig.',
    broker: 'Boksen når {who}.',
    portal: 'Disse sidene er som de skal.',
  },
  bad: {
    store: [
      'Boksen kan ikke ta vare på målinger nå.',
      'Be om hjelp med en gang. Skriv målingene på papir til det virker igjen.',
    ],
    aside: [
      'Et tidligere minne i boksen ble skadet.',
      'Det som har kommet siden, er tatt vare på. Den som satte opp boksen, kan lete etter det som gikk tapt.',
    ],
    permissions: [
      'Boksen har mistet hva du deler. Ingenting deles.',
      'Gå til Hva jeg deler, og si ja på nytt hvis du vil.',
    ],
    radio: [
      'Boksen hører ikke apparatene dine.',
      'Trekk ut støpselet til boksen, vent ti sekunder, og sett det inn igjen. Hjelper ikke det, så be om hjelp.',
    ],
    clock: [
      'Boksen vet ikke hva klokken er.',
      'Se etter at nettet hjemme virker: Er ruteren på? Målingene blir tatt vare på imens.',
    ],
    broker: [
      'Boksen når ikke {who} nå.',
      'Målingene blir tatt vare på, og sendes når det kommer svar. Se etter at nettet hjemme virker: Er ruteren på?',
    ],
    queue: [
      'Mange målinger venter på å bli sendt.',
      'De er tatt vare på. Den som satte opp boksen, må finne ut hvorfor de ikke blir tatt imot.',
    ],
    certificate: [
      'Noe som lar boksen sende, går snart ut eller er gått ut.',
      'Den som satte opp boksen, må se på det. Du trenger ikke gjøre noe annet.',
    ],
    portal: [
      'Det kan hende nettleseren advarer mot disse sidene.',
      'Den som satte opp boksen, må se på det. Målingene dine merker ikke noe.',
    ],
    other: ['Noe i boksen er ikke som det skal.', 'Den som satte opp boksen, må se på det.'],
  },
  toShares: 'Til Hva jeg deler',
  others: 'dem du deler med',
  careService: 'helsetjenesten',
  reached: 'Sist fikk boksen svar fra {who} {when}.',
  neverReached: 'Boksen har ikke fått svar fra {who} ennå.',
  nobody: 'Ingenting sendes til noen: Boksen er ikke satt opp til det.',
  heard: 'Sist hørt {when}.',
  notHeard: 'Ikke hørt ennå.',
  battery: 'Batteri {n} %.',
  unnamed: 'Apparat',
  lookAt: 'Se på det',
  lookAtFor: 'Se på det: {name}',
  none: 'Ingen apparater er koblet til ennå.',
  pair: 'Koble til et apparat',
  help: {
    title: 'La en tekniker hjelpe',
    text: 'En tekniker ser hvordan det står til med boksen og apparatene, og ingen måling. Du åpner for det, for en kort tid, og kan avslutte det.',
    hours: 'Hvor lenge?',
    hour: ['1 time', '{n} timer'],
    open: 'Åpne for hjelp',
    isOpen: '{name} kan hjelpe til {when}.',
    done: 'Hva som er gjort',
    doneFor: 'Hva som er gjort: {name}',
    codeTitle: 'Koden til den som hjelper deg',
    codeText:
      'Les koden høyt, eller vis den, for den som hjelper deg. Den virker én gang, fram til {until}. Hjelpen slutter {end}.',
    yours:
      'Du er sluppet inn til {when}. Det du gjør, blir skrevet ned, og den som slapp deg inn, kan se det.',
  },
  technical: 'For en tekniker',
  counts: 'Antall målinger',
  countsTitle: 'Antall målinger',
  back: 'Tilbake til boksen',
};
