import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** Chest straps; what they measure is live only. */
export const WAHOO: readonly DeviceModel[] = [
  {
    key: 'wahoo-tickr',
    vendor: 'Wahoo',
    name: 'TICKR',
    measures: ['heart-rate'],
    identity: { manufacturer: /^Wahoo/i, name: /^TICKR\b/, services: ['180d'] },
    example: { name: 'TICKR 0001', services: ['180d'], manufacturer: 'Wahoo Fitness' },
    bond: 'none',
    oneHostOnly: false,
    clock: { access: 'none' },
    storage: 'live',
    quirks: ['contact-not-detected'],
    regulated: 'unknown',
    slots: 'none',
    instructions: { pair: PAIR.wear, measure: MEASURE.strap },
    evidence: [{ kind: 'capture', reference: 'hr-wahoo-1' }],
  },
];
