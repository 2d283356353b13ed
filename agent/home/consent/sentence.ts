import type { Kind } from '../../../adapters/measurement.ts';
import type { Language } from '../../pages/language.ts';

type Words = Partial<Record<Kind, string>>;

const KIND_WORDS: Record<Language, Words> = {
  nb: {
    'blood-pressure': 'blodtrykk med puls',
    'heart-rate': 'hjertefrekvens',
    'oxygen-saturation': 'oksygenmetning med puls',
    'body-temperature': 'kroppstemperatur',
    'body-weight': 'vekt',
    'body-composition': 'kroppssammensetning',
    glucose: 'blodsukker',
    'glucose-interstitial': 'sukker i vevsvæske',
    environment: 'romklima',
    contact: 'dører og vinduer',
    motion: 'bevegelse i rommet',
    presence: 'nærvær',
    button: 'knappetrykk',
    smoke: 'røykvarsel',
    'water-leak': 'vannlekkasje',
    battery: 'batteri',
  },
  nn: {
    'blood-pressure': 'blodtrykk med puls',
    'heart-rate': 'hjertefrekvens',
    'oxygen-saturation': 'oksygenmetting med puls',
    'body-temperature': 'kroppstemperatur',
    'body-weight': 'vekt',
    'body-composition': 'kroppssamansetjing',
    glucose: 'blodsukker',
    'glucose-interstitial': 'sukker i vevsvæske',
    environment: 'romklima',
    contact: 'dører og vindauge',
    motion: 'rørsle i rommet',
    presence: 'nærvære',
    button: 'knappetrykk',
    smoke: 'røykvarsel',
    'water-leak': 'vasslekkasje',
    battery: 'batteri',
  },
  en: {
    'blood-pressure': 'blood pressure with pulse',
    'heart-rate': 'heart rate',
    'oxygen-saturation': 'oxygen saturation with pulse',
    'body-temperature': 'body temperature',
    'body-weight': 'weight',
    'body-composition': 'body composition',
    glucose: 'blood glucose',
    'glucose-interstitial': 'glucose between the cells',
    environment: 'room climate',
    contact: 'doors and windows',
    motion: 'movement in the room',
    presence: 'presence',
    button: 'button presses',
    smoke: 'smoke alarms',
    'water-leak': 'water leaks',
    battery: 'battery',
  },
};

const TEXT: Record<Language, (to: string, what: string, from: string, until?: string) => string> = {
  nb: (to, what, from, until) =>
    `${to} kan se: ${what}, målt fra og med ${from}${until ? ` til og med ${until}` : ''}.`,
  nn: (to, what, from, until) =>
    `${to} kan sjå: ${what}, målt frå og med ${from}${until ? ` til og med ${until}` : ''}.`,
  en: (to, what, from, until) =>
    `${to} may see: ${what}, measured from ${from}${until ? ` until ${until}` : ''}.`,
};

/** What a kind is called in the sentence, and wherever it is chosen. */
export const kindName = (kind: Kind, language: Language): string =>
  KIND_WORDS[language][kind] ?? kind;

/** The sentence that is shown, kept with the permission and hashed. Names no diagnosis. */
export function permissionSentence(permission: {
  readonly recipient: string;
  readonly kinds: readonly Kind[];
  readonly from: string;
  readonly until: string | undefined;
  readonly language: Language;
}): string {
  const { language } = permission;
  const words = permission.kinds.map((kind) => kindName(kind, language));
  const what = new Intl.ListFormat(language, { type: 'conjunction' }).format(words);
  const day = (instant: string) =>
    new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(
      Date.parse(`${instant.slice(0, 10)}T12:00:00Z`),
    );
  const until = permission.until === undefined ? undefined : day(permission.until);
  return TEXT[language](permission.recipient, what, day(permission.from), until);
}
