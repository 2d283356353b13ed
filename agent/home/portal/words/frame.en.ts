/** What is around every page, in English; the shape of each catalogue. */
export const frame = {
  product: 'Measurements at home',
  skip: 'Go to the content',
  navigation: 'Pages',
  pages: {
    readings: 'My readings',
    questions: 'Questions',
    shares: 'What I share',
    devices: 'Devices',
    box: 'The box',
    me: 'Me',
  },
  languages: 'Language',
  asCitizen: 'Signed in as {name}',
  asHelper: 'Signed in as {name}, helper for {person}',
  asRepresentative: 'Signed in as {name}, on behalf of {person}',
  emergency:
    'Nobody watches these pages, and they are no emergency service. In an emergency call 113. Out-of-hours doctor: 116 117.',
  demo: 'DEMO',
  demoText: 'The devices here are not real, and the people are invented.',
  liveSaid: 'Something new has been added to the page.',
  stale: {
    title: 'The page was too old',
    text: 'Nothing was changed. Go back, and try again.',
    back: 'Go back',
  },
  forbidden: {
    title: 'You cannot see this',
    text: 'This is not part of what you have been given access to.',
  },
  notFound: {
    title: 'There is no such page',
    text: 'Choose a page in the menu, or sign in first.',
  },
  failed: {
    title: 'That did not work',
    text: 'Something went wrong in the box, and nothing was changed. Wait a little, and try again.',
  },
  toStart: 'To the first page',
};

export type FrameWords = typeof frame;
