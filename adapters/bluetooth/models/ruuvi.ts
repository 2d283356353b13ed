import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** Room sensors that broadcast. */
export const RUUVI: readonly DeviceModel[] = [
  {
    key: 'ruuvi-tag',
    vendor: 'Ruuvi',
    name: 'RuuviTag',
    measures: ['environment'],
    // Its measurements are manufacturer data; the name ends in the address's last four digits.
    identity: { manufacturer: /^Ruuvi/i, name: /^Ruuvi [0-9A-F]{4}$/, services: [] },
    example: { name: 'Ruuvi 5301' },
    bond: 'none',
    oneHostOnly: false,
    clock: { access: 'none' },
    storage: 'live',
    quirks: ['repeats-broadcast'],
    regulated: 'unknown',
    slots: 'none',
    instructions: { pair: PAIR.broadcast, measure: MEASURE.sensor },
    evidence: [{ kind: 'specification', reference: 'Ruuvi data format 5' }],
  },
];
