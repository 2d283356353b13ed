import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** Finger oximeters, sold under several brands. */
export const CHOICEMMED: readonly DeviceModel[] = [
  {
    key: 'choicemmed-md300c208',
    vendor: 'ChoiceMMed',
    name: 'MD300C208',
    measures: ['oxygen-saturation'],
    identity: { manufacturer: /^ChoiceMMed/i, model: /^MD300C208/, services: ['1822'] },
    example: {
      manufacturer: 'ChoiceMMed',
      model: 'MD300C208S',
      services: ['1822', '180a'],
    },
    bond: 'none',
    oneHostOnly: false,
    clock: { access: 'none' },
    storage: 'live',
    quirks: ['clock-not-set'],
    regulated: 'unknown',
    slots: 'none',
    instructions: { pair: PAIR.wear, measure: MEASURE.clip },
    evidence: [{ kind: 'specification', reference: 'Pulse Oximeter Service 1.0' }],
  },
];
