import type { SetupCardWords } from './setup-card.en.ts';

/** Oppsettskortet på bokmål. Det nettleseren selv skriver, står slik nettleseren skriver det. */
export const nb: SetupCardWords = {
  title: 'Åpne sidene til boksen',
  intro:
    'Boksen her hjemme har sine egne sider. Der ser du målingene dine og bestemmer hvem som får se dem. Bruk en telefon, et nettbrett eller en datamaskin på samme nett som boksen.',
  scan: 'Pek kameraet på telefonen mot denne ruten, og trykk på adressen som kommer fram.',
  qrLabel: (url) => `QR-kode som åpner ${url}`,
  type: 'Eller skriv denne adressen øverst i nettleseren:',
  typeNumber: 'Hvis nettleseren ikke finner den, skriver du dette i stedet:',
  typeNumberNamed:
    'Hvis nettleseren ikke finner den, skriver du dette i stedet. Da advarer nettleseren, for den kjenner bare navnet på denne boksen:',
  code: 'Engangskode',
  codeLife: (minutes) =>
    `Koden virker én gang, og må brukes innen ${minutes} minutter etter at den ble laget. Den som har koden, kan åpne sidene: Ikke vis den til andre.`,
  codeAsked: 'Siden spør om koden den første gangen.',
  noCode: 'Skriv koden her når du har fått den:',
  emergency: 'Ingen overvåker disse sidene, og de er ingen nødtjeneste. Ring 113 når det haster.',
  warning: {
    title: 'Nettleseren advarer deg den første gangen',
    why: 'Boksen har laget sitt eget bevis på hvem den er, og nettleseren kjenner det ikke. Det som sendes mellom nettleseren og boksen, er kryptert likevel. Gjør som vist her bare hjemme, og bare når denne adressen står øverst:',
    otherwise:
      'Kommer advarselen for en annen adresse eller et annet sted: Ikke gå videre, og spør den som hjelper deg.',
    again: 'Advarselen kommer igjen når boksen fornyer beviset sitt, omtrent én gang i året.',
    differ: 'Ordene kan være litt annerledes hos deg.',
    drawing: (browser, pressed) =>
      `Tegning av advarselen i ${browser}. Dette skal du trykke på: ${pressed}.`,
    next: ', deretter ',
  },
  browsers: {
    android: {
      browser: 'Chrome (telefon eller nettbrett med Android)',
      heading: 'Tilkoblingen din er ikke privat',
      pressed: (host) => ['Avanserte', `Fortsett til ${host} (usikker side)`],
      steps: (host) => [
        'Trykk på «Avanserte».',
        `Trykk på «Fortsett til ${host} (usikker side)» lenger ned.`,
      ],
    },
    iphone: {
      browser: 'Safari (iPhone eller iPad)',
      heading: 'Denne tilkoblingen er ikke privat',
      pressed: () => ['Vis detaljer', 'besøk dette nettstedet', 'Besøk nettstedet'],
      steps: () => [
        'Trykk på «Vis detaljer».',
        'Trykk på «besøk dette nettstedet», nederst i teksten.',
        'Trykk på «Besøk nettstedet» i ruten som åpner seg.',
      ],
    },
    desktop: {
      browser: 'Datamaskin',
      heading: 'Tilkoblingen din er ikke privat',
      pressed: (host) => ['Avanserte', `Fortsett til ${host} (usikker side)`],
      steps: (host) => [
        `Chrome eller Edge: Klikk på «Avanserte» eller «Avansert», og så på linjen nederst, som begynner med «Fortsett til ${host}».`,
        'Firefox: Klikk på «Avansert», og så på «Godta risikoen og fortsett» eller på knappen med adressen.',
        'Safari på Mac: Klikk på «Vis detaljer», og så på «besøk dette nettstedet».',
      ],
    },
  },
};
