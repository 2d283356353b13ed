import type { ExpectedPlace } from './bindings.ts';
import type { BluezBus } from './bluez-bus.ts';
import { type BluezObjects, CHARACTERISTIC, DEVICE } from './bluez-objects.ts';

/**
 * Subscribes to values of a bonded device that is away: bluetoothd says yes, takes the subscription
 * up when the device connects, and tells what it sends from then on. Without it the first value
 * after a restart of the agent is confirmed to the device and told to nobody.
 */
export function expectValues(
  { objects, bus }: { readonly objects: BluezObjects; readonly bus: BluezBus },
  id: string,
  places: readonly ExpectedPlace[],
): void {
  const device = objects.device(id);
  const known = device === undefined ? undefined : objects.get(device, DEVICE);
  if (device === undefined || known?.Connected === true) return;
  if ((known?.Bonded ?? known?.Paired) !== true) return;
  for (const { service, characteristic } of places) {
    const path = objects.characteristic({ device, service, characteristic });
    // One that refuses is subscribed to after the connection, as any other.
    if (path !== undefined) bus.call(path, CHARACTERISTIC, 'StartNotify').catch(() => undefined);
  }
}
