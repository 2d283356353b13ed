import type { HealthWords } from './health.en.ts';

/** Korleis det står til med boksen, for den som bur med han, på nynorsk. */
export const health: HealthWords = {
  well: 'Alt er i orden.',
  unwell: 'Noko må gjerast.',
  toDo: 'Gjer dette',
  works: 'Dette verkar',
  devices: 'Apparata dine',
  good: {
    store: 'Boksen tek vare på målingane dine.',
    radio: 'Boksen høyrer etter apparata dine.',
    clock: 'Klokka i boksen går rett.',
    broker: 'Boksen når {who}.',
    portal: 'Desse sidene er som dei skal.',
  },
  bad: {
    store: [
      'Boksen kan ikkje ta vare på målingar no.',
      'Be om hjelp med ein gong. Skriv målingane på papir til det verkar igjen.',
    ],
    aside: [
      'Eit tidlegare minne i boksen vart skadd.',
      'Det som har kome sidan, er teke vare på. Den som sette opp boksen, kan leite etter det som gjekk tapt.',
    ],
    permissions: [
      'Boksen har mist kva du deler. Ingenting blir delt.',
      'Gå til Kva eg deler, og sei ja på nytt om du vil.',
    ],
    radio: [
      'Boksen høyrer ikkje apparata dine.',
      'Trekk ut støpselet til boksen, vent ti sekund, og set det inn igjen. Hjelper ikkje det, så be om hjelp.',
    ],
    clock: [
      'Boksen veit ikkje kva klokka er.',
      'Sjå etter at nettet heime verkar: Er ruteren på? Målingane blir tekne vare på imens.',
    ],
    broker: [
      'Boksen når ikkje {who} no.',
      'Målingane blir tekne vare på, og blir sende når det kjem svar. Sjå etter at nettet heime verkar: Er ruteren på?',
    ],
    queue: [
      'Mange målingar ventar på å bli sende.',
      'Dei er tekne vare på. Den som sette opp boksen, må finne ut kvifor dei ikkje blir tekne imot.',
    ],
    certificate: [
      'Noko som lèt boksen sende, går snart ut eller er gått ut.',
      'Den som sette opp boksen, må sjå på det. Du treng ikkje gjere noko anna.',
    ],
    portal: [
      'Det kan hende nettlesaren åtvarar mot desse sidene.',
      'Den som sette opp boksen, må sjå på det. Målingane dine merkar ikkje noko.',
    ],
    other: ['Noko i boksen er ikkje som det skal.', 'Den som sette opp boksen, må sjå på det.'],
  },
  toShares: 'Til Kva eg deler',
  others: 'dei du deler med',
  careService: 'helsetenesta',
  reached: 'Sist fekk boksen svar frå {who} {when}.',
  neverReached: 'Boksen har ikkje fått svar frå {who} enno.',
  nobody: 'Ingenting blir sendt til nokon: Boksen er ikkje sett opp til det.',
  heard: 'Sist høyrt {when}.',
  notHeard: 'Ikkje høyrt enno.',
  battery: 'Batteri {n} %.',
  unnamed: 'Apparat',
  lookAt: 'Sjå på det',
  lookAtFor: 'Sjå på det: {name}',
  none: 'Ingen apparat er kopla til enno.',
  pair: 'Kople til eit apparat',
  help: {
    title: 'Lat ein teknikar hjelpe',
    text: 'Ein teknikar ser korleis det står til med boksen og apparata, og inga måling. Du opnar for det, for ei kort tid, og kan avslutte det.',
    hours: 'Kor lenge?',
    hour: ['1 time', '{n} timar'],
    open: 'Opne for hjelp',
    isOpen: '{name} kan hjelpe til {when}.',
    done: 'Kva som er gjort',
    doneFor: 'Kva som er gjort: {name}',
    codeTitle: 'Koden til den som hjelper deg',
    codeText:
      'Les koden høgt, eller vis han, for den som hjelper deg. Han verkar éin gong, fram til {until}. Hjelpa sluttar {end}.',
    yours:
      'Du er sleppt inn til {when}. Det du gjer, blir skrive ned, og den som slapp deg inn, kan sjå det.',
  },
  technical: 'For ein teknikar',
  counts: 'Talet på målingar',
  countsTitle: 'Talet på målingar',
  back: 'Tilbake til boksen',
};
