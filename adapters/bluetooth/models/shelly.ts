import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** BTHome v2, encrypted where the owner wants it. Known by the product number that is their name. */
const sensor = (
  number: string,
  name: string,
  measures: DeviceModel['measures'],
  ...evidence: DeviceModel['evidence']
): DeviceModel => ({
  key: `shelly-${number.toLowerCase()}`,
  vendor: 'Shelly',
  name,
  measures,
  identity: { name: new RegExp(`^${number}\\b`), services: ['fcd2'] },
  example: { name: number, services: ['fcd2'] },
  bond: 'none',
  oneHostOnly: false,
  clock: { access: 'none' },
  storage: 'live',
  quirks: ['repeats-broadcast'],
  regulated: 'unknown',
  slots: 'none',
  instructions: { pair: PAIR.broadcast, measure: MEASURE.sensor },
  evidence,
});

const capture = (reference: string) => ({ kind: 'capture', reference }) as const;

/** The BLU sensors. */
export const SHELLY: readonly DeviceModel[] = [
  sensor('SBDW-002C', 'BLU Door/Window', ['contact'], {
    kind: 'specification',
    reference: 'BTHome v2',
  }),
  sensor('SBMO-003Z', 'BLU Motion', ['motion'], capture('shelly-blu-3')),
  sensor('SBHT-003C', 'BLU H&T', ['environment'], capture('shelly-blu-5')),
  sensor('SBBT-002C', 'BLU Button1', ['button'], capture('shelly-blu-7')),
];
