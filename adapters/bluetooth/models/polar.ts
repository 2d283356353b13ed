import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** Chest straps; what they measure is live only. */
export const POLAR: readonly DeviceModel[] = [
  {
    key: 'polar-h10',
    vendor: 'Polar',
    name: 'H10',
    measures: ['heart-rate'],
    identity: { manufacturer: /^Polar/i, name: /^Polar H10 /, services: ['180d'] },
    example: { name: 'Polar H10 00000001', services: ['180d'] },
    bond: 'none',
    oneHostOnly: false,
    clock: { access: 'none' },
    storage: 'live',
    quirks: [],
    regulated: 'unknown',
    slots: 'none',
    instructions: { pair: PAIR.wear, measure: MEASURE.strap },
    evidence: [{ kind: 'capture', reference: 'hr-polar-adv-2' }],
  },
];
