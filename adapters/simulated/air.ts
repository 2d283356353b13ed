import { quirkOf } from './quirks.ts';
import type { VirtualDevice } from './virtual-device.ts';

/** From the request to the connection, real time. */
const CONNECT_MS = 20;

/** Emits one noble event, unless the radio has been stopped. */
export type Emit = (event: string, ...values: unknown[]) => void;
/** Does the work in a later turn of the event loop, as a controller answers. */
export type Later = (work: () => void, delayMs?: number) => void;

/** What can be heard just now, by a scan or by who waits to connect. */
export interface Air {
  powerOn(): void;
  /** Hears and reaches nobody until power is on again; forgets the scan and what was wanted. */
  powerOff(): void;
  /** While deaf it hears nobody, whatever is asked. */
  setDeaf(deaf: boolean): void;
  scan(uuids: readonly string[], duplicates: boolean): void;
  stopScan(): void;
  /** Connects as soon as the device can be reached, as a controller does. */
  connect(device: VirtualDevice): void;
  /** Waits no more for one device, or for any. */
  cancel(id?: string): void;
}

/**
 * Looks at who advertises only while somebody is awake.
 * @param options.advertisementMs a gateway hears each advertiser about this often, real time
 * @param options.onHeard an advertisement that the scan asked for
 * @param options.onReached a device that a connection was wanted to
 */
export function createAir(options: {
  readonly devices: readonly VirtualDevice[];
  readonly advertisementMs: number;
  readonly later: Later;
  readonly onHeard: (device: VirtualDevice) => void;
  readonly onReached: (device: VirtualDevice) => void;
}): Air {
  const { devices, later, advertisementMs } = options;
  const wanted = new Set<string>();
  const heard = new Set<string>();
  let scan: { uuids: readonly string[]; duplicates: boolean } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let powered = false;
  let deaf = false;

  function hear(device: VirtualDevice): void {
    if (deaf || !scan || (!scan.duplicates && heard.has(device.id))) return;
    if (scan.uuids.length > 0 && !scan.uuids.includes(device.model.service)) return;
    heard.add(device.id);
    const copies = scan.duplicates
      ? (quirkOf(device.unit, 'duplicate-advertisements')?.copies ?? 1)
      : 1;
    for (let copy = 0; copy < copies; copy += 1) options.onHeard(device);
  }

  function reach(device: VirtualDevice): void {
    if (powered && device.advertising() && wanted.delete(device.id)) options.onReached(device);
  }

  function sweep(): void {
    for (const device of devices) {
      if (!powered || !device.advertising()) continue;
      hear(device);
      if (wanted.has(device.id)) later(() => reach(device), CONNECT_MS);
    }
  }

  /** Again and again while anybody may be heard. */
  function look(): void {
    if (timer !== undefined || !powered || !devices.some((device) => device.awake())) return;
    timer = setTimeout(() => {
      timer = undefined;
      sweep();
      look();
    }, advertisementMs);
  }

  for (const device of devices) device.setOnAwake(look);
  return {
    powerOn: () => {
      powered = true;
      look();
    },
    powerOff: () => {
      powered = false;
      scan = undefined;
      wanted.clear();
      clearTimeout(timer);
      timer = undefined;
    },
    setDeaf: (on) => {
      deaf = on;
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
  };
}
