import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** Finger oximeters that speak the BCI protocol; what they measure is live only. */
export const BERRY: readonly DeviceModel[] = [
  {
    key: 'berry-bm1000',
    vendor: 'Berry',
    name: 'BM1000',
    measures: ['oxygen-saturation'],
    // The service is that of a radio module that many makers use: the name must say the rest.
    identity: { name: /^BerryMed$/, services: ['49535343fe7d4ae58fa99fafd205e455'] },
    example: { name: 'BerryMed', services: ['49535343fe7d4ae58fa99fafd205e455'] },
    bond: 'none',
    oneHostOnly: false,
    clock: { access: 'none' },
    storage: 'live',
    protocol: 'bci',
    quirks: ['maker-protocol'],
    regulated: 'unknown',
    slots: 'none',
    instructions: { pair: PAIR.wear, measure: MEASURE.clip },
    evidence: [
      { kind: 'specification', reference: 'BCI Protocol 1.2 (zh2x/BCI_Protocol)' },
      { kind: 'issue', reference: 'SensorsIot/Oximeters-BLE-Hack-ESP32#2' },
    ],
  },
];
