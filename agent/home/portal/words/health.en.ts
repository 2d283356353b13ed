/** How the box is, for who lives with it, in English; the shape of each catalogue. */
export const health = {
  well: 'All is well.',
  unwell: 'Something is to be done.',
  toDo: 'Do this',
  works: 'This works',
  devices: 'Your devices',
  good: {
    store: 'The box keeps your measurements safe.',
    radio: 'The box listens for your devices.',
    clock: 'The clock of the box is right.',
    broker: 'The box reaches {who}.',
    portal: 'These pages are as they should be.',
  },
  bad: {
    store: [
      'The box cannot keep measurements now.',
      'Ask for help at once. Write measurements on paper until it works.',
    ],
    aside: [
      'A former memory of the box was damaged.',
      'What came since is kept. Whoever set up the box can look for what was lost.',
    ],
    permissions: [
      'The box has lost what you share. Nothing is shared.',
      'Go to What I share, and say yes again if you want.',
    ],
    radio: [
      'The box does not hear your devices.',
      'Pull out the plug of the box, wait ten seconds, and put it in again. If that does not help, ask for help.',
    ],
    clock: [
      'The box does not know what time it is.',
      'See that the internet at home works: is the router on? Measurements are kept meanwhile.',
    ],
    broker: [
      'The box does not reach {who} now.',
      'Measurements are kept, and are sent when it answers. See that the internet at home works: is the router on?',
    ],
    queue: [
      'Many measurements wait to be sent.',
      'They are kept. Whoever set up the box must find out why they are not received.',
    ],
    certificate: [
      'Something that lets the box send is ending.',
      'Whoever set up the box must look at it. You need do nothing else.',
    ],
    portal: [
      'The browser may warn you of these pages.',
      'Whoever set up the box must look at it. Your measurements are not affected.',
    ],
    other: [
      'Something in the box is not as it should be.',
      'Whoever set up the box must look at it.',
    ],
  },
  toShares: 'To What I share',
  others: 'those you share with',
  careService: 'the care service',
  reached: '{who} last answered {when}.',
  neverReached: '{who} has not answered yet.',
  nobody: 'Nothing is sent to anybody: the box is not set up for it.',
  heard: 'Last heard {when}.',
  notHeard: 'Not heard yet.',
  battery: 'Battery {n} %.',
  unnamed: 'Device',
  lookAt: 'Look at it',
  lookAtFor: 'Look at it: {name}',
  none: 'No device is connected yet.',
  pair: 'Connect a device',
  help: {
    title: 'Let a technician help',
    text: 'A technician sees how the box and the devices are, and no measurement. You open for it, for a short time, and can end it.',
    hours: 'For how long?',
    hour: ['1 hour', '{n} hours'],
    open: 'Open for help',
    isOpen: '{name} can help until {when}.',
    done: 'What was done',
    doneFor: 'What was done: {name}',
    codeTitle: 'The code for who helps you',
    codeText:
      'Read this code aloud, or show it, to who helps you. It works once, until {until}. The help ends at {end}.',
    yours:
      'You are let in until {when}. What you do is written down, and is seen by who let you in.',
  },
  technical: 'For a technician',
  counts: 'Counts of measurements',
  countsTitle: 'Counts of measurements',
  back: 'Back to the box',
};

export type HealthWords = typeof health;
