/** One browser's warning: what stands in it, what is pressed, and what that is in words. */
export interface WarningWords {
  readonly browser: string;
  /** What stands at the top of the warning. */
  readonly heading: string;
  /** What is pressed, in turn, as it stands on the screen. */
  readonly pressed: (host: string) => readonly string[];
  readonly steps: (host: string) => readonly string[];
}

/** The setup card in English; the shape of every catalogue. */
export const en = {
  title: 'Open the pages of the box',
  intro:
    'The box in this home has its own pages. There you see your measurements and decide who may see them. Use a phone, a tablet or a computer on the same network as the box.',
  scan: 'Point the camera of the phone at this square, and press the address that appears.',
  qrLabel: (url: string) => `QR code that opens ${url}`,
  type: 'Or type this address at the top of the browser:',
  typeNumber: 'If the browser does not find it, type this instead:',
  typeNumberNamed:
    'If the browser does not find it, type this instead. The browser then warns, for it knows this box by its name only:',
  code: 'One-time code',
  codeLife: (minutes: number) =>
    `The code works once, and within ${minutes} minutes after it was made. Whoever has it can open the pages: show it to nobody else.`,
  codeAsked: 'The page asks for the code the first time.',
  noCode: 'Write the code here when you have got it:',
  emergency: 'These pages are not watched and are no emergency service. In an emergency call 113.',
  warning: {
    title: 'The browser warns you the first time',
    why: 'The box has made its own proof of who it is, and the browser does not know it. What is sent between the browser and the box is encrypted all the same. Do as shown here only at home, and only when this address stands at the top:',
    otherwise:
      'If the warning comes for another address, or in another place: do not go on, and ask whoever helps you.',
    again: 'The warning comes back when the box renews its proof, about once a year.',
    differ: 'The words may be a little different on yours.',
    drawing: (browser: string, pressed: string) =>
      `Drawing of the warning in ${browser}. To be pressed: ${pressed}.`,
    next: ', then ',
  },
  browsers: {
    android: {
      browser: 'Chrome (Android phone or tablet)',
      heading: 'Your connection is not private',
      pressed: (host: string) => ['Advanced', `Proceed to ${host} (unsafe)`],
      steps: (host: string) => [
        'Press “Advanced”.',
        `Press “Proceed to ${host} (unsafe)” further down.`,
      ],
    },
    iphone: {
      browser: 'Safari (iPhone or iPad)',
      heading: 'This Connection Is Not Private',
      pressed: () => ['Show Details', 'visit this website', 'Visit Website'],
      steps: () => [
        'Press “Show Details”.',
        'Press “visit this website”, at the bottom of the text.',
        'Press “Visit Website” in the box that opens.',
      ],
    },
    desktop: {
      browser: 'A computer',
      heading: 'Your connection is not private',
      pressed: (host: string) => ['Advanced', `Proceed to ${host} (unsafe)`],
      steps: (host: string) => [
        `Chrome or Edge: press “Advanced”, then the line at the bottom with “${host} (unsafe)”.`,
        'Firefox: press “Advanced”, then “Accept the Risk and Continue” or the button that names the address.',
        'Safari on a Mac: press “Show Details”, then “visit this website”.',
      ],
    },
  },
};

export type SetupCardWords = typeof en;
