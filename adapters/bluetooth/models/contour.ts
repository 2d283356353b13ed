import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** Meters of Ascensia. */
export const CONTOUR: readonly DeviceModel[] = [
  {
    key: 'contour-next-one',
    vendor: 'Contour',
    name: 'Next One',
    measures: ['glucose'],
    // Its name is the product number, 7800 to 7803, and a serial number.
    identity: { name: /^Contour780[0-3]H\d+$/, services: ['1808'] },
    example: { name: 'Contour7800H0000001', services: ['1808'] },
    bond: 'passkey',
    oneHostOnly: false,
    clock: { access: 'unknown' },
    storage: 'record-access',
    quirks: [],
    regulated: 'unknown',
    slots: 'none',
    instructions: { pair: PAIR.code, measure: MEASURE.meter },
    evidence: [
      { kind: 'specification', reference: 'Glucose Service 1.0' },
      { kind: 'issue', reference: 'weliem/blessed-android README' },
    ],
  },
];
