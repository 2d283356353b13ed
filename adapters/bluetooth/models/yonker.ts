import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** Cuffs with the maker's protocol, sold under several brands. */
export const YONKER: readonly DeviceModel[] = [
  {
    key: 'yonker-yk-ibpa1',
    vendor: 'Yonker',
    name: 'YK-IBPA1',
    measures: ['blood-pressure'],
    identity: { name: /^YK-IBPA1$/, services: ['cdeacd8052354c07884693a37ee6b86d'] },
    example: { name: 'YK-IBPA1', services: ['cdeacd8052354c07884693a37ee6b86d'] },
    bond: 'none',
    oneHostOnly: false,
    clock: { access: 'none' },
    storage: 'live',
    protocol: 'yonker',
    quirks: ['maker-protocol', 'clock-unreliable'],
    regulated: 'unknown',
    slots: 'unknown',
    instructions: { pair: PAIR.afterMeasuring, measure: MEASURE.cuff },
    evidence: [
      { kind: 'capture', reference: 'bp-yonker' },
      { kind: 'issue', reference: 'derdilla/blood-pressure-monitor-fl#615' },
    ],
  },
];
