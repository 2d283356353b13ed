import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

const CUFF = {
  measures: ['blood-pressure'],
  bond: 'passkey',
  oneHostOnly: false,
  clock: { access: 'unknown' },
  quirks: ['raw-mantissa'],
  regulated: 'unknown',
  slots: 'unknown',
  instructions: { pair: PAIR.code, measure: MEASURE.cuff },
} as const;

/** Cuffs of the BU5 series and a sibling under another brand. */
export const MEDISANA: readonly DeviceModel[] = [
  ...(['530', '546', '550', '570', '575'] as const).map(
    (number): DeviceModel => ({
      ...CUFF,
      key: `medisana-bu-${number}`,
      vendor: 'Medisana',
      name: `BU ${number} connect`,
      identity: { model: new RegExp(`^BU ?${number}( connect)?$`, 'i'), services: ['1810'] },
      example: { model: `BU ${number} connect`, services: ['1810', '180a'] },
      storage: 'unknown',
      evidence: [{ kind: 'specification', reference: 'Blood Pressure Service 1.0' }],
    }),
  ),
  {
    ...CUFF,
    key: 'silvercrest-sbm69',
    vendor: 'Silvercrest',
    name: 'SBM 69',
    identity: { name: /^SBM69$/, services: ['1810'] },
    example: { name: 'SBM69', services: ['1810'] },
    storage: 'resends-all',
    evidence: [
      { kind: 'issue', reference: 'derdilla/blood-pressure-monitor-fl docs/bluetooth.md' },
    ],
  },
];
