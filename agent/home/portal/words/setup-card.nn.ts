import type { SetupCardWords } from './setup-card.en.ts';

/** Oppsettskortet på nynorsk. Chrome og Safari finst ikkje på nynorsk: det dei skriv, står på bokmål. */
export const nn: SetupCardWords = {
  title: 'Opne sidene til boksen',
  intro:
    'Boksen her heime har sine eigne sider. Der ser du målingane dine og avgjer kven som får sjå dei. Bruk ein telefon, eit nettbrett eller ei datamaskin på same nett som boksen.',
  scan: 'Peik kameraet på telefonen mot denne ruta, og trykk på adressa som kjem fram.',
  qrLabel: (url) => `QR-kode som opnar ${url}`,
  type: 'Eller skriv denne adressa øvst i nettlesaren:',
  typeNumber: 'Dersom nettlesaren ikkje finn henne, skriv du dette i staden:',
  typeNumberNamed:
    'Dersom nettlesaren ikkje finn henne, skriv du dette i staden. Då åtvarar nettlesaren, for han kjenner berre namnet på denne boksen:',
  code: 'Eingongskode',
  codeLife: (minutes) =>
    `Koden verkar éin gong, og må brukast innan ${minutes} minutt etter at han vart laga. Den som har koden, kan opne sidene: Ikkje vis han til andre.`,
  codeAsked: 'Sida spør om koden den første gongen.',
  noCode: 'Skriv koden her når du har fått han:',
  emergency: 'Ingen overvaker desse sidene, og dei er inga naudteneste. Ring 113 når det hastar.',
  warning: {
    title: 'Nettlesaren åtvarar deg den første gongen',
    why: 'Boksen har laga sitt eige prov på kven han er, og nettlesaren kjenner det ikkje. Det som blir sendt mellom nettlesaren og boksen, er kryptert likevel. Gjer som vist her berre heime, og berre når denne adressa står øvst:',
    otherwise:
      'Kjem åtvaringa for ei anna adresse eller ein annan stad: Ikkje gå vidare, og spør den som hjelper deg.',
    again: 'Åtvaringa kjem att når boksen fornyar provet sitt, om lag éin gong i året.',
    differ: 'Orda kan vere litt annleis hos deg.',
    drawing: (browser, pressed) =>
      `Teikning av åtvaringa i ${browser}. Dette skal du trykkje på: ${pressed}.`,
    next: ', deretter ',
  },
  browsers: {
    android: {
      browser: 'Chrome (telefon eller nettbrett med Android)',
      heading: 'Tilkoblingen din er ikke privat',
      pressed: (host) => ['Avanserte', `Fortsett til ${host} (usikker side)`],
      steps: (host) => [
        'Trykk på «Avanserte».',
        `Trykk på «Fortsett til ${host} (usikker side)» lenger nede.`,
      ],
    },
    iphone: {
      browser: 'Safari (iPhone eller iPad)',
      heading: 'Denne tilkoblingen er ikke privat',
      pressed: () => ['Vis detaljer', 'besøk dette nettstedet', 'Besøk nettstedet'],
      steps: () => [
        'Trykk på «Vis detaljer».',
        'Trykk på «besøk dette nettstedet», nedst i teksten.',
        'Trykk på «Besøk nettstedet» i ruta som opnar seg.',
      ],
    },
    desktop: {
      browser: 'Datamaskin',
      heading: 'Tilkoblingen din er ikke privat',
      pressed: (host) => ['Avanserte', `Fortsett til ${host} (usikker side)`],
      steps: (host) => [
        `Chrome eller Edge: Klikk på «Avanserte» eller «Avansert», og så på linja nedst, som byrjar med «Fortsett til ${host}».`,
        'Firefox: Klikk på «Avansert», og så på «Godta risikoen og fortset» eller på knappen med adressa.',
        'Safari på Mac: Klikk på «Vis detaljer», og så på «besøk dette nettstedet».',
      ],
    },
  },
};
