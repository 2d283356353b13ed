import type {
  DBusCall,
  DBusMethod,
  DBusPort,
} from '../../../../adapters/bluetooth/radio/dbus-port.ts';

export const ADAPTER_PATH = '/org/bluez/hci0';
const OWNER = ':1.7';
const BUS = 'org.freedesktop.DBus';

type Props = Record<string, unknown>;
type Objects = Record<string, Record<string, Props>>;
type Answer = (call: DBusCall) => unknown;

const uuid = (short: string) => `0000${short}-0000-1000-8000-00805f9b34fb`;

/** An error as the bus gives it. */
export const busError = (name: string) => Object.assign(new Error('x'), { dbusName: name });

/** A bluetoothd that does what a test says, without a bus between. */
export class FakeBluetoothd {
  readonly objects: Objects = {
    [ADAPTER_PATH]: {
      'org.bluez.Adapter1': { Address: '00:00:5E:00:53:F0', Powered: true, Discovering: false },
    },
  };
  readonly calls: string[] = [];
  readonly answers = new Map<string, Answer>();
  opened = 0;
  running = true;
  methods: Readonly<Record<string, DBusMethod>> = {};
  #emit: Parameters<DBusPort['onSignal']>[0] = () => undefined;
  #close = () => undefined as unknown;

  readonly openBus = (): DBusPort => {
    this.opened += 1;
    return {
      call: async (call) => this.#answer(call),
      onSignal: (listener) => {
        this.#emit = listener;
      },
      exportObject: (_path, _name, methods) => {
        this.methods = methods;
      },
      exportTree: () => undefined,
      changed: () => undefined,
      onClose: (listener) => {
        this.#close = listener;
      },
      close: () => undefined,
    };
  };

  /** Path of a device, which is known and was heard when `rssi` is given. */
  device(address: string, more: Props = {}, adapter = ADAPTER_PATH): string {
    const path = `${adapter}/dev_${address.replaceAll(':', '_')}`;
    const props = { Address: address, AddressType: 'public', UUIDs: [uuid('1810')], ...more };
    this.objects[path] = { 'org.bluez.Device1': props };
    return path;
  }

  /** Path of a characteristic of a device, with its service. */
  characteristic(device: string, service: string, short: string, flags: string[]): string {
    const servicePath = `${device}/service${service}`;
    this.objects[servicePath] ??= {
      'org.bluez.GattService1': { UUID: uuid(service), Device: device },
    };
    const path = `${servicePath}/char${short}`;
    this.objects[path] = {
      'org.bluez.GattCharacteristic1': { UUID: uuid(short), Service: servicePath, Flags: flags },
    };
    return path;
  }

  added(path: string): void {
    const body = [path, this.objects[path]];
    this.#signal('/', 'org.freedesktop.DBus.ObjectManager', 'InterfacesAdded', body);
  }

  /** The object is gone, with those below it. */
  removed(path: string): void {
    for (const gone of Object.keys(this.objects).filter((one) =>
      `${one}/`.startsWith(`${path}/`),
    )) {
      const body = [gone, Object.keys(this.objects[gone] ?? {})];
      delete this.objects[gone];
      this.#signal('/', 'org.freedesktop.DBus.ObjectManager', 'InterfacesRemoved', body);
    }
  }

  changed(path: string, name: string, changed: Props, sender = OWNER): void {
    if (sender === OWNER) Object.assign(this.objects[path]?.[name] ?? {}, changed);
    const properties = 'org.freedesktop.DBus.Properties';
    this.#signal(path, properties, 'PropertiesChanged', [name, changed, []], sender);
  }

  /** BlueZ 5.80 and newer say why a connection ended. */
  ended(path: string, reason: string): void {
    this.#signal(path, 'org.bluez.Device1', 'Disconnected', [reason, 'words']);
  }

  kill(): void {
    this.running = false;
    this.#signal('/', BUS, 'NameOwnerChanged', ['org.bluez', OWNER, ''], BUS);
  }

  start(): void {
    this.running = true;
    this.#signal('/', BUS, 'NameOwnerChanged', ['org.bluez', '', OWNER], BUS);
  }

  loseBus(): void {
    this.#close();
  }

  /** What bluetoothd asks the agent; fulfils with `allowed`, a code, or the name of the refusal. */
  async ask(member: string, args: unknown[], sender = OWNER): Promise<string> {
    try {
      return String((await this.methods[member]?.run(args, sender)) ?? 'allowed');
    } catch (error) {
      return String((error as { dbusName?: unknown }).dbusName);
    }
  }

  #signal(path: string, name: string, member: string, body: unknown[], sender = OWNER): void {
    this.#emit({ sender, path, interface: name, member, body });
  }

  #answer(call: DBusCall): unknown {
    const { member, path } = call;
    this.calls.push(member);
    if (member === 'NameHasOwner') return this.running;
    if (member === 'GetNameOwner') return OWNER;
    if (call.destination === BUS) return undefined;
    if (!this.running) throw busError('org.freedesktop.DBus.Error.ServiceUnknown');
    const own = this.answers.get(member);
    if (own) return own(call);
    if (member === 'GetManagedObjects') return structuredClone(this.objects);
    if (member === 'Connect') {
      this.changed(path, 'org.bluez.Device1', { Connected: true });
      this.changed(path, 'org.bluez.Device1', { ServicesResolved: true });
    }
    if (member === 'Disconnect') this.changed(path, 'org.bluez.Device1', { Connected: false });
    return undefined;
  }
}
