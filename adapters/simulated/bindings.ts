import { EventEmitter } from 'node:events';
import type { NobleBindings, PairingPort } from '../bluetooth/radio/bindings.ts';
import { createAir, type Emit, type Later } from './air.ts';
import { fault } from './fault.ts';
import { createGattOperations } from './gatt-operations.ts';
import type { Household } from './household.ts';
import { createLink, type Link } from './link.ts';
import { createSimulatedPairing } from './pairing.ts';
import type { VirtualDevice } from './virtual-device.ts';

const GATEWAY_ADDRESS = '00:00:5e:00:53:f0';
const ATT_MTU = 247;
const RSSI_DBM = -58;

/** What can become of the gateway's radio, acting as the bluez bindings do. Bonds survive it all. */
export interface RadioFaults {
  /** Everything is disconnected and off; nothing is answered with success. */
  bluetoothdKilled(): void;
  bluetoothdBack(): void;
  /** The adapter is unplugged, or its driver lost it. */
  adapterGone(): void;
  adapterBack(): void;
  /** While stuck a scan hears nobody; starting one fails and is not answered, by turns. */
  scanStuck(on: boolean): void;
}

/**
 * The household's radio: noble bindings and pairing over virtual devices. Every answer comes in a
 * later turn of the event loop than its question, as from a controller.
 */
export function createSimulatedBindings(options: { readonly household: Household }): {
  readonly bindings: NobleBindings;
  readonly pairing: PairingPort;
  readonly faults: RadioFaults;
} {
  const { household } = options;
  const radio = new EventEmitter();
  const devices = new Map(household.units.map((unit) => [unit.id, unit]));
  const links = new Map<string, Link>();
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  let begun = false;
  let daemon = true;
  let adapter = true;
  let state = 'unknown';
  let stuck = false;
  let stuckStarts = 0;

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
      localName: model.advertisedName ?? unit.name,
      serviceData: [],
      serviceUuids: [model.service],
    };
    const address = id.replace(/(..)(?=.)/g, '$1:');
    emit('discover', id, address, 'public', true, advertisement, RSSI_DBM, true);
  }

  /** What an encrypted link takes: a key on both sides. */
  function refusalOf({ id, memory }: VirtualDevice): string | undefined {
    if (!household.bonds.has(id)) return 'insufficient-authentication';
    return memory.bonded() ? undefined : 'radio-bond-lost';
  }

  function connected(device: VirtualDevice): void {
    const { id } = device;
    const onClosed = (reason: string) => {
      links.delete(id);
      emit('disconnect', id, reason);
    };
    const refusal = () => refusalOf(device);
    links.set(id, createLink({ device, now: household.now, emit, refusal, onClosed }));
    emit('onMtu', id, ATT_MTU);
    emit('connect', id, null);
  }

  const air = createAir({
    devices: household.units,
    advertisementMs: household.advertisementMs,
    later,
    onHeard: discovered,
    onReached: connected,
  });

  /** Says what the radio is now, if that is news. */
  function update(): void {
    if (!begun || stopped) return;
    const next = !daemon ? 'poweredOff' : adapter ? 'poweredOn' : 'unsupported';
    if (next === state) return;
    state = next;
    const on = state === 'poweredOn';
    household.presence.set(on);
    if (on) {
      air.powerOn();
      emit('addressChange', GATEWAY_ADDRESS);
    } else {
      closeAll('adapter');
      air.powerOff();
    }
    emit('stateChange', state);
  }

  function closeAll(reason: string): void {
    for (const link of [...links.values()]) link.close(reason);
    air.cancel();
  }

  /** `work` only with power; else, or while it cannot, the scan was refused. */
  function startScan(work: () => void): void {
    const refuse = () => emit('gattError', { op: 'scan', id: '', error: fault('scan', 'refused') });
    if (state !== 'poweredOn') refuse();
    else if (!stuck) work();
    else if (stuckStarts++ % 2 === 0) refuse();
  }

  const bindings: NobleBindings = Object.assign(radio, {
    init: () =>
      later(() => {
        begun = true;
        state = 'unknown';
        update();
      }),
    setScanParameters: () => later(() => emit('scanParametersSet')),
    startScanning: (uuids: string[] | undefined, duplicates: boolean) => {
      later(() =>
        startScan(() => {
          emit('scanStart', !duplicates);
          air.scan(uuids ?? [], duplicates);
        }),
      );
    },
    stopScanning: () => {
      air.stopScan();
      later(() => emit('scanStop'));
    },
    reset: () => {
      closeAll('reset');
      later(() => emit('stateChange', state));
    },
    connect: (id: string) => {
      const device = devices.get(id);
      if (device && state === 'poweredOn') air.connect(device);
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
      air.powerOff();
      household.presence.set(false);
      for (const timer of timers) clearTimeout(timer);
      stopped = true;
    },
  });
  const pairing = createSimulatedPairing({
    devices,
    bonds: household.bonds,
    isUp: () => daemon && adapter,
    isReachable: (device) => links.has(device.id) || (daemon && adapter && device.advertising()),
  });
  const turn = (work: () => void) => () => {
    work();
    update();
  };
  const faults: RadioFaults = {
    bluetoothdKilled: turn(() => {
      daemon = false;
    }),
    bluetoothdBack: turn(() => {
      daemon = true;
    }),
    adapterGone: turn(() => {
      adapter = false;
    }),
    adapterBack: turn(() => {
      adapter = true;
    }),
    scanStuck: (on) => {
      stuck = on;
      air.setDeaf(on);
    },
  };
  return { bindings, pairing, faults };
}
