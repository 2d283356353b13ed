import type { Kind, Measurement, Quantity } from '../../../adapters/measurement.ts';
import type { Language } from '../../pages/language.ts';
import type { ReadingsWords } from './words/readings.en.ts';

/** A value in words: what it is of, the number as the device sent it, and its unit. */
export interface ShownValue {
  /** Empty for what the reading itself is named for. */
  readonly name: string;
  readonly number: string;
  readonly unit: string;
}

/** UCUM codes as people write them; any other stands as it is. */
const UNITS: Readonly<Record<string, string>> = {
  'mm[Hg]': 'mmHg',
  Cel: '°C',
  '[degF]': '°F',
  '[lb_av]': 'lb',
  '[in_i]': 'in',
  'kg/m2': 'kg/m²',
  Ohm: 'Ω',
};

/** The quantity that a kind is named for: it needs no name of its own. */
const MAIN: Readonly<Partial<Record<Kind, string>>> = {
  'heart-rate': 'heart-rate',
  'oxygen-saturation': 'spo2',
  'body-temperature': 'temperature',
  'body-weight': 'weight',
  glucose: 'glucose',
  'glucose-interstitial': 'glucose',
  battery: 'level',
};

/** The values of one measurement, the main one first; nothing is left out, rounded or converted. */
export function valuesOf(
  { kind, quantities, attributes }: Measurement,
  words: ReadingsWords,
  language: Language,
): ShownValue[] {
  const { systolic, diastolic, ...others } = quantities;
  const pressure = pressureOf(systolic, diastolic, words, language);
  const rest = pressure ? others : quantities;
  const main = MAIN[kind] ?? '';
  const order = Object.entries(rest).sort(([a], [b]) => Number(b === main) - Number(a === main));
  const shown = order.map(([name, quantity]) => ({
    name: name === main ? '' : nameOf(name, words),
    ...shownOf(quantity, words, language),
  }));
  const state = stateOf(kind, attributes, words);
  return [...(pressure ? [pressure] : []), ...shown, ...(state ? [state] : [])];
}

const nameOf = (name: string, { quantities, otherQuantity }: ReadingsWords): string =>
  Object.hasOwn(quantities, name)
    ? quantities[name as keyof ReadingsWords['quantities']]
    : otherQuantity;

/** `128/82 mmHg`, when both are numbers of one unit. */
function pressureOf(
  high: Quantity | undefined,
  low: Quantity | undefined,
  words: ReadingsWords,
  language: Language,
): ShownValue | undefined {
  if (!high || !low || 'absent' in high || 'absent' in low || high.unit !== low.unit) {
    return undefined;
  }
  const [one, other] = [shownOf(high, words, language), shownOf(low, words, language)];
  return { name: '', number: `${one.number}/${other.number}`, unit: one.unit };
}

function shownOf(quantity: Quantity, words: ReadingsWords, language: Language) {
  if ('absent' in quantity) return { number: words.absent[quantity.absent], unit: '' };
  const { value, unit } = quantity;
  return {
    // The device's own digits, with the reader's decimal sign.
    number: language === 'en' ? value : value.replace('.', ','),
    unit: Object.hasOwn(words.units, unit)
      ? words.units[unit as keyof ReadingsWords['units']]
      : (UNITS[unit] ?? unit),
  };
}

/** What a sensor of the home told: open or closed, somebody or nobody. */
function stateOf(
  kind: Kind,
  attributes: Measurement['attributes'],
  words: ReadingsWords,
): ShownValue | undefined {
  if (kind === 'button') return { name: '', number: words.pressed, unit: '' };
  if (!Object.hasOwn(words.states, kind)) return undefined;
  const [yes, no] = words.states[kind as keyof ReadingsWords['states']];
  const told = Object.values(attributes).find((one) => typeof one === 'boolean');
  return told === undefined ? undefined : { name: '', number: (told ? yes : no) ?? '', unit: '' };
}
