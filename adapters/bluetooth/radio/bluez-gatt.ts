import type { BluezBus } from './bluez-bus.ts';
import { closeDevice, connectDevice } from './bluez-connect.ts';
import {
  BATTERY_INTERFACE,
  BATTERY_LEVEL,
  BATTERY_SERVICE,
  type BluezObjects,
  CHARACTERISTIC,
} from './bluez-objects.ts';
import { type BondEvidence, DROP_WITHIN_MS } from './bond-evidence.ts';
import { variant } from './dbus-port.ts';
import { createEarlyValues } from './early-values.ts';
import { nameOf, RadioError } from './radio-error.ts';

/** A device answers an ATT request within 30 s or the link is dead. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Between the end of a connection and bluetoothd's word why. */
const REASON_TIMEOUT_MS = 300;
/** bluetoothd reads the battery after everything else. */
const BATTERY_TIMEOUT_MS = 2_000;

/** BlueZ's words for properties, where noble has others. */
const FLAGS: Readonly<Record<string, string>> = {
  'write-without-response': 'writeWithoutResponse',
  'authenticated-signed-writes': 'authenticatedSignedWrites',
  'extended-properties': 'extendedProperties',
};

/** One connection that noble knows of; results of an earlier one are told from it by identity. */
interface Open {
  readonly id: string;
  readonly path: string;
  /** Values that came while a read of the same characteristic was under way, by its path. */
  readonly reading: Map<string, Buffer[]>;
  batteryAsked: boolean;
  /** When its link was there, by a clock that never jumps. */
  linkedAt: number | undefined;
  /** Its services are known. */
  ready: boolean;
  /** Whether it failed because the device has forgotten its key; asked once. */
  verdict?: Promise<boolean>;
  /** An earlier connection is being closed: its end is not this one's. */
  clearing: boolean;
  /** Nobody waits for it any more. */
  withdrawn: boolean;
}

export interface BluezGatt {
  connect(id: string): void;
  disconnect(id: string): void;
  discoverServices(id: string, uuids: readonly string[]): void;
  discoverCharacteristics(id: string, service: string, uuids: readonly string[]): void;
  read(id: string, service: string, characteristic: string): void;
  write(
    id: string,
    service: string,
    characteristic: string,
    data: Buffer,
    unanswered: boolean,
  ): void;
  notify(id: string, service: string, characteristic: string, on: boolean): void;
  isOpen(path: string): boolean;
  /** A link is there; nothing can be asked yet. */
  linked(path: string): void;
  /** An object came that may be what an early value waits for. */
  known(): void;
  /** A characteristic's value changed: by a notification, or by a read. */
  value(path: string, data: Buffer): void;
  battery(path: string): void;
  lost(path: string, reason: string): void;
  lostAll(): void;
}

export interface BluezGattDeps {
  readonly objects: BluezObjects;
  readonly bus: BluezBus;
  readonly bonds: BondEvidence;
  readonly emit: (event: string, ...args: unknown[]) => void;
  /** Milliseconds that no clock change moves. */
  readonly monotonic: () => number;
}

class Gatt implements BluezGatt {
  readonly #deps: BluezGattDeps;
  readonly #open = new Map<string, Open>();
  /** Connections that are being closed, by path. */
  readonly #closing = new Map<string, Promise<void>>();
  readonly #early: ReturnType<typeof createEarlyValues>;

  constructor(deps: BluezGattDeps) {
    this.#deps = deps;
    this.#early = createEarlyValues(deps.monotonic);
  }

  connect(id: string): void {
    const { objects, emit } = this.#deps;
    const path = objects.device(id);
    if (path === undefined) {
      emit('connect', id, new RadioError('radio-not-heard'));
      return;
    }
    const open: Open = {
      id,
      path,
      reading: new Map(),
      batteryAsked: false,
      clearing: false,
      withdrawn: false,
      linkedAt: undefined,
      ready: false,
    };
    this.#open.set(path, open);
    this.#connect(open).then(
      () => {
        if (!this.#isWanted(open)) return;
        open.ready = true;
        this.#deps.bonds.clear(path);
        emit('connect', id, null);
      },
      async (error: unknown) => {
        if (!this.#isWanted(open)) return;
        const lost = await this.#isBondLost(open);
        if (!this.#isWanted(open)) return;
        this.#open.delete(path);
        emit('connect', id, lost ? new RadioError('radio-bond-lost') : error);
      },
    );
  }

  disconnect(id: string): void {
    const path = this.#pathOf(id);
    if (path === undefined) {
      this.#deps.emit('disconnect', id, 'unknown');
      return;
    }
    const open = this.#open.get(path);
    if (open) open.withdrawn = true;
    const closing = closeDevice({ ...this.#deps, path }).then(() => {
      if (this.#closing.get(path) === closing) this.#closing.delete(path);
      // As a rule the property said so already.
      if (open && this.#isCurrent(open)) this.lost(path, 'local');
      else if (!open) this.#deps.emit('disconnect', id, 'local');
    });
    this.#closing.set(path, closing);
  }

  discoverServices(id: string, uuids: readonly string[]): void {
    const path = this.#pathOf(id);
    const found = path === undefined ? [] : this.#deps.objects.services(path);
    this.#deps.emit(
      'servicesDiscover',
      id,
      only(found, uuids, (uuid) => uuid),
    );
  }

  discoverCharacteristics(id: string, service: string, uuids: readonly string[]): void {
    const path = this.#pathOf(id);
    const found = path === undefined ? [] : this.#deps.objects.characteristics(path, service);
    const described = only(found, uuids, ({ uuid }) => uuid).map(({ uuid, flags }) => ({
      uuid,
      properties: flags.map((flag) => FLAGS[flag] ?? flag),
    }));
    this.#deps.emit('characteristicsDiscover', id, service, described);
  }

  read(id: string, service: string, characteristic: string): void {
    this.#ask('read', id, service, characteristic, async (open, path) => {
      const data =
        path === undefined
          ? await this.#readBattery(open, service, characteristic)
          : await this.#readValue(open, path);
      return () => this.#deps.emit('read', id, service, characteristic, data, false);
    });
  }

  write(id: string, service: string, characteristic: string, data: Buffer, unanswered: boolean) {
    this.#ask('write', id, service, characteristic, async (_open, path) => {
      const options = { type: variant('s', unanswered ? 'command' : 'request') };
      await this.#request(path, 'WriteValue', 'aya{sv}', [data, options]);
      return () => this.#deps.emit('write', id, service, characteristic);
    });
  }

  notify(id: string, service: string, characteristic: string, on: boolean): void {
    this.#ask('notify', id, service, characteristic, async (open, path) => {
      if (path === undefined && isBattery(service, characteristic)) open.batteryAsked = on;
      else await this.#request(path, on ? 'StartNotify' : 'StopNotify');
      return () => this.#deps.emit('notify', id, service, characteristic, on);
    });
  }

  isOpen(path: string): boolean {
    return this.#open.has(path);
  }

  value(path: string, data: Buffer): void {
    const { objects, emit } = this.#deps;
    const place = objects.place(path);
    if (!place) {
      this.#early.hold(path, data);
      return;
    }
    const open = this.#open.get(place.device);
    const flags = objects.get(path, CHARACTERISTIC)?.Flags as readonly string[] | undefined;
    // BlueZ shows the result of a read in the same way; what cannot notify was read.
    if (!flags?.some((flag) => /notify|indicate/.test(flag))) return;
    const waiting = open?.reading.get(path);
    if (waiting) {
      waiting.push(data);
      return;
    }
    const id = open?.id ?? objects.idOfDevice(place.device);
    emit('read', id, place.service, place.characteristic, data, true);
  }

  linked(path: string): void {
    const open = this.#open.get(path);
    if (open && !open.clearing) open.linkedAt = this.#deps.monotonic();
  }

  known(): void {
    const { objects } = this.#deps;
    this.#early.release(
      (path) => objects.place(path) !== undefined,
      (path, data) => this.value(path, data),
    );
  }

  battery(path: string): void {
    const open = this.#open.get(path);
    const data = batteryOf(this.#deps.objects, path);
    if (!open?.batteryAsked || !data) return;
    this.#deps.emit('read', open.id, BATTERY_SERVICE, BATTERY_LEVEL, data, true);
  }

  lost(path: string, reason: string): void {
    const open = this.#open.get(path);
    if (!open || (open.clearing && reason === 'remote')) return;
    // Ended before it was of use, perhaps for want of a key: said when that is known.
    if (reason === 'remote' && !open.ready && !open.withdrawn && this.#wasDropped(open)) {
      void this.#isBondLost(open).then((lost) => {
        if (!this.#isCurrent(open)) return;
        this.#open.delete(path);
        if (lost) this.#deps.emit('connect', open.id, new RadioError('radio-bond-lost'));
        else this.#deps.emit('disconnect', open.id, reason);
      });
      return;
    }
    // No answer will come of what is being read now, so none of these is its echo.
    for (const [read, seen] of open.reading) {
      open.reading.delete(read);
      for (const one of seen.splice(0)) this.value(read, one);
    }
    this.#open.delete(path);
    this.#deps.emit('disconnect', open.id, reason);
  }

  lostAll(): void {
    for (const path of [...this.#open.keys()]) this.lost(path, 'adapter');
  }

  #isCurrent(open: Open): boolean {
    return this.#open.get(open.path) === open;
  }

  #wasDropped({ path, linkedAt }: Open): boolean {
    const { bonds, monotonic } = this.#deps;
    if (linkedAt === undefined || !bonds.isBonded(path)) return false;
    return monotonic() - linkedAt <= DROP_WITHIN_MS;
  }

  /** Counts a connection that failed, once, and tells whether its device has forgotten its key. */
  #isBondLost(open: Open): Promise<boolean> {
    const { bonds, bus } = this.#deps;
    const { path } = open;
    open.verdict ??= (async () => {
      if (!bonds.isBonded(path)) return false;
      if (this.#wasDropped(open)) bonds.dropped(path);
      else bonds.missed(path);
      // bluetoothd's word comes a little after the end, where it says one.
      return await bus.until(() => bonds.isLost(path), REASON_TIMEOUT_MS);
    })();
    return open.verdict;
  }

  #isWanted(open: Open): boolean {
    return this.#isCurrent(open) && !open.withdrawn;
  }

  /** Also when the device got its identity address while connected. */
  #pathOf(id: string): string | undefined {
    for (const open of this.#open.values()) if (open.id === id) return open.path;
    return this.#deps.objects.device(id);
  }

  #connect(open: Open): Promise<void> {
    const { bus, objects } = this.#deps;
    const { path } = open;
    return connectDevice({
      path,
      bus,
      objects,
      isWanted: () => this.#isWanted(open),
      clearing: (on) => {
        open.clearing = on;
      },
      closing: this.#closing.get(path),
    });
  }

  /** Runs a request on an open connection; its answer counts only while that is still the one. */
  #ask(
    op: string,
    id: string,
    service: string,
    characteristic: string,
    work: (open: Open, path: string | undefined) => Promise<() => void>,
  ): void {
    const { objects, emit } = this.#deps;
    const open = [...this.#open.values()].find((one) => one.id === id);
    if (!open) {
      emit('gattError', { op, id, service, characteristic, error: new Error('not connected') });
      return;
    }
    const path = objects.characteristic({ device: open.path, service, characteristic });
    work(open, path).then(
      (answered) => this.#isCurrent(open) && answered(),
      (error: unknown) => {
        if (!this.#isCurrent(open)) return;
        const told = this.#refusalOf(open, error);
        emit('gattError', { op, id, service, characteristic, error: told });
      },
    );
  }

  /** Of a bonded device "not paired" (ATT 0x05, 0x0c, 0x0f) means that the key did not do. */
  #refusalOf({ path }: Open, error: unknown): unknown {
    const { bonds } = this.#deps;
    const keyless =
      nameOf(error) === 'org.bluez.Error.NotPermitted' &&
      /not paired/i.test(String((error as Error).message));
    if (!keyless || !bonds.isBonded(path)) return error;
    bonds.refused(path);
    // One request only: others may go without a key.
    return Object.assign(new Error('not paired'), { code: 'radio-bond-lost' });
  }

  async #request(
    path: string | undefined,
    member: string,
    signature?: string,
    body?: readonly unknown[],
  ): Promise<unknown> {
    if (path === undefined) throw new Error('no such characteristic');
    const options = signature === undefined ? {} : { signature, body: body ?? [] };
    const timeoutMs = REQUEST_TIMEOUT_MS;
    return await this.#deps.bus.call(path, CHARACTERISTIC, member, { ...options, timeoutMs });
  }

  async #readValue(open: Open, path: string): Promise<Buffer> {
    const seen: Buffer[] = [];
    open.reading.set(path, seen);
    let data: Buffer | undefined;
    try {
      data = Buffer.from((await this.#request(path, 'ReadValue', 'a{sv}', [{}])) as Uint8Array);
      return data;
    } finally {
      open.reading.delete(path);
      // One of them is the read's own echo; the others came by themselves and must not be lost.
      const echo = seen.findIndex((one) => data !== undefined && one.equals(data));
      if (echo >= 0) seen.splice(echo, 1);
      for (const one of seen) this.value(path, one);
    }
  }

  async #readBattery(open: Open, service: string, characteristic: string): Promise<Buffer> {
    const { bus, objects } = this.#deps;
    if (!isBattery(service, characteristic)) throw new Error('no such characteristic');
    await bus.until(() => batteryOf(objects, open.path) !== undefined, BATTERY_TIMEOUT_MS);
    const data = batteryOf(objects, open.path);
    if (!data) throw new Error('no battery level');
    return data;
  }
}

const isBattery = (service: string, characteristic: string) =>
  service === BATTERY_SERVICE && characteristic === BATTERY_LEVEL;

function batteryOf(objects: BluezObjects, path: string): Buffer | undefined {
  const percentage = objects.get(path, BATTERY_INTERFACE)?.Percentage;
  return typeof percentage === 'number' ? Buffer.from([percentage]) : undefined;
}

const only = <T>(found: readonly T[], wanted: readonly string[], uuidOf: (one: T) => string) =>
  wanted.length === 0 ? [...found] : found.filter((one) => wanted.includes(uuidOf(one)));

export function createBluezGatt(deps: BluezGattDeps): BluezGatt {
  return new Gatt(deps);
}
