import type { DeviceModel } from './model.ts';
import { MEASURE, PAIR } from './words.ts';

/** Known by the product number in their frames, which are encrypted with a key from the maker. */
const sensor = (
  product: number,
  vendor: string,
  name: string,
  measures: DeviceModel['measures'],
  capture: string,
): DeviceModel => ({
  key: `${vendor.toLowerCase()}-${name.toLowerCase()}`,
  vendor,
  name,
  measures,
  identity: { product, services: ['fe95'] },
  example: { product, services: ['fe95'] },
  bond: 'none',
  oneHostOnly: false,
  clock: { access: 'none' },
  storage: 'live',
  quirks: ['repeats-broadcast', 'key-from-maker'],
  regulated: 'unknown',
  slots: 'none',
  instructions: { pair: PAIR.sensorKey, measure: MEASURE.sensor },
  evidence: [
    { kind: 'capture', reference: capture },
    { kind: 'issue', reference: 'Bluetooth-Devices/xiaomi-ble' },
  ],
});

/** Home sensors of several makers that broadcast in Xiaomi's MiBeacon format. */
export const MIBEACON: readonly DeviceModel[] = [
  sensor(0x3f4c, 'Linptech', 'PS1BB', ['presence'], 'mibeacon-ps1bb-occupied'),
  sensor(0x1889, 'Linptech', 'MS1BB', ['contact'], 'mibeacon-ms1bb-4804'),
  sensor(0x3f0f, 'Linptech', 'RS1BB', ['water-leak'], 'mibeacon-leak'),
  sensor(0x098b, 'Xiaomi', 'MCCGQ02HL', ['contact'], 'mibeacon-mccgq02hl'),
  sensor(0x0997, 'Xiaomi', 'JTYJGD03MI', ['smoke'], 'mibeacon-smoke'),
  sensor(0x1203, 'Xiaomi', 'XMWSDJ04MMC', ['environment'], 'mibeacon-xmwsdj04'),
  sensor(0x066f, 'Qingping', 'CGDK2', ['environment'], 'mibeacon-cgdk2'),
];
