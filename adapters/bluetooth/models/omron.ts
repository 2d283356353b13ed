import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

const CUFF = {
  vendor: 'Omron',
  measures: ['blood-pressure'],
  bond: 'just-works',
  oneHostOnly: true,
  regulated: 'unknown',
  slots: 'unknown',
} as const;

/** Those that follow the Bluetooth SIG's profile. */
const STANDARD = {
  ...CUFF,
  clock: { access: 'write', where: ['2a2b'] },
  quirks: ['advertises-briefly', 'clock-write-needed'],
  instructions: { pair: PAIR.untilP, measure: MEASURE.cuff },
} as const;

/** Service of the makers' own protocol, and what those models advertise. */
const MEMORY = ['ecbe3980c9a211e1b1bd0002a5d5c51b', 'fe4a'] as const;

/** Those whose memory is read record by record. Setting their time would write it. */
const OWN = {
  ...CUFF,
  clock: { access: 'unknown' },
  storage: 'record-access',
  quirks: ['maker-protocol', 'memory-never-written', 'clock-write-ignored'],
  instructions: { pair: PAIR.untilP, measure: MEASURE.download },
} as const;

/** Their layout is published, and so is that they let nobody read before a key was written into them. */
const KEY_FIRST = { kind: 'issue', reference: 'userx14/omblepy' } as const;

/** Cuffs: some standard, some with the maker's protocol. All keep one pairing only. */
export const OMRON: readonly DeviceModel[] = [
  {
    ...STANDARD,
    key: 'omron-x2-smart-plus',
    name: 'X2 Smart+',
    identity: { name: /^X2 Smart\+$/, services: ['1810'] },
    example: { name: 'X2 Smart+', services: ['1810'] },
    storage: 'unknown',
    evidence: [
      { kind: 'issue', reference: 'derdilla/blood-pressure-monitor-fl docs/bluetooth.md' },
    ],
  },
  {
    ...STANDARD,
    key: 'omron-x4-smart',
    name: 'X4 Smart',
    identity: { name: /^X4 Smart$/, services: ['1810'] },
    example: { name: 'X4 Smart', services: ['1810'] },
    storage: 'deletes-after-transfer',
    evidence: [
      { kind: 'issue', reference: 'derdilla/blood-pressure-monitor-fl docs/bluetooth.md' },
      { kind: 'issue', reference: 'weliem/blessed-android README' },
    ],
  },
  {
    ...STANDARD,
    key: 'omron-bp5150',
    name: 'BP5150',
    identity: { model: /^BP5150/, services: ['1810'] },
    example: { model: 'BP5150', services: ['1810', '180a'] },
    storage: 'unknown',
    evidence: [
      { kind: 'issue', reference: 'derdilla/blood-pressure-monitor-fl docs/bluetooth.md' },
    ],
  },
  {
    ...OWN,
    key: 'omron-m4-intelli-it',
    protocol: 'omron-hem-7155t',
    name: 'M4 Intelli IT (HEM-7155T)',
    identity: { name: /^BLEsmart_0000056/i, model: /^HEM-7155T/, services: MEMORY },
    example: { model: 'HEM-7155T-EBK', services: [MEMORY[0]] },
    evidence: [KEY_FIRST],
  },
  {
    ...OWN,
    key: 'omron-m7-intelli-it',
    protocol: 'omron-hem-7361t',
    name: 'M7 Intelli IT (HEM-7361T)',
    identity: { model: /^HEM-7361T/, services: MEMORY },
    example: { model: 'HEM-7361T-EBK', services: [MEMORY[0]] },
    evidence: [KEY_FIRST],
  },
  {
    ...OWN,
    key: 'omron-evolv',
    protocol: 'omron-hem-7600t',
    name: 'EVOLV (HEM-7600T)',
    identity: { model: /^HEM-7600T/, services: MEMORY },
    example: { model: 'HEM-7600T-E', services: [MEMORY[0]] },
    evidence: [{ kind: 'capture', reference: 'bp-omron-7600-23' }, KEY_FIRST],
  },
  {
    ...OWN,
    key: 'omron-hem-7142t2',
    protocol: 'omron-hem-7142t2',
    name: 'HEM-7142T2',
    identity: { model: /^HEM-7142T2/, services: MEMORY },
    example: { model: 'HEM-7142T2', services: [MEMORY[0]] },
    evidence: [
      { kind: 'capture', reference: 'bp-omron-7142-13' },
      { kind: 'issue', reference: 'eigger/hass-omron' },
    ],
  },
  {
    ...OWN,
    key: 'omron-hem-7380t1',
    protocol: 'omron-hem-7380t1',
    name: 'HEM-7380T1',
    identity: { model: /^HEM-7380T1/, services: MEMORY },
    example: { model: 'HEM-7380T1-EBK', services: [MEMORY[1]] },
    quirks: [...OWN.quirks, 'new-key-each-session'],
    evidence: [{ kind: 'issue', reference: 'eigger/hass-omron#83' }],
  },
];
