import type { FrameWords } from './frame.en.ts';

/** Det som står rundt alle sidene, på bokmål. */
export const frame: FrameWords = {
  product: 'Målinger hjemme',
  skip: 'Gå til innholdet',
  navigation: 'Sider',
  pages: {
    readings: 'Målingene mine',
    questions: 'Spørsmål',
    shares: 'Hva jeg deler',
    devices: 'Apparater',
    box: 'Boksen',
    me: 'Meg',
  },
  languages: 'Språk',
  asCitizen: 'Logget inn som {name}',
  asHelper: 'Logget inn som {name}, hjelper for {person}',
  asRepresentative: 'Logget inn som {name}, på vegne av {person}',
  emergency:
    'Ingen overvåker disse sidene, og de er ingen nødtjeneste. Ring 113 når det haster. Legevakt: 116 117.',
  demo: 'DEMO',
  demoText: 'Apparatene her er ikke ekte, og personene er oppdiktet.',
  liveSaid: 'Det har kommet noe nytt på siden.',
  stale: {
    title: 'Siden var for gammel',
    text: 'Ingenting ble endret. Gå tilbake og prøv på nytt.',
    back: 'Gå tilbake',
  },
  forbidden: {
    title: 'Dette kan du ikke se',
    text: 'Dette er ikke en del av det du har fått tilgang til.',
  },
  notFound: {
    title: 'Denne siden finnes ikke',
    text: 'Velg en side i menyen, eller logg inn først.',
  },
  failed: {
    title: 'Det gikk ikke',
    text: 'Noe gikk galt i boksen, og ingenting ble endret. Vent litt og prøv på nytt.',
  },
  toStart: 'Til første side',
};
