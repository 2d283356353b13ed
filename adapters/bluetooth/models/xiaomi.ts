import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

const SCALE = {
  vendor: 'Xiaomi',
  bond: 'none',
  oneHostOnly: false,
  storage: 'live',
  regulated: 'unknown',
  slots: 'none',
} as const;

/** Its broadcast carries the time of the weighing, by a clock that nobody keeps right. */
const CLEAR = {
  ...SCALE,
  clock: { access: 'unknown' },
  quirks: ['repeats-broadcast', 'weight-in-clear', 'clock-unreliable'],
  instructions: { pair: PAIR.broadcast, measure: MEASURE.scale },
} as const;

const ENCRYPTED = {
  ...SCALE,
  clock: { access: 'none' },
  quirks: ['repeats-broadcast', 'key-from-maker'],
  instructions: { pair: PAIR.makersKey, measure: MEASURE.scale },
} as const;

/** Scales that broadcast and are never connected to. */
export const XIAOMI: readonly DeviceModel[] = [
  {
    ...CLEAR,
    key: 'xiaomi-mi-scale',
    name: 'Mi Smart Scale',
    measures: ['body-weight'],
    identity: { name: /^(MI_SCALE|MI SCALE2)$/, services: ['181d'] },
    example: { name: 'MI_SCALE', services: ['181d'] },
    evidence: [{ kind: 'capture', reference: 'mi1-blemon-1' }],
  },
  {
    ...CLEAR,
    key: 'xiaomi-mi-body-composition-scale',
    name: 'Mi Body Composition Scale',
    measures: ['body-weight'],
    identity: { name: /^(MIBFS|MIBCS)$/, services: ['181b'] },
    example: { name: 'MIBFS', services: ['181b'] },
    evidence: [{ kind: 'capture', reference: 'mi2-blemon-2' }],
  },
  {
    ...ENCRYPTED,
    key: 'xiaomi-s200',
    name: 'Smart Scale S200',
    measures: ['body-weight'],
    identity: { product: 0x4c04, name: /^Xiaomi Smart Scale S200$/i, services: ['fe95'] },
    example: { product: 0x4c04, services: ['fe95'] },
    evidence: [{ kind: 'issue', reference: 'Bluetooth-Devices/xiaomi-ble' }],
  },
  {
    ...ENCRYPTED,
    key: 'xiaomi-s400',
    name: 'Body Composition Scale S400',
    measures: ['body-weight', 'heart-rate'],
    identity: {
      product: 0x3bd5,
      name: /^Xiaomi Body Composition Scale S400$/i,
      services: ['fe95'],
    },
    example: { product: 0x3bd5, services: ['fe95'] },
    evidence: [{ kind: 'capture', reference: 'mibeacon-s400-2' }],
  },
];
