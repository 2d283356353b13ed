import type { PasskeyWords } from './passkeys.en.ts';

/** Innlogging med fingeravtrykk, ansikt eller skjermlås, på bokmål. */
export const passkeys: PasskeyWords = {
  title: 'Fingeravtrykk, ansikt eller skjermlås',
  me: 'Du kan logge inn med fingeravtrykket, ansiktet eller skjermlåsen på din egen enhet i stedet for PIN-en.',
  toPage: 'Slå på eller av',
  intro:
    'Du kan logge inn med fingeravtrykket, ansiktet eller skjermlåsen på enheten din i stedet for PIN-en (dette kalles en passnøkkel). PIN-en virker fortsatt.',
  stays: 'Fingeravtrykket og ansiktet blir i enheten din. Boksen får dem aldri.',
  warn: 'Alle som kan låse opp enheten, kommer inn her som deg.',
  list: 'Her er det slått på',
  made: 'Slått på {when}',
  used: 'Sist brukt {when}',
  unused: 'Ikke brukt ennå',
  elsewhere: 'Virker bare når du åpner disse sidene på {name}.',
  remove: 'Slå av',
  added: 'Det er slått på. Neste gang kan du logge inn med det.',
  removed:
    'Det er slått av. Enheten kan fortsatt foreslå det, men det slipper ingen inn her lenger.',
  addTitle: 'Slå det på for denne enheten',
  name: 'Hva kaller du denne enheten?',
  nameHint: 'Så du kjenner den igjen i listen.',
  pinHint: 'PIN-en du har.',
  add: 'Slå på',
  cannot: 'Denne nettleseren kan ikke dette. Logg inn med PIN-en.',
  notHere: 'Det kan ikke slås på fra denne adressen. Logg inn med PIN-en.',
  sharedHere:
    'Flere bruker denne nettleseren. Her logger du inn med PIN-en, ellers kunne alle som kan låse opp enheten, komme inn som deg.',
  sharedEnds:
    'Det blir også slått av hvis du bytter PIN, fjerner nettleseren der det ble laget eller sier at flere bruker den, og når en annen logger inn i den.',
  signInTitle: 'Uten PIN',
  welcomeTitle: 'Har du vært her før?',
  welcomeText:
    'Har du slått på innlogging med fingeravtrykk, ansikt eller skjermlås, trenger du ingen kode.',
  signIn: 'Bruk fingeravtrykk, ansikt eller skjermlås',
  stopped: 'Det ble avbrutt eller tok for lang tid. Prøv én gang til, eller bruk PIN-en.',
  stoppedNew: 'Det ble avbrutt eller tok for lang tid. Prøv én gang til, eller be om en kode.',
  known: 'Det er allerede slått på for denne enheten.',
  pinText: 'Fingeravtrykk, ansikt og skjermlås må slås på igjen.',
};
