import { EventEmitter } from 'node:events';
import type { GattError, NobleBindings, PairingPort } from '../bluetooth/radio/bindings.ts';
import type { VirtualDevice } from './device.ts';
import type { Household } from './household.ts';
import { createLink, type Link } from './link.ts';

/** A gateway hears each advertiser about this often, real time. */
const ADVERTISEMENT_MS = 150;
/** From the request to the connection, real time. */
const CONNECT_MS = 20;
const PAIR_MS = 50;
const GATEWAY_ADDRESS = '00:00:5e:00:53:f0';
const ATT_MTU = 247;
const RSSI_DBM = -58;

function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function colons(id: string): string {
  return id.replace(/(..)(?=.)/g, '$1:');
}

/**
 * The household's radio: noble bindings and pairing over virtual devices. What a device is told
 * (an indication confirmed) comes later than the event that carries it, as over the air.
 */
export function createSimulatedBindings(options: { readonly household: Household }): {
  readonly bindings: NobleBindings;
  readonly pairing: PairingPort;
} {
  const { household } = options;
  const radio = new EventEmitter();
  const devices = new Map(household.units.map((unit) => [unit.id, unit]));
  const links = new Map<string, Link>();
  const wanted = new Set<string>();
  const heard = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let scan: { uuids: readonly string[]; duplicates: boolean } | undefined;
  let air: NodeJS.Timeout | undefined;
  let stopped = false;

  const emit = (event: string, ...values: unknown[]) => {
    if (!stopped) radio.emit(event, ...values);
  };
  /** Answers come in a later turn of the event loop, as from a controller. */
  const later = (work: () => void, delayMs = 0) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopped) work();
    }, delayMs);
    timers.add(timer);
  };
  const refuse = (error: Omit<GattError, 'error'>, code: string) =>
    emit('gattError', { ...error, error: fault(code, `${error.op} was refused`) });

  function discover(device: VirtualDevice): void {
    const uuids = [device.model.service];
    const asked = scan?.uuids ?? [];
    if (asked.length > 0 && !uuids.some((uuid) => asked.includes(uuid))) return;
    if (!scan?.duplicates && heard.has(device.id)) return;
    heard.add(device.id);
    const advertisement = { localName: device.unit.name, serviceData: [], serviceUuids: uuids };
    const address = colons(device.id);
    emit('discover', device.id, address, 'public', true, advertisement, RSSI_DBM, true);
  }

  function connected(device: VirtualDevice): void {
    wanted.delete(device.id);
    links.set(
      device.id,
      createLink({
        device,
        now: household.now,
        emit,
        onClosed: (reason) => {
          links.delete(device.id);
          emit('disconnect', device.id, reason);
        },
      }),
    );
    emit('onMtu', device.id, ATT_MTU);
    emit('connect', device.id, null);
  }

  /** What is on the air just now: advertisers are heard by a scan and by who waits for them. */
  function sweep(): void {
    for (const device of devices.values()) {
      if (!device.advertising()) continue;
      if (scan) discover(device);
      if (wanted.has(device.id)) later(() => tryConnect(device), CONNECT_MS);
    }
  }

  function tryConnect(device: VirtualDevice): void {
    if (wanted.has(device.id) && device.advertising()) connected(device);
  }

  /** Runs an operation of a connected device; without a connection it is refused. */
  function onLink(error: Omit<GattError, 'error'>, work: (link: Link) => string | undefined): void {
    later(() => {
      const link = links.get(error.id);
      const refusal = link ? work(link) : 'not-connected';
      if (refusal !== undefined) refuse(error, refusal);
    });
  }

  function powerOn(): void {
    emit('addressChange', GATEWAY_ADDRESS);
    emit('stateChange', 'poweredOn');
    air ??= setInterval(sweep, ADVERTISEMENT_MS);
  }

  const bindings: NobleBindings = Object.assign(radio, {
    init: () => later(powerOn),
    setScanParameters: () => later(() => emit('scanParametersSet')),
    startScanning: (uuids: string[], duplicates: boolean) => {
      scan = { uuids: uuids ?? [], duplicates };
      heard.clear();
      later(() => {
        emit('scanStart', !duplicates);
        sweep();
      });
    },
    stopScanning: () => {
      scan = undefined;
      later(() => emit('scanStop'));
    },
    reset: () => {
      for (const link of links.values()) link.close('reset');
      wanted.clear();
      later(powerOn);
    },
    connect: (id: string) => {
      const device = devices.get(id);
      if (!device) return later(() => emit('connect', id, fault('unknown-device', 'no such id')));
      wanted.add(id);
      later(() => tryConnect(device), CONNECT_MS);
    },
    cancelConnect: (id: string) => {
      wanted.delete(id);
    },
    disconnect: (id: string) => {
      later(() => {
        const link = links.get(id);
        if (link) link.close('local-host');
        else emit('disconnect', id, 'not-connected');
      });
    },
    updateRssi: (id: string) => later(() => emit('rssiUpdate', id, RSSI_DBM)),
    ...gattOperations(emit, onLink),
    stop: () => {
      for (const link of links.values()) link.close('stopped');
      clearInterval(air);
      for (const timer of timers) clearTimeout(timer);
      stopped = true;
    },
  });
  return { bindings, pairing: createPairing(devices, links) };
}

type Emit = (event: string, ...values: unknown[]) => void;
type OnLink = (error: Omit<GattError, 'error'>, work: (link: Link) => string | undefined) => void;

/** The operations on a connected device. Those of descriptors, handles and writing find nothing. */
function gattOperations(emit: Emit, onLink: OnLink) {
  const unsupported = (op: string) => (id: string, service: string, characteristic: string) =>
    onLink({ op, id, service, characteristic }, () => 'not-permitted');
  const withoutHandles = (op: string) => (id: string) => onLink({ op, id }, () => 'not-permitted');
  return {
    discoverServices: (id: string, uuids: string[]) =>
      onLink({ op: 'discoverServices', id }, (link) => {
        emit('servicesDiscover', id, link.services(uuids));
        return undefined;
      }),
    discoverIncludedServices: (id: string, service: string) =>
      onLink({ op: 'discoverIncludedServices', id, service }, () => {
        emit('includedServicesDiscover', id, service, []);
        return undefined;
      }),
    discoverCharacteristics: (id: string, service: string, uuids: string[]) =>
      onLink({ op: 'discoverCharacteristics', id, service }, (link) => {
        const found = link.characteristics(service, uuids);
        if (!found) return 'no-such-service';
        emit('characteristicsDiscover', id, service, found);
        return undefined;
      }),
    read: (id: string, service: string, characteristic: string) =>
      onLink({ op: 'read', id, service, characteristic }, (link) => {
        const bytes = link.read(service, characteristic);
        if (!bytes) return 'not-permitted';
        emit('read', id, service, characteristic, bytes, false);
        return undefined;
      }),
    notify: (id: string, service: string, characteristic: string, on: boolean) =>
      onLink({ op: 'notify', id, service, characteristic }, (link) => {
        const refusal = link.notify(service, characteristic, on);
        if (refusal === undefined) emit('notify', id, service, characteristic, on);
        return refusal;
      }),
    discoverDescriptors: (id: string, service: string, characteristic: string) =>
      onLink({ op: 'discoverDescriptors', id, service, characteristic }, () => {
        emit('descriptorsDiscover', id, service, characteristic, []);
        return undefined;
      }),
    write: unsupported('write'),
    broadcast: unsupported('broadcast'),
    readValue: unsupported('readValue'),
    writeValue: unsupported('writeValue'),
    readHandle: withoutHandles('readHandle'),
    writeHandle: withoutHandles('writeHandle'),
  };
}

/** Just Works: a device in reach bonds; the bond lives in the device. */
function createPairing(
  devices: ReadonlyMap<string, VirtualDevice>,
  links: ReadonlyMap<string, Link>,
): PairingPort {
  return {
    pair: async (id, signal) => {
      const device = devices.get(id);
      if (!device) throw fault('radio-unknown-device', 'There is no such device in reach.');
      do {
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, PAIR_MS));
      } while (!links.has(id) && !device.advertising());
      signal.throwIfAborted();
      device.setBonded(true);
    },
    unpair: async (id) => devices.get(id)?.setBonded(false),
    isBonded: async (id) => devices.get(id)?.bonded() ?? false,
  };
}
