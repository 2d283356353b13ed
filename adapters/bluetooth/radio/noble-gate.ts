import { EventEmitter } from 'node:events';
import withBindings from '@abandonware/noble/with-bindings.js';
import type { NobleBindings } from './bindings.ts';

/** The parts of noble that the radio uses; noble ships types for its default instance only. */
export interface NobleCharacteristic extends EventEmitter {
  readonly uuid: string;
  readonly properties: readonly string[];
  read(): void;
  write(data: Buffer, withoutResponse: boolean): void;
  notify(on: boolean): void;
}

export interface NobleService extends EventEmitter {
  readonly uuid: string;
  discoverCharacteristics(uuids: string[]): void;
}

export interface NoblePeripheral extends EventEmitter {
  readonly id: string;
  readonly state: string;
  connect(): void;
  disconnect(): void;
  discoverServices(uuids: string[]): void;
}

export interface Noble extends EventEmitter {
  startScanning(services: string[], allowDuplicates: boolean): void;
  stopScanning(): void;
  readonly _peripherals: Record<string, NoblePeripheral>;
  readonly _services: Record<string, unknown>;
  readonly _characteristics: Record<string, unknown>;
  readonly _descriptors: Record<string, unknown>;
  readonly _discoveredPeripheralUUids: Record<string, unknown>;
}

/** Arguments of the bindings' `discover`, as noble wants them. */
export type DiscoverArguments = [
  id: string,
  address: string,
  addressType: string,
  connectable: boolean,
  advertisement: {
    readonly localName?: string | undefined;
    readonly manufacturerData?: Buffer | undefined;
    readonly serviceData?: readonly { readonly uuid: string; readonly data: Buffer }[] | undefined;
    readonly serviceUuids?: readonly string[] | undefined;
  },
  rssi: number,
];

const ADAPTER_EVENTS = [
  'stateChange',
  'addressChange',
  'scanParametersSet',
  'scanStart',
  'scanStop',
];
const PERIPHERAL_EVENTS = [
  'connect',
  'disconnect',
  'rssiUpdate',
  'onMtu',
  'servicesDiscover',
  'characteristicsDiscover',
  'read',
  'write',
  'notify',
];

export interface NobleGate {
  readonly noble: Noble;
  /** Makes noble know one peripheral, freshly. */
  admit(discovered: DiscoverArguments): NoblePeripheral;
  /** Makes noble forget it, with everything it kept about it. */
  evict(id: string): void;
}

/**
 * noble over bindings, told only of peripherals that a link is open to. noble never forgets a
 * peripheral by itself, throws on events of a service it does not know, and prints addresses in
 * warnings: the gate keeps all three from happening. Notifications do not pass here: the radio
 * takes them from the bindings, since bluetoothd may deliver them before services are discovered.
 */
export function createNobleGate(bindings: NobleBindings): NobleGate {
  const admitted = new Map<string, Set<string>>();
  const events = new EventEmitter();
  const view = new Proxy(events, {
    get(target, name) {
      if (name in target) return Reflect.get(target, name);
      const method: unknown = Reflect.get(bindings, name);
      return typeof method === 'function' ? method.bind(bindings) : method;
    },
  });
  const noble = withBindings(view) as Noble;
  // With a listener of ours noble does not print its warnings, which hold addresses.
  noble.on('warning', () => undefined);

  for (const event of ADAPTER_EVENTS) {
    bindings.on(event, (...args: unknown[]) => events.emit(event, ...args));
  }
  for (const event of PERIPHERAL_EVENTS) {
    bindings.on(event, (id: string, ...args: unknown[]) => {
      const services = admitted.get(id);
      if (!services) return;
      const [first, , , isNotification] = args;
      if (event === 'servicesDiscover') for (const uuid of first as string[]) services.add(uuid);
      const ofService = ['characteristicsDiscover', 'read', 'write', 'notify'].includes(event);
      if (ofService && !services.has(first as string)) return;
      if (event === 'read' && isNotification === true) return;
      events.emit(event, id, ...args);
    });
  }

  const evict = (id: string) => {
    admitted.delete(id);
    delete noble._peripherals[id];
    delete noble._services[id];
    delete noble._characteristics[id];
    delete noble._descriptors[id];
    delete noble._discoveredPeripheralUUids[id];
  };
  return {
    noble,
    admit(discovered) {
      const [id] = discovered;
      evict(id);
      admitted.set(id, new Set());
      events.emit('discover', ...discovered);
      return noble._peripherals[id] as NoblePeripheral;
    },
    evict,
  };
}
