import type { Seen } from '../adapter.ts';
import { isHealthService } from './procedures/health-services.ts';
import type { Advertisement } from './radio/radio.ts';

/** Advertised data of formats that are decoded: BTHome, MiBeacon, Mi scales (181d, 181b). */
const BROADCAST_SERVICES = new Set(['fcd2', 'fe95', '181d', '181b']);
/** Company identifier of Ruuvi Innovations. */
const BROADCAST_COMPANIES = new Set([0x0499]);

/** Offers a standard health service over a connection. BlueZ calls everything connectable. */
export const connects = ({ connectable, services }: Advertisement) =>
  connectable && services.some(isHealthService);

/** What a mere broadcaster names as its services. */
export const advertised = ({ services, serviceData }: Advertisement) => [
  ...new Set([...services, ...serviceData.map(({ uuid }) => uuid)]),
];

/** For the pairing page: of health, of a format that is decoded, or at least with a name. */
export const worthShowing = (one: Advertisement) =>
  one.services.some(isHealthService) ||
  one.serviceData.some(({ uuid }) => BROADCAST_SERVICES.has(uuid)) ||
  (one.manufacturer !== undefined && BROADCAST_COMPANIES.has(one.manufacturer.company)) ||
  (one.connectable && one.name !== undefined);

/** What the pairing page is told of it: nothing of its data. */
export const shown = ({ address, name, services, rssi, connectable, at }: Advertisement): Seen => ({
  address,
  ...(name === undefined ? {} : { name }),
  services,
  rssi,
  connectable,
  at,
});
