import type { BluezBus } from './bluez-bus.ts';
import { type BluezObjects, DEVICE, SERVICE, shortUuid } from './bluez-objects.ts';
import { nameOf } from './radio-error.ts';

/** bluetoothd's own limit for a connection is about the same. */
const CONNECT_TIMEOUT_MS = 30_000;
/** Discovery of a device with many services over a slow link. */
const RESOLVE_TIMEOUT_MS = 20_000;
/** `ServicesResolved` may come ahead of the objects, or between two of them (bluez#1489). */
const OBJECTS_TIMEOUT_MS = 2_000;
const DISCONNECT_TIMEOUT_MS = 5_000;
/** From the answer to a disconnection until the property says so too. */
const CLOSED_TIMEOUT_MS = 1_000;
/** After a stale connection was closed. */
const STALE_WAIT_MS = 1_000;

/** Services that BlueZ names but, by version, keeps to itself: Generic Access, Generic Attribute. */
const OF_BLUEZ = new Set(['1800', '1801']);

export interface Connecting {
  readonly path: string;
  readonly bus: BluezBus;
  readonly objects: BluezObjects;
  readonly isWanted: () => boolean;
  /** Called around the closing of an earlier connection, whose end is not this one's. */
  readonly clearing: (on: boolean) => void;
  /** An earlier connection that is being closed. */
  readonly closing: Promise<void> | undefined;
}

/** Fulfils when the device is connected and its services are known; rejects with bluetoothd's error. */
export async function connectDevice(to: Connecting): Promise<void> {
  const { path, bus, objects, isWanted } = to;
  const connect = async () => {
    if (!isWanted()) throw new Error('withdrawn');
    await bus.call(path, DEVICE, 'Connect', { timeoutMs: CONNECT_TIMEOUT_MS });
  };
  const cleared = async (close: () => Promise<void> | undefined) => {
    to.clearing(true);
    await close();
    to.clearing(false);
  };
  await cleared(() => to.closing);
  try {
    await connect();
  } catch (error) {
    if (nameOf(error) !== 'org.bluez.Error.InProgress') throw error;
    // A connection that bluetoothd began and lost sight of: once away with it.
    await cleared(() => closeDevice(to).then(() => sleep(STALE_WAIT_MS)));
    await connect();
  }
  const wait = (condition: () => boolean, timeoutMs: number) =>
    bus.until(() => condition() || !isWanted(), timeoutMs);
  const resolved = () => objects.get(path, DEVICE)?.ServicesResolved === true;
  await wait(resolved, RESOLVE_TIMEOUT_MS);
  if (!resolved()) throw new Error('services not resolved');
  await wait(() => isComplete(objects, path), OBJECTS_TIMEOUT_MS);
  if (!hasServices(objects, path)) throw new Error('no services');
}

/** Fulfils when the connection is gone, or bluetoothd does not say so in time. */
export async function closeDevice(of: Pick<Connecting, 'path' | 'bus' | 'objects'>): Promise<void> {
  const { path, bus, objects } = of;
  // It refuses when there is none, also when that was only being made.
  await bus
    .call(path, DEVICE, 'Disconnect', { timeoutMs: DISCONNECT_TIMEOUT_MS })
    .catch(() => undefined);
  await bus.until(() => objects.get(path, DEVICE)?.Connected !== true, CLOSED_TIMEOUT_MS);
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const hasServices = (objects: BluezObjects, device: string) =>
  objects.paths(SERVICE).some((service) => service.startsWith(`${device}/`));

/** Whether everything that the device is known to offer can be asked for. */
function isComplete(objects: BluezObjects, device: string): boolean {
  const found = objects.services(device);
  const named = (objects.get(device, DEVICE)?.UUIDs as readonly string[] | undefined) ?? [];
  const missing = named
    .map(shortUuid)
    .filter((uuid) => !OF_BLUEZ.has(uuid) && !found.includes(uuid));
  return (
    hasServices(objects, device) &&
    missing.length === 0 &&
    found.every((uuid) => objects.characteristics(device, uuid).length > 0)
  );
}
