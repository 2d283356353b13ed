import type { Decode, Decoded } from '../../measurement.ts';
import { batteryLevel } from '../gatt/battery-level.ts';
import { refused } from '../gatt/decoded.ts';
import { shortUuid } from '../gatt/index.ts';
import { bthome } from './bthome.ts';
import { miScale1, miScale2 } from './mi-scale.ts';
import { mibeacon } from './mibeacon.ts';
import { polar } from './polar.ts';
import { ruuvi } from './ruuvi.ts';

type Row = { readonly name: string; readonly decode: Decode };

const BY_SERVICE_DATA: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['180f', { name: 'Battery Level', decode: batteryLevel }],
  ['181b', { name: 'Mi Body Composition Scale', decode: miScale2 }],
  ['181d', { name: 'Mi Scale', decode: miScale1 }],
  ['fcd2', { name: 'BTHome v2', decode: bthome }],
  ['fe95', { name: 'Xiaomi MiBeacon', decode: mibeacon }],
]);

const BY_MANUFACTURER: ReadonlyMap<number, Row> = new Map<number, Row>([
  [0x006b, { name: 'Polar heart rate', decode: polar }],
  [0x0499, { name: 'RuuviTag', decode: ruuvi }],
]);

/** Where in a broadcast the bytes stood. */
export type AdvertisementSource =
  | { readonly serviceData: string }
  | { readonly manufacturer: number };

/**
 * What the bytes of a broadcast say. Manufacturer data may still begin with its company id. An
 * encrypted format needs `context.key`, and `context.address` unless the frame carries it. Total.
 */
export function decodeAdvertisement(
  source: AdvertisementSource,
  bytes: Uint8Array,
  context?: Parameters<Decode>[1],
): Decoded {
  if ('serviceData' in source) {
    const row = BY_SERVICE_DATA.get(shortUuid(source.serviceData));
    return row ? row.decode(bytes, context) : refused('unsupported');
  }
  const { manufacturer } = source;
  const row = BY_MANUFACTURER.get(manufacturer);
  const prefixed = bytes[0] === (manufacturer & 0xff) && bytes[1] === manufacturer >> 8;
  return row ? row.decode(prefixed ? bytes.subarray(2) : bytes, context) : refused('unsupported');
}

/** Formats that can be decoded, by where they stand. */
export function advertisementDecoders(): readonly (AdvertisementSource & {
  readonly name: string;
})[] {
  return [
    ...[...BY_SERVICE_DATA].map(([serviceData, { name }]) => ({ serviceData, name })),
    ...[...BY_MANUFACTURER].map(([manufacturer, { name }]) => ({ manufacturer, name })),
  ];
}
