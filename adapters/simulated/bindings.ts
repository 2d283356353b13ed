import { EventEmitter } from 'node:events';
import type { NobleBindings, PairingPort } from '../bluetooth/radio/bindings.ts';
import { createAir, type Emit, type Later } from './air.ts';
import type { VirtualDevice } from './device.ts';
import { fault } from './fault.ts';
import { createGattOperations } from './gatt-operations.ts';
import type { Household } from './household.ts';
import { createLink, type Link } from './link.ts';
import { createSimulatedPairing } from './pairing.ts';

const GATEWAY_ADDRESS = '00:00:5e:00:53:f0';
const ATT_MTU = 247;
const RSSI_DBM = -58;

/**
 * The household's radio: noble bindings and pairing over virtual devices. Every answer comes in a
 * later turn of the event loop than its question, as from a controller.
 */
export function createSimulatedBindings(options: { readonly household: Household }): {
  readonly bindings: NobleBindings;
  readonly pairing: PairingPort;
} {
  const { household } = options;
  const radio = new EventEmitter();
  const devices = new Map(household.units.map((unit) => [unit.id, unit]));
  const links = new Map<string, Link>();
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;

  const emit: Emit = (event, ...values) => {
    if (!stopped) radio.emit(event, ...values);
  };
  const later: Later = (work, delayMs = 0) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, delayMs);
    if (stopped) clearTimeout(timer);
    else timers.add(timer);
  };

  function discovered({ id, unit, model }: VirtualDevice): void {
    const advertisement = {
      localName: unit.name,
      serviceData: [],
      serviceUuids: [model.service],
    };
    const address = id.replace(/(..)(?=.)/g, '$1:');
    emit('discover', id, address, 'public', true, advertisement, RSSI_DBM, true);
  }

  function connected(device: VirtualDevice): void {
    const { id } = device;
    const onClosed = (reason: string) => {
      links.delete(id);
      emit('disconnect', id, reason);
    };
    links.set(id, createLink({ device, now: household.now, emit, onClosed }));
    emit('onMtu', id, ATT_MTU);
    emit('connect', id, null);
  }

  const air = createAir({
    devices: household.units,
    later,
    onHeard: discovered,
    onReached: connected,
  });

  function powerOn(): void {
    air.powerOn();
    emit('addressChange', GATEWAY_ADDRESS);
    emit('stateChange', 'poweredOn');
  }

  function closeAll(reason: string): void {
    for (const link of links.values()) link.close(reason);
    air.cancel();
  }

  const bindings: NobleBindings = Object.assign(radio, {
    init: () => later(powerOn),
    setScanParameters: () => later(() => emit('scanParametersSet')),
    startScanning: (uuids: string[] | undefined, duplicates: boolean) => {
      later(() => emit('scanStart', !duplicates));
      air.scan(uuids ?? [], duplicates);
    },
    stopScanning: () => {
      air.stopScan();
      later(() => emit('scanStop'));
    },
    reset: () => {
      closeAll('reset');
      later(powerOn);
    },
    connect: (id: string) => {
      const device = devices.get(id);
      if (device) air.connect(device);
      else later(() => emit('connect', id, fault('radio-unknown-device', 'not in reach')));
    },
    cancelConnect: (id: string) => air.cancel(id),
    disconnect: (id: string) =>
      later(() => {
        const link = links.get(id);
        if (link) link.close('local-host');
        else emit('disconnect', id, 'not-connected');
      }),
    updateRssi: (id: string) => later(() => emit('rssiUpdate', id, RSSI_DBM)),
    ...createGattOperations({ links, emit, later }),
    stop: () => {
      closeAll('stopped');
      air.stop();
      for (const timer of timers) clearTimeout(timer);
      stopped = true;
    },
  });
  const pairing = createSimulatedPairing({ devices, isConnected: (id) => links.has(id) });
  return { bindings, pairing };
}
