import type { Seen } from '../adapter.ts';
import { advertisementDecoders } from './advertisements/index.ts';
import { identify, modelOf } from './models/index.ts';
import { isHealthService } from './procedures/health-services.ts';
import { mayHaveProcedure, procedureFor } from './proprietary/index.ts';
import type { Advertisement } from './radio/radio.ts';

/** Every maker's devices broadcast their battery: that alone makes none of them one of ours. */
const BATTERY = '180f';

const FORMATS = advertisementDecoders().filter(
  (one) => !('serviceData' in one && one.serviceData === BATTERY),
);

const isOfFormat = ({ serviceData, manufacturer }: Advertisement) =>
  FORMATS.some((format) =>
    'serviceData' in format
      ? serviceData.some(({ uuid }) => uuid === format.serviceData)
      : manufacturer?.company === format.manufacturer,
  );

/**
 * Xiaomi's scales name a health service, and broadcast their results as that service's data, in so
 * many bytes. Others put a byte there, and hand over by connection.
 */
const SCALE_BYTES: Readonly<Record<string, number>> = { '181b': 13, '181d': 10 };

/**
 * It tells its results to all, and not while it is connected: never to be called on. `model` is the
 * key of an adopted device's.
 */
export const onlyBroadcasts = (one: Advertisement, model?: string): boolean => {
  const known = modelOf(model) ?? identify({ name: one.name, services: advertised(one) });
  if (known) return known.quirks.includes('repeats-broadcast');
  return one.serviceData.some(({ uuid, data }) => SCALE_BYTES[uuid] === data.length);
};

/** Offers a standard health service over a connection. BlueZ calls everything connectable. */
export const connects = (one: Advertisement) =>
  one.connectable && one.services.some(isHealthService) && !onlyBroadcasts(one);

/** What a mere broadcaster names as its services. */
export const advertised = ({ services, serviceData }: Advertisement) => [
  ...new Set([...services, ...serviceData.map(({ uuid }) => uuid)]),
];

/** Of health, or of a format that is decoded: it works without a block of its own. Else by its block. */
const isSupported = (one: Advertisement) =>
  one.services.some(isHealthService) ||
  isOfFormat(one) ||
  procedureFor(identify({ name: one.name, services: one.services })?.key) !== undefined;

/** For the pairing page: what is or may be supported, or has at least a name. */
export const worthShowing = (one: Advertisement) =>
  isSupported(one) || mayHaveProcedure(one) || (one.connectable && one.name !== undefined);

const MIBEACON = 'fe95';
const PRODUCT_AT = 2;

/** The maker's number for the product: which one it is, and nothing of what it measured. */
function productOf({ serviceData }: Advertisement): { product?: number } {
  const frame = serviceData.find(({ uuid }) => uuid === MIBEACON)?.data;
  const [low, high] = frame?.subarray(PRODUCT_AT) ?? [];
  return low === undefined || high === undefined ? {} : { product: low + high * 0x100 };
}

/** What the pairing page is told of it: nothing of its data. */
export const shown = (one: Advertisement): Seen => ({
  address: one.address,
  ...(one.name === undefined ? {} : { name: one.name }),
  services: one.services,
  broadcasts: one.serviceData.map(({ uuid }) => uuid),
  ...(one.manufacturer === undefined ? {} : { company: one.manufacturer.company }),
  ...productOf(one),
  ...(isSupported(one) || !mayHaveProcedure(one) ? { supported: isSupported(one) } : {}),
  rssi: one.rssi,
  connectable: one.connectable,
  at: one.at,
});
