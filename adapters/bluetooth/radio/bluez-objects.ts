import type { DiscoverArguments } from './noble-gate.ts';

export const BLUEZ = 'org.bluez';
export const ADAPTER = 'org.bluez.Adapter1';
export const DEVICE = 'org.bluez.Device1';
export const SERVICE = 'org.bluez.GattService1';
export const CHARACTERISTIC = 'org.bluez.GattCharacteristic1';
export const BATTERY_INTERFACE = 'org.bluez.Battery1';

/** Where the battery level is shown: BlueZ keeps service 0x180F to itself. */
export const BATTERY_SERVICE = '180f';
export const BATTERY_LEVEL = '2a19';

/** A controller's word for a strength that it did not measure (HCI, LE Advertising Report). */
const RSSI_NOT_AVAILABLE = 127;
/** What is shown then, and for devices that BlueZ did not hear in this window. */
const RSSI_UNKNOWN_DBM = -127;

export type Properties = Readonly<Record<string, unknown>>;
export type Interfaces = Readonly<Record<string, Properties>>;

/** Where a characteristic is, in noble's words. */
export interface Place {
  readonly device: string;
  readonly service: string;
  readonly characteristic: string;
}

/** noble's form of a UUID: SIG ones short without leading zeros, others without dashes. */
export function shortUuid(uuid: string): string {
  const lower = uuid.toLowerCase();
  const short = /^0000([0-9a-f]{4})-0000-1000-8000-00805f9b34fb$/.exec(lower)?.[1];
  return short === undefined ? lower.replaceAll('-', '') : Number.parseInt(short, 16).toString(16);
}

/** noble's id of an address. */
export const idOf = (address: unknown): string =>
  typeof address === 'string' ? address.replaceAll(':', '').toLowerCase() : '';

/** A copy of bluetoothd's objects, kept by its signals. */
export interface BluezObjects {
  replace(all: Readonly<Record<string, Interfaces>>): void;
  clear(): void;
  add(path: string, interfaces: Interfaces): void;
  remove(path: string, names: readonly string[]): void;
  change(path: string, name: string, changed: Properties, invalidated: readonly string[]): void;
  get(path: string, name: string): Properties | undefined;
  paths(name: string): string[];
  /** Path of the wanted adapter, when it is there. */
  adapter(): string | undefined;
  /** Path of a device of that adapter by its id, also by the private one it was first heard under. */
  device(id: string): string | undefined;
  idOfDevice(path: string): string;
  services(device: string): string[];
  characteristics(device: string, service: string): { uuid: string; flags: readonly string[] }[];
  characteristic(place: Place): string | undefined;
  /** The other way: what a characteristic's path is. */
  place(path: string): Place | undefined;
}

class Mirror implements BluezObjects {
  readonly #wanted: string;
  /** Address of the adapter that a name meant first: plugged in again, it may have another name. */
  #address: string | undefined;
  readonly #objects = new Map<string, Record<string, Properties>>();
  /** Private addresses that became an identity address by bonding, to the object's path. */
  readonly #aliases = new Map<string, string>();

  constructor(wanted: string) {
    this.#wanted = wanted;
  }

  replace(all: Readonly<Record<string, Interfaces>>): void {
    this.clear();
    for (const [path, interfaces] of Object.entries(all)) this.add(path, interfaces);
  }

  clear(): void {
    this.#objects.clear();
    this.#aliases.clear();
  }

  add(path: string, interfaces: Interfaces): void {
    this.#objects.set(path, { ...this.#objects.get(path), ...interfaces });
  }

  remove(path: string, names: readonly string[]): void {
    const held = this.#objects.get(path);
    if (!held) return;
    for (const name of names) delete held[name];
    if (Object.keys(held).length === 0) this.#objects.delete(path);
    if (!names.includes(DEVICE)) return;
    for (const [id, of] of this.#aliases) if (of === path) this.#aliases.delete(id);
  }

  change(path: string, name: string, changed: Properties, invalidated: readonly string[]): void {
    const held = this.#objects.get(path);
    const before = held?.[name];
    if (!held || !before) return;
    if (name === DEVICE && 'Address' in changed) this.#aliases.set(idOf(before.Address), path);
    const after: Record<string, unknown> = { ...before, ...changed };
    for (const gone of invalidated) delete after[gone];
    held[name] = after;
  }

  get(path: string, name: string): Properties | undefined {
    return this.#objects.get(path)?.[name];
  }

  paths(name: string): string[] {
    return [...this.#objects].filter(([, held]) => name in held).map(([path]) => path);
  }

  adapter(): string | undefined {
    const wanted = this.#wanted;
    const adapters = this.paths(ADAPTER);
    const at = (address: string | undefined) =>
      adapters.find((path) => idOf(this.get(path, ADAPTER)?.Address) === address);
    // Bonds belong to an address, and so do the devices that come back to it.
    const found =
      at(this.#address) ?? adapters.find((path) => path.endsWith(`/${wanted}`)) ?? at(idOf(wanted));
    if (found !== undefined) this.#address ??= idOf(this.get(found, ADAPTER)?.Address);
    return found;
  }

  device(id: string): string | undefined {
    const adapter = this.adapter();
    const paths = this.paths(DEVICE).filter((path) => path.startsWith(`${adapter}/`));
    return paths.find((path) => this.idOfDevice(path) === id) ?? this.#aliases.get(id);
  }

  idOfDevice(path: string): string {
    return idOf(this.get(path, DEVICE)?.Address);
  }

  services(device: string): string[] {
    const uuids = this.#below(device, SERVICE).map(([, { UUID }]) => shortUuid(String(UUID)));
    if (this.#hasBattery(device)) uuids.push(BATTERY_SERVICE);
    return [...new Set(uuids)];
  }

  characteristics(device: string, service: string): { uuid: string; flags: readonly string[] }[] {
    const found = this.#characteristics(device, service).map(([, { UUID, Flags }]) => ({
      uuid: shortUuid(String(UUID)),
      flags: (Flags as readonly string[] | undefined) ?? [],
    }));
    return found.length === 0 && service === BATTERY_SERVICE && this.#hasBattery(device)
      ? [{ uuid: BATTERY_LEVEL, flags: ['read', 'notify'] }]
      : found;
  }

  characteristic({ device, service, characteristic }: Place): string | undefined {
    return this.#characteristics(device, service).find(
      ([, { UUID }]) => shortUuid(String(UUID)) === characteristic,
    )?.[0];
  }

  place(path: string): Place | undefined {
    const own = this.get(path, CHARACTERISTIC);
    const service = this.get(String(own?.Service), SERVICE);
    if (!own || !service) return undefined;
    return {
      device: String(service.Device),
      service: shortUuid(String(service.UUID)),
      characteristic: shortUuid(String(own.UUID)),
    };
  }

  #hasBattery(device: string): boolean {
    const uuids = (this.get(device, DEVICE)?.UUIDs as readonly string[] | undefined) ?? [];
    return (
      this.get(device, BATTERY_INTERFACE) !== undefined ||
      uuids.some((uuid) => shortUuid(uuid) === BATTERY_SERVICE)
    );
  }

  /** noble knows services by UUID only: those that a device has twice are one here. */
  #characteristics(device: string, service: string): [string, Properties][] {
    return this.#below(device, SERVICE)
      .filter(([, { UUID }]) => shortUuid(String(UUID)) === service)
      .flatMap(([path]) => this.#below(path, CHARACTERISTIC));
  }

  #below(path: string, name: string): [string, Properties][] {
    return [...this.#objects].flatMap(([child, held]): [string, Properties][] =>
      held[name] && child.startsWith(`${path}/`) ? [[child, held[name]]] : [],
    );
  }
}

/** `wanted`: the adapter by name (`hci0`) or address. */
export function createBluezObjects(wanted: string): BluezObjects {
  return new Mirror(wanted);
}

const asBuffer = (value: unknown): Buffer => Buffer.from(value as Uint8Array);

/**
 * What noble is told of a device. Data of broadcasts is taken from `fresh` only: the object keeps
 * what was said long ago.
 */
export function discoveryOf(device: Properties, fresh: Properties): DiscoverArguments {
  const serviceData = Object.entries((fresh.ServiceData as Properties | undefined) ?? {});
  // a{qv}: keys are numbers, so the library gives pairs.
  const [maker] = (fresh.ManufacturerData as [number, Uint8Array][] | undefined) ?? [];
  const company = Buffer.alloc(2);
  if (maker) company.writeUInt16LE(maker[0]);
  return [
    idOf(device.Address),
    String(device.Address).toLowerCase(),
    String(device.AddressType ?? 'public'),
    // BlueZ does not say; who reads it looks at the services too.
    true,
    {
      localName: device.Name as string | undefined,
      serviceUuids: ((device.UUIDs as readonly string[] | undefined) ?? []).map(shortUuid),
      serviceData: serviceData.map(([uuid, data]) => ({
        uuid: shortUuid(uuid),
        data: asBuffer(data),
      })),
      manufacturerData: maker ? Buffer.concat([company, asBuffer(maker[1])]) : undefined,
    },
    typeof device.RSSI === 'number' && device.RSSI !== RSSI_NOT_AVAILABLE
      ? device.RSSI
      : RSSI_UNKNOWN_DBM,
  ];
}
