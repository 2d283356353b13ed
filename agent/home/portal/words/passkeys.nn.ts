import type { PasskeyWords } from './passkeys.en.ts';

/** Innlogging med fingeravtrykk, ansikt eller skjermlås, på nynorsk. */
export const passkeys: PasskeyWords = {
  title: 'Fingeravtrykk, ansikt eller skjermlås',
  me: 'Du kan logge inn med fingeravtrykket, ansiktet eller skjermlåsen på di eiga eining i staden for PIN-en.',
  toPage: 'Slå på eller av',
  intro:
    'Du kan logge inn med fingeravtrykket, ansiktet eller skjermlåsen på eininga di i staden for PIN-en (dette blir kalla ein passnøkkel). PIN-en verkar framleis.',
  stays: 'Fingeravtrykket og ansiktet blir verande i eininga di. Boksen får dei aldri.',
  warn: 'Alle som kan låse opp eininga, kjem inn her som deg.',
  list: 'Her er det slått på',
  made: 'Slått på {when}',
  used: 'Sist brukt {when}',
  unused: 'Ikkje brukt enno',
  elsewhere: 'Verkar berre når du opnar desse sidene på {name}.',
  remove: 'Slå av',
  added: 'Det er slått på. Neste gong kan du logge inn med det.',
  removed: 'Det er slått av. Eininga kan framleis føreslå det, men det slepp ingen inn her lenger.',
  addTitle: 'Slå det på for denne eininga',
  name: 'Kva kallar du denne eininga?',
  nameHint: 'Så du kjenner ho att i lista.',
  pinHint: 'PIN-en du har.',
  add: 'Slå på',
  cannot: 'Denne nettlesaren kan ikkje dette. Logg inn med PIN-en.',
  notHere: 'Det kan ikkje slåast på frå denne adressa. Logg inn med PIN-en.',
  sharedHere:
    'Fleire bruker denne nettlesaren. Her loggar du inn med PIN-en, elles kunne alle som kan låse opp eininga, kome inn som deg.',
  sharedEnds:
    'Det blir òg slått av om du byter PIN, fjernar nettlesaren der det vart laga eller seier at fleire bruker han, og når nokon annan loggar inn i han.',
  signInTitle: 'Utan PIN',
  welcomeTitle: 'Har du vore her før?',
  welcomeText:
    'Har du slått på innlogging med fingeravtrykk, ansikt eller skjermlås, treng du ingen kode.',
  signIn: 'Bruk fingeravtrykk, ansikt eller skjermlås',
  stopped: 'Det vart avbrote eller tok for lang tid. Prøv éin gong til, eller bruk PIN-en.',
  stoppedNew: 'Det vart avbrote eller tok for lang tid. Prøv éin gong til, eller be om ein kode.',
  known: 'Det er alt slått på for denne eininga.',
  pinText: 'Fingeravtrykk, ansikt og skjermlås må slåast på igjen.',
};
