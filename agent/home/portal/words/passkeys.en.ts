/** Signing in by fingerprint, face or the device's lock, in English; the shape of each catalogue. */
export const passkeys = {
  title: 'Fingerprint, face or screen lock',
  me: 'You can sign in with the fingerprint, the face or the screen lock of your own device, instead of the PIN.',
  toPage: 'Switch on or off',
  intro:
    'You can sign in with the fingerprint, the face or the screen lock of your device, instead of the PIN (this is called a passkey). The PIN goes on working.',
  stays: 'Fingerprint and face stay in your device. The box never gets them.',
  warn: 'Whoever can unlock the device gets in here as you.',
  list: 'Where it is switched on',
  made: 'Switched on {when}',
  used: 'Last used {when}',
  unused: 'Not used yet',
  elsewhere: 'Works only when you open these pages at {name}.',
  remove: 'Switch off',
  added: 'It is switched on. Next time you can sign in with it.',
  removed:
    'It is switched off. Your device may still suggest it, but it lets nobody in here any more.',
  addTitle: 'Switch it on for this device',
  name: 'What do you call this device?',
  nameHint: 'So that you know it again in the list.',
  pinHint: 'The PIN that you have.',
  add: 'Switch on',
  cannot: 'This browser cannot do it. Sign in with the PIN.',
  notHere: 'It cannot be switched on at this address. Sign in with the PIN.',
  sharedHere:
    'Several people use this browser. Here you sign in with the PIN, or whoever can unlock the device would get in as you.',
  sharedEnds:
    'It is also switched off if you change your PIN, remove the browser where it was made or say that several people use it, and when somebody else signs in there.',
  signInTitle: 'Without the PIN',
  welcomeTitle: 'Have you been here before?',
  welcomeText:
    'If you have switched on signing in by fingerprint, face or screen lock, you need no code.',
  signIn: 'Use fingerprint, face or screen lock',
  stopped: 'It was stopped, or took too long. Try once more, or use the PIN.',
  stoppedNew: 'It was stopped, or took too long. Try once more, or ask for a code.',
  known: 'It is switched on for this device already.',
  pinText: 'Fingerprint, face and screen lock have to be switched on again.',
};

export type PasskeyWords = typeof passkeys;
