import type { Kind } from '../../measurement.ts';
import type { DeviceModel, Words } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** What a device looks like to people, who choose it by its picture. Closed list. */
export const LOOKS = [
  'cuff',
  'scale',
  'thermometer',
  'oximeter',
  'glucose-meter',
  'strap',
  'room-sensor',
  'door-contact',
  'button',
] as const;

export type Look = (typeof LOOKS)[number];

/** What a person does with a device in their hands, of which there is a drawing. Closed list. */
export type Action =
  | 'hold-button'
  | 'measure'
  | 'on-finger'
  | 'press'
  | 'pull-strip'
  | 'read-code'
  | 'step-on'
  | 'switch-on'
  | 'wear-strap';

interface LookFacts {
  readonly kinds: readonly Kind[];
  /** By which one of unknown model is recognised; several looks may share one. */
  readonly services: readonly string[];
  /** How it is used once. */
  readonly use: Action;
  /** Of a model that is not known. */
  readonly instructions: { readonly pair: Words; readonly measure: Words };
}

/** BTHome and MiBeacon: of room sensors, contacts and buttons alike. */
const BROADCASTS = ['fcd2', 'fe95'] as const;
const SENSOR = { pair: PAIR.broadcast, measure: MEASURE.sensor } as const;

export const LOOK_FACTS: Readonly<Record<Look, LookFacts>> = {
  cuff: {
    kinds: ['blood-pressure'],
    services: ['1810'],
    use: 'measure',
    instructions: { pair: PAIR.asManual, measure: MEASURE.cuff },
  },
  scale: {
    kinds: ['body-weight', 'body-composition'],
    services: ['181d', '181b'],
    use: 'step-on',
    instructions: { pair: PAIR.asManual, measure: MEASURE.scale },
  },
  thermometer: {
    kinds: ['body-temperature'],
    services: ['1809'],
    use: 'switch-on',
    instructions: { pair: PAIR.asManual, measure: MEASURE.thermometer },
  },
  oximeter: {
    kinds: ['oxygen-saturation'],
    services: ['1822'],
    use: 'on-finger',
    instructions: { pair: PAIR.wear, measure: MEASURE.clip },
  },
  'glucose-meter': {
    kinds: ['glucose', 'glucose-interstitial'],
    services: ['1808', '181f'],
    use: 'switch-on',
    instructions: { pair: PAIR.asManual, measure: MEASURE.meter },
  },
  strap: {
    kinds: ['heart-rate'],
    services: ['180d'],
    use: 'wear-strap',
    instructions: { pair: PAIR.wear, measure: MEASURE.strap },
  },
  'room-sensor': {
    kinds: ['environment', 'motion', 'presence', 'smoke', 'water-leak'],
    services: ['181a', ...BROADCASTS],
    use: 'pull-strip',
    instructions: SENSOR,
  },
  'door-contact': {
    kinds: ['contact'],
    services: BROADCASTS,
    use: 'pull-strip',
    instructions: SENSOR,
  },
  button: { kinds: ['button'], services: BROADCASTS, use: 'press', instructions: SENSOR },
};

/** What the words for pairing ask for; of the others it is to be used once. */
const ACTION_OF: ReadonlyMap<Words, Action> = new Map<Words, Action>([
  [PAIR.asManual, 'hold-button'],
  [PAIR.untilPr, 'hold-button'],
  [PAIR.untilP, 'hold-button'],
  [PAIR.eightSeconds, 'hold-button'],
  [PAIR.code, 'read-code'],
]);

/** The look of what measures this first of all; undefined for what no picture stands for. */
export function lookOf(measures: readonly Kind[]): Look | undefined {
  const [first] = measures;
  return first && LOOKS.find((look) => LOOK_FACTS[look].kinds.includes(first));
}

/** Every look that what is heard may have: its model's, else those of its services. */
export function looksOf(
  model: DeviceModel | undefined,
  services: readonly string[],
): readonly Look[] {
  const own = model && lookOf(model.measures);
  if (own) return [own];
  return LOOKS.filter((look) => LOOK_FACTS[look].services.some((uuid) => services.includes(uuid)));
}

/** What a person does with a device to pair it, as the drawing beside the words shows it. */
export const actionOf = (look: Look, pair: Words): Action =>
  ACTION_OF.get(pair) ?? LOOK_FACTS[look].use;
