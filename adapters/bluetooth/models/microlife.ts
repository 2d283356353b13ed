import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** Cuffs with the maker's protocol. */
export const MICROLIFE: readonly DeviceModel[] = [
  {
    key: 'microlife-bp3gy1-2n',
    vendor: 'Microlife',
    name: 'BP3GY1-2N',
    measures: ['blood-pressure'],
    identity: { name: /^BP3GY1-2N$/, services: ['fff0'] },
    example: { name: 'BP3GY1-2N', services: ['fff0'] },
    bond: 'none',
    oneHostOnly: false,
    clock: { access: 'unknown' },
    storage: 'resends-all',
    protocol: 'microlife',
    quirks: ['maker-protocol'],
    regulated: 'unknown',
    slots: 'unknown',
    instructions: { pair: PAIR.eightSeconds, measure: MEASURE.download },
    evidence: [
      { kind: 'capture', reference: 'bp-microlife-two' },
      { kind: 'issue', reference: 'joergmlpts/blood-pressure-monitor' },
      { kind: 'issue', reference: 'derdilla/blood-pressure-monitor-fl#654' },
    ],
  },
];
