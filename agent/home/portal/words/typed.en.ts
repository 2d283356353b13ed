import type { TypedKind, TypedName, TypedRefusal } from '../../../../adapters/typed/form.ts';
import type { TimeRefusal } from '../stated-time.ts';

/** What each number is called on its device, and how its unit is said. */
interface FieldWords {
  readonly name: string;
  readonly hint: string;
}

const fields: Readonly<Record<TypedName, FieldWords>> = {
  systolic: { name: 'Upper pressure', hint: 'The higher number, in mmHg.' },
  diastolic: { name: 'Lower pressure', hint: 'The lower number, in mmHg.' },
  'pulse-rate': { name: 'Pulse', hint: 'Beats per minute. Leave it empty if it was not shown.' },
  weight: { name: 'Weight', hint: 'In kilograms (kg).' },
  temperature: { name: 'Body temperature', hint: 'In degrees Celsius (°C).' },
  spo2: { name: 'Oxygen saturation', hint: 'In per cent (%).' },
  'heart-rate': { name: 'Pulse', hint: 'Beats per minute.' },
  glucose: { name: 'Blood glucose', hint: 'In millimoles per litre (mmol/L).' },
};

const refusals: Readonly<Record<TypedRefusal, string>> = {
  empty: '{name}: Type the number that the device showed.',
  'not-a-number': '{name}: Type the number with digits only, for example {example}.',
  decimals: '{name}: At most {n} digits after the decimal point. Look at the device once more.',
  range: '{name}: A device like this shows {low} to {high}. Look at the number and its unit.',
  order: 'The upper pressure must be the higher number. Are the two swapped?',
};

const timeRefusals: Readonly<Record<TimeRefusal | 'clock-untrusted', string>> = {
  'instant-invalid': 'Type a day and a time of day, such as 07:30.',
  'instant-in-future': 'That time has not come yet. Look at the day and the time.',
  'instant-too-old': 'That is more than a year ago. Look at the day once more.',
  'instant-never': 'There was no such time: the clocks were put forward that night.',
  'instant-twice':
    'The clocks were put back that night, so there was such a time twice. Choose which one.',
  'clock-untrusted':
    'The box does not know what time it is just now, so it cannot store this. What you typed is still here. Try again when the box is online.',
};

const names: Readonly<Record<TypedKind, string>> = {
  'blood-pressure': 'Blood pressure',
  'body-weight': 'Weight',
  'body-temperature': 'Body temperature',
  'oxygen-saturation': 'Oxygen saturation',
  'heart-rate': 'Pulse (heart rate)',
  glucose: 'Blood glucose',
};

/** Typing in a reading by hand, in English; the shape of each catalogue. None of it judges a value. */
export const typed = {
  link: 'Type in a measurement',
  title: 'Type in a measurement',
  intro:
    'For a device that cannot send by itself, such as a glass thermometer. What did you measure?',
  names,
  fields,
  wholeNumber: '{name}: Type a whole number, without a decimal point.',
  refusals,
  timeRefusals,
  asShown: 'Type the numbers just as the device showed them.',
  refused: 'Look at this once more',
  when: 'When did you measure?',
  date: 'Day',
  time: 'Time of day',
  timeHint: 'For example 07:30',
  which: 'Which of the two?',
  earlier: 'The first time (summer time)',
  later: 'The second time (winter time)',
  comment: 'Comment',
  commentHint: 'If you want, for example: after the stairs. At most {n} letters. It stays at home.',
  next: 'Go on',
  back: 'Back',
  lookTitle: 'Is this right?',
  look: 'This is what will be stored:',
  goes: 'Who gets it',
  mayGo: 'It is sent to {recipient}, as you have allowed.',
  stays: 'It is not sent to {recipient}: {why}.',
  nobody: 'It is not sent to anyone.',
  store: 'Yes, store it',
  change: 'No, change it',
  notStored: 'It is not stored: the box could not write to its disk. Try again in a while.',
  stored: 'Your measurement is stored.',
  byHand: 'Typed in by hand',
  way: {
    you: 'Typed in by you, and stored here {when}.',
    person: 'Typed in by {person}, and stored here {when}.',
    representative: 'Typed in by a representative, and stored here {when}.',
    operator: 'Typed in by whoever looks after the box, and stored here {when}.',
  },
};

export type TypedWords = typeof typed;
