import type { VirtualDevice } from './device.ts';

/** A gateway hears each advertiser about this often, real time. */
const ADVERTISEMENT_MS = 150;
/** From the request to the connection, real time. */
const CONNECT_MS = 20;

/** Emits one noble event, unless the radio has been stopped. */
export type Emit = (event: string, ...values: unknown[]) => void;
/** Does the work in a later turn of the event loop, as a controller answers. */
export type Later = (work: () => void, delayMs?: number) => void;

/** What can be heard just now, by a scan or by who waits to connect. */
export interface Air {
  powerOn(): void;
  scan(uuids: readonly string[], duplicates: boolean): void;
  stopScan(): void;
  /** Connects as soon as the device can be reached, as a controller does. */
  connect(device: VirtualDevice): void;
  /** Waits no more for one device, or for any. */
  cancel(id?: string): void;
  stop(): void;
}

/**
 * @param options.onHeard an advertisement that the scan asked for
 * @param options.onReached a device that a connection was wanted to
 */
export function createAir(options: {
  readonly devices: readonly VirtualDevice[];
  readonly later: Later;
  readonly onHeard: (device: VirtualDevice) => void;
  readonly onReached: (device: VirtualDevice) => void;
}): Air {
  const { devices, later } = options;
  const wanted = new Set<string>();
  const heard = new Set<string>();
  let scan: { uuids: readonly string[]; duplicates: boolean } | undefined;
  let timer: NodeJS.Timeout | undefined;

  function hear(device: VirtualDevice): void {
    if (!scan || (!scan.duplicates && heard.has(device.id))) return;
    if (scan.uuids.length > 0 && !scan.uuids.includes(device.model.service)) return;
    heard.add(device.id);
    options.onHeard(device);
  }

  function reach(device: VirtualDevice): void {
    if (device.advertising() && wanted.delete(device.id)) options.onReached(device);
  }

  function sweep(): void {
    for (const device of devices) {
      if (!device.advertising()) continue;
      hear(device);
      if (wanted.has(device.id)) later(() => reach(device), CONNECT_MS);
    }
  }

  return {
    powerOn: () => {
      timer ??= setInterval(sweep, ADVERTISEMENT_MS);
    },
    scan: (uuids, duplicates) => {
      scan = { uuids, duplicates };
      heard.clear();
      later(sweep);
    },
    stopScan: () => {
      scan = undefined;
    },
    connect: (device) => {
      wanted.add(device.id);
      later(() => reach(device), CONNECT_MS);
    },
    cancel: (id) => {
      if (id === undefined) wanted.clear();
      else wanted.delete(id);
    },
    stop: () => clearInterval(timer),
  };
}
