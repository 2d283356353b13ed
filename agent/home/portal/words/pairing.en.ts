/** Pairing a device, in English; the shape of each catalogue. */
export const pairing = {
  step: 'Step {n} of 6',
  back: 'Back',
  cancel: 'Stop pairing',
  kind: {
    title: 'What kind of device is it?',
    busy: 'Somebody else in the home is pairing a device. Wait until they have finished.',
    going: 'You are in the middle of a pairing.',
    follow: 'Go on with it',
    other: 'Something else',
  },
  model: {
    title: 'Which one is it?',
    text: 'The name is on the device or its box. Choose “another” if it is not here.',
    other: 'Another, or I do not know',
  },
  prepare: {
    title: 'Get the device ready',
    oneHost: 'First: the telephone',
    notYet: 'The box cannot read this one yet',
    do: 'Do this now',
    brief:
      'It can be reached for about half a minute at a time. Just wake it again if it goes to sleep.',
    none: 'There is nothing to pair: the box hears it when it is used.',
    next: 'I have done it',
  },
  found: {
    title: 'Which one do you have in your hand?',
    looking: 'The box is listening. The list renews itself every {n} seconds.',
    again: 'Listen again',
    none: 'The box hears no such device yet.',
    noneText: 'Wake the device, hold it close to the box, and wait a little.',
    list: 'Heard, nearest first',
    which:
      'Several alike? Move yours right up to the box. The one that says “came closer” is yours.',
    others: 'Other things that the box hears',
    unnamed: 'Without a name',
    signal: ['very far away', 'far away', 'near', 'right beside the box'],
    closer: 'came closer just now',
    farther: 'moved away just now',
    asleep: 'Not heard for {n} seconds: wake it again.',
    knownTitle: 'Already in this home',
    known: 'You call it {name}. Pairing it again mends a lost pairing.',
    choose: 'This one',
    radio: 'Bluetooth in the box is off or missing, so it hears nothing. See the page “The box”.',
  },
  code: {
    title: 'Does the device have a code?',
    text: 'Some show six digits, or have them printed on the back. Type them here now if you can see them: the device waits for half a minute only.',
    label: 'Code of six digits',
    optional: 'Leave it empty if there is none. You are asked if the device wants one.',
    begin: 'Pair now',
  },
  now: {
    title: 'Pairing {name}',
    steps: {
      waiting: 'Waiting for the device. Wake it: switch it on, or measure.',
      bonding: 'Heard it. Pairing …',
      connecting: 'Connecting …',
      reading: 'Asking it what it is …',
      subscribing: 'Asking it for its measurements …',
      'waiting-for-measurement': 'Paired.',
    },
    otherStep: 'Working …',
    left: 'It stops by itself in {n} minutes at most.',
    askTitle: 'Type the code that the device shows',
    askText:
      'Six digits. The device waits for half a minute. If it is too late, you simply try again.',
    send: 'Send the code',
    demoShows: 'The device shows',
    compareTitle: 'Does the device show these digits?',
    yes: 'Yes, the same',
    no: 'No, others',
    showTitle: 'Type these digits on the device',
    entered: '{n} of 6 typed',
  },
  measure: {
    title: 'Measure once now',
    text: 'The pairing is done. Now the box waits for the first measurement, to see that all works.',
    later: 'I shall measure later',
    left: 'The box waits for {n} minutes more at most.',
  },
  done: {
    title: 'Ready: {name}',
    first: 'The first measurement has come',
    hidden: 'A measurement has come. Only the person it belongs to sees it.',
    question: 'A measurement has come. Whose it is, stands as a question.',
    none: 'It is paired. No measurement has come yet: it comes when you measure near the box.',
    name: 'What do you call it?',
    devices: 'To the devices',
    more: 'Pair another',
  },
  failed: {
    title: 'It was not paired',
    again: 'Try again',
    code: 'Code of six digits, if the device has one',
    other: 'Choose another device',
    nothing: 'Nothing has been lost, and you can try as often as you like.',
  },
  whoseTitle: 'Whose is the device?',
  whoseLater: 'Decide later',
  errors: {
    'passkey-form': 'The code has six digits.',
    'heard-gone': 'The box no longer hears that device. Wake it, and choose it again.',
    'radio-busy': 'Another device is being paired. Wait until that is done.',
    'pairing-no-question': 'The device does not wait for the code any longer.',
  },
  failures: {
    'radio-not-heard': [
      'The box did not hear the device.',
      'Hold it right beside the box, wake it, and try again at once.',
    ],
    'radio-pairing-failed': [
      'The device refused.',
      'Was the code right? Put the device in pairing mode again. If it is paired with a telephone, remove it there first.',
    ],
    'radio-pairing-unsupported': [
      'The Bluetooth of this box cannot pair with a code.',
      'Devices that need none work all the same. Ask whoever set up the box.',
    ],
    'radio-aborted': [
      'It was stopped, or it took too long.',
      'Begin again with the device in your hand.',
    ],
    'radio-bond-lost': [
      'The device has forgotten the box.',
      'Put it in pairing mode, as when it was new, and try again.',
    ],
    'radio-busy': ['The box was pairing another device.', 'Wait a minute, and try again.'],
    'radio-off': [
      'Bluetooth in the box is off or missing.',
      'See the page “The box” for what to do, and try again afterwards.',
    ],
    'pairing-unanswered': [
      'The device waited for the code, and gave up.',
      'Try again, and type the code beforehand if the device already shows it.',
    ],
    'radio-connect-failed': [
      'The box heard the device, but did not reach it.',
      'Move it closer, wake it, and try again.',
    ],
    'radio-disconnected': [
      'The device hung up in the middle.',
      'That happens. Wake it, keep it beside the box, and try again.',
    ],
    'radio-timeout': [
      'The device stopped answering.',
      'Take its batteries out and put them in again, and try again.',
    ],
    'radio-gatt-refused': [
      'The device does not hand its measurements over.',
      'Remove it from any telephone it is paired with, put it in pairing mode, and try again.',
    ],
  },
  otherFailure: [
    'Something went wrong.',
    'Wait a minute, wake the device, and try again. If it does not help, see the page “The box”.',
  ],
};

export type PairingWords = typeof pairing;
