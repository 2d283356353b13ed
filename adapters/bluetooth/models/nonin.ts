import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

const MANUAL = 'Nonin Model 3230 Instructions for Use, specifications';

/** Finger oximeters. */
export const NONIN: readonly DeviceModel[] = [
  {
    key: 'nonin-3230',
    vendor: 'Nonin',
    name: '3230',
    measures: ['oxygen-saturation'],
    identity: {
      manufacturer: /^Nonin/i,
      name: /^Nonin3230/,
      // Newer firmware has the Pulse Oximeter Service, older only the maker's own.
      services: ['1822', '46a970e00d5f11e28b5e0002a5d5c51b'],
    },
    example: { name: 'Nonin3230_000001', services: ['1822'] },
    bond: 'just-works',
    oneHostOnly: false,
    clock: { access: 'unknown' },
    storage: 'unknown',
    protocol: 'nonin',
    quirks: ['maker-protocol'],
    regulated: 'unknown',
    slots: 'none',
    measuringRange: {
      spo2: { low: '0', high: '100', unit: '%', source: MANUAL },
      'pulse-rate': { low: '18', high: '321', unit: '/min', source: MANUAL },
    },
    instructions: { pair: PAIR.wear, measure: MEASURE.clip },
    evidence: [
      { kind: 'issue', reference: 'andreasdri/nonin-3230-ble' },
      { kind: 'issue', reference: 'weliem/blessed-android README' },
    ],
  },
];
