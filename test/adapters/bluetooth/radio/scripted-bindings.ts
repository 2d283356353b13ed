import { EventEmitter } from 'node:events';
import type { NobleBindings, PairingPort } from '../../../../adapters/bluetooth/radio/bindings.ts';
import { RadioError } from '../../../../adapters/bluetooth/radio/radio-error.ts';

export type GattTable = Readonly<
  Record<string, Readonly<Record<string, { properties: string[]; value?: Uint8Array }>>>
>;

export interface ScriptedDevice {
  readonly id: string;
  readonly name?: string;
  readonly advertised: readonly string[];
  readonly gatt: GattTable;
  /** Reads and subscriptions are refused until it is bonded. */
  readonly needsBond?: boolean;
  readonly manufacturerData?: Buffer;
  readonly serviceData?: readonly { readonly uuid: string; readonly data: Buffer }[];
}

/** What a test does to one kind of operation: nothing at all, a refusal, or something of its own. */
export type Twist = 'silence' | 'refuse' | ((answer: () => void) => void);

/**
 * Noble bindings that do what a test says, in process and at once. `asked` tells every operation in
 * order; `twist` changes the next answers to one of them, by `op` or `op service/characteristic`.
 */
export interface ScriptedBindings extends NobleBindings {
  readonly asked: string[];
  readonly twist: Map<string, Twist>;
  /** Every accepted write in order; the device answers with what a test lets it do. */
  readonly written: { readonly characteristic: string; readonly bytes: Uint8Array }[];
  onWrite: (id: string, service: string, characteristic: string, bytes: Uint8Array) => void;
  readonly bonded: Set<string>;
  /** Devices that have forgotten their key: what it opened is refused until they are paired anew. */
  readonly forgotten: Set<string>;
  readonly pairing: PairingPort;
  add(device: ScriptedDevice): void;
  /** The device is heard once, if anybody scans. */
  advertise(
    id: string,
    more?: Partial<Pick<ScriptedDevice, 'serviceData' | 'manufacturerData'>>,
  ): void;
  value(id: string, service: string, characteristic: string, bytes: Uint8Array): void;
  drop(id: string): void;
  power(on: boolean): void;
}

class Scripted extends EventEmitter implements ScriptedBindings {
  readonly asked: string[] = [];
  readonly twist = new Map<string, Twist>();
  readonly written: { characteristic: string; bytes: Uint8Array }[] = [];
  onWrite: ScriptedBindings['onWrite'] = () => undefined;
  readonly bonded = new Set<string>();
  readonly forgotten = new Set<string>();
  readonly #devices = new Map<string, ScriptedDevice>();
  readonly #connected = new Set<string>();
  #scanning = false;
  #stopped = false;

  readonly pairing: PairingPort = {
    pair: async (id) => {
      this.asked.push(`pair ${id}`);
      if (this.twist.get('pair') === 'refuse') throw new Error('refused');
      // As bluetoothd: a key that is there is not made again.
      if (this.bonded.has(id)) return;
      this.bonded.add(id);
      this.forgotten.delete(id);
    },
    unpair: async (id) => {
      this.asked.push(`unpair ${id}`);
      this.bonded.delete(id);
    },
    isBonded: async (id) => this.bonded.has(id),
  };

  add(device: ScriptedDevice): void {
    this.#devices.set(device.id, device);
  }

  advertise(id: string, more: Parameters<ScriptedBindings['advertise']>[1] = {}): void {
    const device = this.#devices.get(id);
    if (!device || !this.#scanning) return;
    const { serviceData = [], manufacturerData } = { ...device, ...more };
    const advertisement = {
      localName: device.name,
      serviceUuids: device.advertised,
      serviceData,
      manufacturerData,
    };
    const address = id.replace(/(..)(?=.)/g, '$1:');
    this.emit('discover', id, address, 'public', true, advertisement, -50, true);
  }

  value(id: string, service: string, characteristic: string, bytes: Uint8Array): void {
    if (this.#stopped) return;
    this.emit('read', id, service, characteristic, Buffer.from(bytes), true);
  }

  drop(id: string): void {
    if (this.#connected.delete(id)) this.emit('disconnect', id, 'remote');
  }

  power(on: boolean): void {
    if (!on) this.#scanning = false;
    this.emit('stateChange', on ? 'poweredOn' : 'poweredOff');
  }

  init(): void {
    setImmediate(() => this.power(true));
  }

  stop(): void {
    this.asked.push('stop');
    this.#stopped = true;
    this.#connected.clear();
  }

  startScanning(): void {
    this.#answer('startScanning', undefined, () => {
      this.#scanning = true;
      this.emit('scanStart', false);
    });
  }

  stopScanning(): void {
    this.#scanning = false;
    this.#answer('stopScanning', undefined, () => this.emit('scanStop'));
  }

  connect(id: string): void {
    this.#answer('connect', id, () => {
      if (this.#devices.has(id)) this.#connected.add(id);
      this.emit('connect', id, this.#devices.has(id) ? null : new Error('unknown'));
    });
  }

  cancelConnect(id: string): void {
    this.asked.push(`cancelConnect ${id}`);
  }

  disconnect(id: string): void {
    this.#answer('disconnect', id, () => {
      this.#connected.delete(id);
      this.emit('disconnect', id, 'local');
    });
  }

  discoverServices(id: string): void {
    this.#answer('discoverServices', id, () =>
      this.emit('servicesDiscover', id, Object.keys(this.#devices.get(id)?.gatt ?? {})),
    );
  }

  discoverCharacteristics(id: string, service: string): void {
    this.#answer('discoverCharacteristics', id, () => {
      const held = Object.entries(this.#devices.get(id)?.gatt[service] ?? {});
      const found = held.map(([uuid, { properties }]) => ({ uuid, properties }));
      this.emit('characteristicsDiscover', id, service, found);
    });
  }

  read(id: string, service: string, characteristic: string): void {
    this.#gatt('read', id, service, characteristic, () => {
      const data =
        this.#devices.get(id)?.gatt[service]?.[characteristic]?.value ?? new Uint8Array();
      this.emit('read', id, service, characteristic, Buffer.from(data), false);
    });
  }

  write(id: string, service: string, characteristic: string, data: Buffer): void {
    this.#gatt('write', id, service, characteristic, () => {
      this.written.push({ characteristic, bytes: data });
      this.emit('write', id, service, characteristic);
      this.onWrite(id, service, characteristic, data);
    });
  }

  notify(id: string, service: string, characteristic: string, on: boolean): void {
    this.#gatt('notify', id, service, characteristic, () =>
      this.emit('notify', id, service, characteristic, on),
    );
  }

  setScanParameters(): void {}
  reset(): void {}
  updateRssi(): void {}
  discoverIncludedServices(): void {}
  broadcast(): void {}
  discoverDescriptors(): void {}
  readValue(): void {}
  writeValue(): void {}
  readHandle(): void {}
  writeHandle(): void {}

  #gatt(op: string, id: string, service: string, characteristic: string, answer: () => void): void {
    const device = this.#devices.get(id);
    const unbonded = device?.needsBond === true && !this.bonded.has(id);
    const lost = this.forgotten.has(id) && this.bonded.has(id);
    const refused = unbonded || lost || !this.#connected.has(id);
    this.#answer(
      `${op} ${service}/${characteristic}`,
      id,
      refused ? () => this.#refuse(op, id, service, characteristic) : answer,
      () => this.#refuse(op, id, service, characteristic),
    );
  }

  #refuse(op: string, id: string, service?: string, characteristic?: string): void {
    const lost = this.forgotten.has(id) && this.bonded.has(id);
    const error = lost ? new RadioError('radio-bond-lost') : new Error('refused');
    this.emit('gattError', { op, id, service, characteristic, error });
  }

  #answer(op: string, id: string | undefined, answer: () => void, refuse?: () => void): void {
    this.asked.push(id === undefined ? op : `${op} ${id}`);
    const twist = this.twist.get(op);
    this.twist.delete(op);
    if (twist === 'silence') return;
    if (typeof twist === 'function') {
      twist(answer);
      return;
    }
    const no = refuse ?? (() => this.#refuse(op, id ?? ''));
    setImmediate(twist === 'refuse' ? no : answer);
  }
}

export function createScriptedBindings(...devices: ScriptedDevice[]): ScriptedBindings {
  const bindings = new Scripted();
  for (const device of devices) bindings.add(device);
  return bindings;
}
