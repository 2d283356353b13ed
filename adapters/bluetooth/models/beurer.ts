import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

const COMMON = {
  vendor: 'Beurer',
  bond: 'just-works',
  oneHostOnly: false,
  regulated: 'unknown',
} as const;

const CUFF = {
  ...COMMON,
  measures: ['blood-pressure'],
  clock: { access: 'unknown' },
  slots: 'unknown',
  instructions: { pair: PAIR.asManual, measure: MEASURE.cuff },
} as const;

/** Scales that weigh and measure what a body consists of, for users whom they recognise by weight. */
const SCALE = {
  ...COMMON,
  measures: ['body-weight', 'body-composition'],
  clock: { access: 'write', where: ['2a2b'] },
  storage: 'unknown',
  quirks: ['user-code'],
  slots: 'guessed',
  instructions: { pair: PAIR.userCode, measure: MEASURE.scale },
} as const;

/** Offered after connecting; `ffff` is what most of them advertise. */
const SCALE_SERVICES = ['181d', '181b', '181c', 'ffff'] as const;

/** A scale that is known by what it advertises: its product number. */
const scale = (name: `BF${number}`, ...evidence: DeviceModel['evidence']): DeviceModel => ({
  ...SCALE,
  key: `beurer-${name.toLowerCase()}`,
  name,
  identity: { name: new RegExp(`^(Beurer )?${name}$`, 'i'), services: SCALE_SERVICES },
  example: { name, services: ['181d', '181b', '181c'] },
  evidence,
});

const CAPTURE = { kind: 'capture', reference: 'bc-beurer-capture' } as const;
const issue = (reference: string) => ({ kind: 'issue', reference }) as const;

/** Cuffs and scales of Beurer, and a scale of its brand Sanitas. */
export const BEURER: readonly DeviceModel[] = [
  {
    ...CUFF,
    key: 'beurer-bm54',
    name: 'BM54',
    identity: { name: /^BM ?54$/, services: ['1810'] },
    example: { name: 'BM54', services: ['1810'] },
    bond: 'passkey',
    storage: 'unknown',
    quirks: ['advertises-briefly', 'passkey-on-newer'],
    instructions: { pair: PAIR.code, measure: MEASURE.cuff },
    evidence: [{ kind: 'specification', reference: 'Blood Pressure Service 1.0' }],
  },
  {
    ...CUFF,
    key: 'beurer-bm59',
    name: 'BM59',
    identity: { name: /^BM ?59$/, services: ['1810'] },
    example: { name: 'BM 59', services: ['1810'] },
    storage: 'resends-all',
    quirks: ['advertises-briefly'],
    evidence: [issue('derdilla/blood-pressure-monitor-fl docs/bluetooth.md')],
  },
  {
    ...CUFF,
    key: 'beurer-bm85',
    name: 'BM85',
    identity: { name: /^Beurer BM85$/, model: /^BM ?85$/, services: ['1810'] },
    example: { name: 'Beurer BM85', services: ['1810'] },
    storage: 'resends-all',
    quirks: ['advertises-briefly', 'pulse-big-endian'],
    evidence: [{ kind: 'capture', reference: 'bp-beurer-bm85-2' }],
  },
  {
    ...COMMON,
    key: 'beurer-ft95',
    name: 'FT95',
    measures: ['body-temperature'],
    identity: { name: /^(Beurer )?FT ?95$/i, model: /^FT ?95$/i, services: ['1809'] },
    example: { name: 'FT95', services: ['1809'] },
    clock: { access: 'unknown' },
    storage: 'unknown',
    quirks: ['advertises-briefly'],
    slots: 'none',
    instructions: { pair: PAIR.asManual, measure: MEASURE.thermometer },
    evidence: [issue('weliem/blessed-android README')],
  },
  scale('BF105', issue('KristianP26/ble-scale-sync tests/scales/beurer-bf720.test.ts')),
  scale('BF500', issue('KristianP26/ble-scale-sync#83')),
  scale('BF720', CAPTURE, { kind: 'capture', reference: 'uds-consent-bf720' }),
  scale('BF788', issue('KristianP26/ble-scale-sync#229')),
  scale('BF950', issue('KristianP26/ble-scale-sync#255')),
  {
    ...SCALE,
    key: 'sanitas-sbf72',
    vendor: 'Sanitas',
    name: 'SBF72',
    identity: { name: /^(Sanitas )?SBF72$/i, services: SCALE_SERVICES },
    example: { name: 'SBF72', services: ['181b', '181c'] },
    evidence: [issue('KristianP26/ble-scale-sync tests/scales/beurer-bf720.test.ts')],
  },
];
