import { EventEmitter } from 'node:events';
import type { Note } from '../../adapter.ts';
import { createPairingWindow } from './agent1.ts';
import type { ExpectedPlace, NobleBindings, PairingPort } from './bindings.ts';
import { type BluezBus, createBluezBus } from './bluez-bus.ts';
import { expectValues } from './bluez-expect.ts';
import { type BluezGatt, createBluezGatt } from './bluez-gatt.ts';
import {
  ADAPTER,
  BATTERY_INTERFACE,
  type BluezObjects,
  CHARACTERISTIC,
  createBluezObjects,
  DEVICE,
  discoveryOf,
  type Interfaces,
  idOf,
  type Properties,
} from './bluez-objects.ts';
import { createBluezRemedies } from './bluez-remedies.ts';
import { type BondEvidence, createBondEvidence } from './bond-evidence.ts';
import { type DBusPort, openSystemBus, variant } from './dbus-port.ts';
import { createBluezPairing } from './pairing.ts';
import { nameOf } from './radio-error.ts';
import type { Remedy } from './recovery.ts';
import { createTimeServer, type TimeServer } from './time-server.ts';

/** What of a device changes when it was heard. */
const HEARD = ['RSSI', 'ServiceData', 'ManufacturerData', 'Address'];

export interface BluezOptions {
  /** Adapter by name (`hci0`) or address. */
  readonly adapter: string;
  readonly note: Note;
  /** The wall clock as if it were UTC, for devices that ask; undefined while not to be trusted. */
  readonly localTime?: () => number | undefined;
  /** Opens a bus; the system's unless a test brings its own. */
  readonly openBus?: () => DBusPort;
}

/** noble's bindings over bluetoothd, which holds the bonds that noble's own cannot. */
class BluezBindings extends EventEmitter implements NobleBindings {
  readonly pairing: PairingPort;
  readonly remedies: readonly Remedy[];
  readonly #objects: BluezObjects;
  readonly #bus: BluezBus;
  readonly #gatt: BluezGatt;
  readonly #bonds: BondEvidence;
  readonly #time: TimeServer | undefined;
  #state = 'unknown';
  /** Number of the last start or stop of scanning: answers to an earlier one come too late. */
  #scan = 0;

  constructor({ adapter, note, localTime, openBus = openSystemBus }: BluezOptions) {
    super();
    const window = createPairingWindow();
    const objects = createBluezObjects(adapter);
    this.#objects = objects;
    const events = {
      up: () => this.#up(),
      down: () => this.#down(),
      added: (path: string, interfaces: Interfaces) => this.#added(path, interfaces),
      removing: (path: string, names: readonly string[]) => this.#removing(path, names),
      changed: (path: string, name: string, changed: Properties) =>
        this.#changed(path, name, changed),
      ended: (path: string, reason: unknown) => this.#bonds.ended(path, reason),
    };
    const monotonic = () => performance.now();
    this.#time = localTime && createTimeServer({ localTime, monotonic, note });
    const serve = this.#time?.serve;
    this.#bus = createBluezBus({ openBus, objects, window, events, note, serve });
    const emit = (event: string, ...args: unknown[]) => void this.emit(event, ...args);
    const bonds = createBondEvidence(objects);
    this.#bonds = bonds;
    this.#gatt = createBluezGatt({ objects, bus: this.#bus, bonds, emit, monotonic });
    this.remedies = createBluezRemedies({ objects, bus: this.#bus });
    this.pairing = createBluezPairing({ objects, bus: this.#bus, bonds, window });
  }

  init(): void {
    this.#bus.open();
  }

  stop(): void {
    this.#time?.stop();
    this.#bus.close();
  }

  startScanning(_services: string[], allowDuplicates: boolean): void {
    const turn = this.#nextScan();
    this.#discover(allowDuplicates, turn).then(
      () => turn === this.#scan && this.emit('scanStart', !allowDuplicates),
      (error: unknown) =>
        turn === this.#scan &&
        this.emit('gattError', { op: 'scan', id: '', error: new Error(nameOf(error)) }),
    );
  }

  stopScanning(): void {
    const turn = this.#nextScan();
    const stopped = () => turn === this.#scan && this.emit('scanStop');
    // A refusal means that nothing was running, which is what was wanted.
    this.#onAdapter('StopDiscovery').then(stopped, stopped);
  }

  #nextScan(): number {
    this.#scan += 1;
    return this.#scan;
  }

  setScanParameters(): void {
    this.emit('scanParametersSet');
  }

  /** bluetoothd owns the controller: nothing to reset from here. */
  reset(): void {
    this.emit('gattError', { op: 'reset', id: '', error: new Error('unsupported') });
  }

  expect(id: string, places: readonly ExpectedPlace[]): void {
    expectValues({ objects: this.#objects, bus: this.#bus }, id, places);
  }

  connect(id: string): void {
    this.#gatt.connect(id);
  }

  cancelConnect(id: string): void {
    this.#gatt.disconnect(id);
  }

  disconnect(id: string): void {
    this.#gatt.disconnect(id);
  }

  updateRssi(id: string): void {
    const path = this.#objects.device(id);
    const device = path === undefined ? undefined : this.#objects.get(path, DEVICE);
    if (device) this.emit('rssiUpdate', id, discoveryOf(device, {})[5]);
  }

  discoverServices(id: string, uuids: string[]): void {
    this.#gatt.discoverServices(id, uuids);
  }

  discoverIncludedServices(id: string, service: string): void {
    this.emit('includedServicesDiscover', id, service, []);
  }

  discoverCharacteristics(id: string, service: string, uuids: string[]): void {
    this.#gatt.discoverCharacteristics(id, service, uuids);
  }

  read(id: string, service: string, characteristic: string): void {
    this.#gatt.read(id, service, characteristic);
  }

  write(id: string, service: string, characteristic: string, data: Buffer, unanswered: boolean) {
    this.#gatt.write(id, service, characteristic, data, unanswered);
  }

  notify(id: string, service: string, characteristic: string, on: boolean): void {
    this.#gatt.notify(id, service, characteristic, on);
  }

  broadcast(id: string, service: string, characteristic: string): void {
    this.#unsupported('broadcast', id, service, characteristic);
  }

  discoverDescriptors(id: string, service: string, characteristic: string): void {
    this.emit('descriptorsDiscover', id, service, characteristic, []);
  }

  readValue(id: string, service: string, characteristic: string): void {
    this.#unsupported('readValue', id, service, characteristic);
  }

  writeValue(id: string, service: string, characteristic: string): void {
    this.#unsupported('writeValue', id, service, characteristic);
  }

  readHandle(id: string): void {
    this.#unsupported('readHandle', id);
  }

  writeHandle(id: string): void {
    this.#unsupported('writeHandle', id);
  }

  #unsupported(op: string, id: string, service?: string, characteristic?: string): void {
    this.emit('gattError', { op, id, service, characteristic, error: new Error('unsupported') });
  }

  async #discover(allowDuplicates: boolean, turn: number): Promise<void> {
    // No UUIDs here: a filter misses devices that advertise service data only.
    const filter = {
      Transport: variant('s', 'le'),
      DuplicateData: variant('b', allowDuplicates),
    };
    // Stopped meanwhile: a discovery that nobody knows of would run beside a connection.
    const start = async () => {
      if (turn === this.#scan) await this.#onAdapter('StartDiscovery');
    };
    await this.#onAdapter('SetDiscoveryFilter', { signature: 'a{sv}', body: [filter] });
    try {
      await start();
    } catch (error) {
      if (nameOf(error) !== 'org.bluez.Error.InProgress' || turn !== this.#scan) throw error;
      // Left over from before: a controller may sit dead in it.
      await this.#onAdapter('StopDiscovery').catch(() => undefined);
      await start();
    }
  }

  async #onAdapter(member: string, options?: Parameters<BluezBus['call']>[3]): Promise<unknown> {
    const adapter = this.#objects.adapter();
    if (adapter === undefined) throw new Error('no adapter');
    return await this.#bus.call(adapter, ADAPTER, member, options);
  }

  #setState(state: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('stateChange', state);
  }

  #readState(): void {
    const path = this.#objects.adapter();
    const adapter = path === undefined ? undefined : this.#objects.get(path, ADAPTER);
    if (adapter) this.emit('addressChange', String(adapter.Address).toLowerCase());
    this.#setState(
      adapter ? (adapter.Powered === true ? 'poweredOn' : 'poweredOff') : 'unsupported',
    );
  }

  #up(): void {
    this.#readState();
    this.#tellTime();
    // Connected while the agent was away: what it sends is ours to fetch.
    for (const path of this.#objects.paths(DEVICE)) {
      if (this.#objects.get(path, DEVICE)?.Connected === true) this.#heard(path, {});
    }
  }

  /** Each adapter has a table of its own, which goes with it. */
  #tellTime(): void {
    const adapter = this.#objects.adapter();
    if (adapter === undefined) return;
    void this.#time?.register((member, body) =>
      this.#bus.call(adapter, 'org.bluez.GattManager1', member, { signature: 'oa{sv}', body }),
    );
  }

  #down(): void {
    this.#gatt.lostAll();
    this.#setState('poweredOff');
  }

  #added(path: string, interfaces: Interfaces): void {
    if (ADAPTER in interfaces) {
      this.#readState();
      this.#tellTime();
    }
    this.#gatt.known();
    const device = interfaces[DEVICE];
    if (device && 'RSSI' in device) this.#heard(path, device);
  }

  #removing(path: string, names: readonly string[]): void {
    if (names.includes(DEVICE)) this.#gatt.lost(path, 'removed');
    if (names.includes(ADAPTER) && path === this.#objects.adapter()) {
      this.#gatt.lostAll();
      this.#setState('unsupported');
    }
  }

  #changed(path: string, name: string, changed: Properties): void {
    if (name === CHARACTERISTIC && 'Value' in changed) {
      this.#gatt.value(path, Buffer.from(changed.Value as Uint8Array));
    } else if (name === BATTERY_INTERFACE) {
      this.#gatt.battery(path);
    } else if (name === DEVICE) {
      if (changed.Connected === true) this.#gatt.linked(path);
      if (changed.Connected === false) this.#gatt.lost(path, 'remote');
      // Not asked for by us: another process, or bluetoothd itself, let it in.
      const woken = changed.Connected === true && !this.#gatt.isOpen(path);
      if (woken || HEARD.some((property) => property in changed)) this.#heard(path, changed);
    } else if (name === ADAPTER && path === this.#objects.adapter() && 'Powered' in changed) {
      if (changed.Powered !== true) this.#gatt.lostAll();
      this.#readState();
    }
  }

  #heard(path: string, fresh: Properties): void {
    const adapter = this.#objects.adapter();
    const device = this.#objects.get(path, DEVICE);
    if (!device || !path.startsWith(`${adapter}/`) || idOf(device.Address) === '') return;
    this.#bonds.heard(path, fresh.RSSI);
    this.emit('discover', ...discoveryOf(device, fresh));
  }
}

/** Opens nothing before `init`. The pairing port shares the bindings' bus. */
export function createBluez(options: BluezOptions): {
  readonly bindings: NobleBindings;
  readonly pairing: PairingPort;
  readonly remedies: readonly Remedy[];
} {
  const bindings = new BluezBindings(options);
  return { bindings, pairing: bindings.pairing, remedies: bindings.remedies };
}
