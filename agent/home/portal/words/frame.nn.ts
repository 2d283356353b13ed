import type { FrameWords } from './frame.en.ts';

/** Det som står rundt alle sidene, på nynorsk. */
export const frame: FrameWords = {
  product: 'Målingar heime',
  skip: 'Gå til innhaldet',
  navigation: 'Sider',
  pages: {
    readings: 'Målingane mine',
    questions: 'Spørsmål',
    shares: 'Kva eg deler',
    devices: 'Apparat',
    box: 'Boksen',
    me: 'Meg',
  },
  languages: 'Språk',
  asCitizen: 'Logga inn som {name}',
  asHelper: 'Logga inn som {name}, hjelpar for {person}',
  asRepresentative: 'Logga inn som {name}, på vegner av {person}',
  emergency:
    'Ingen overvaker desse sidene, og dei er inga naudteneste. Ring 113 når det hastar. Legevakt: 116 117.',
  demo: 'DEMO',
  demoText: 'Apparata her er ikkje ekte, og personane er oppdikta.',
  liveSaid: 'Det har kome noko nytt på sida.',
  stale: {
    title: 'Sida var for gammal',
    text: 'Ingenting vart endra. Gå tilbake og prøv på nytt.',
    back: 'Gå tilbake',
  },
  forbidden: {
    title: 'Dette kan du ikkje sjå',
    text: 'Dette er ikkje ein del av det du har fått tilgang til.',
  },
  notFound: {
    title: 'Denne sida finst ikkje',
    text: 'Vel ei side i menyen, eller logg inn først.',
  },
  failed: {
    title: 'Det gjekk ikkje',
    text: 'Noko gjekk gale i boksen, og ingenting vart endra. Vent litt og prøv på nytt.',
  },
  toStart: 'Til første side',
};
