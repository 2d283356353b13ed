import { createConnection, type DBusConnection, type Message, Variant } from 'dbus-native';
import { AGENT_INTERFACE, AGENT_PATH } from '../../../../adapters/bluetooth/radio/agent1.ts';
import type { DBusPort } from '../../../../adapters/bluetooth/radio/dbus-port.ts';
import { busError, FakeBluetoothd } from './fake-bluetoothd.ts';

const BUS = 'org.freedesktop.DBus';
const CALL = 1;
const RETURN = 2;
const ERROR = 3;
const SIGNAL = 4;

/** What BlueZ's interfaces declare (doc/*-api.txt), as far as they are used. */
const GIVES: Readonly<Record<string, string>> = {
  GetManagedObjects: 'a{oa{sa{sv}}}',
  ReadValue: 'ay',
};
const SIGNALS: Readonly<Record<string, string>> = {
  InterfacesAdded: 'oa{sa{sv}}',
  InterfacesRemoved: 'oas',
  PropertiesChanged: 'sa{sv}as',
  Disconnected: 'ss',
};
const AGENT_TAKES: Readonly<Record<string, string>> = {
  RequestPasskey: 'o',
  RequestPinCode: 'o',
  DisplayPasskey: 'ouq',
  DisplayPinCode: 'os',
  RequestConfirmation: 'ou',
  RequestAuthorization: 'o',
  AuthorizeService: 'os',
};
/** Types of properties; all others are text. */
const TYPES: Readonly<Record<string, string>> = {
  UUIDs: 'as',
  RSSI: 'n',
  ServiceData: 'a{sv}',
  ManufacturerData: 'a{qv}',
  Connected: 'b',
  Paired: 'b',
  Bonded: 'b',
  Trusted: 'b',
  ServicesResolved: 'b',
  Powered: 'b',
  Discovering: 'b',
  Percentage: 'y',
  Flags: 'as',
  Value: 'ay',
  Service: 'o',
  Device: 'o',
};

type Props = Readonly<Record<string, unknown>>;
type Interfaces = Readonly<Record<string, Props>>;

const wrap = (value: unknown) => (Buffer.isBuffer(value) ? new Variant('ay', value) : value);
function typedValue(name: string, value: unknown): unknown {
  if (name === 'ManufacturerData') {
    return (value as [number, Buffer][]).map(([company, data]) => [company, wrap(data)]);
  }
  if (name !== 'ServiceData') return value;
  return Object.fromEntries(Object.entries(value as Props).map(([k, data]) => [k, wrap(data)]));
}
const typed = (props: Props) =>
  Object.fromEntries(
    Object.entries(props).map(([name, value]) => [
      name,
      new Variant(TYPES[name] ?? 's', typedValue(name, value)),
    ]),
  );
const typedInterfaces = (interfaces: Interfaces) =>
  Object.fromEntries(Object.entries(interfaces).map(([name, props]) => [name, typed(props)]));
const typedObjects = (objects: Readonly<Record<string, Interfaces>>) =>
  Object.fromEntries(Object.entries(objects).map(([path, held]) => [path, typedInterfaces(held)]));

/** A `FakeBluetoothd` that stands on a real bus as `org.bluez`, message for message. */
export class MockBluez extends FakeBluetoothd {
  readonly #address: string;
  readonly #port: DBusPort;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #connection: DBusConnection | undefined;
  #serial = 0;
  /** Unique name of whoever registered the agent last. */
  agent = '';

  constructor(address: string) {
    super();
    this.#address = address;
    this.#port = this.openBus();
    this.opened = 0;
    this.#port.onSignal(({ path, interface: name, member, body }) => {
      const signature = SIGNALS[member];
      if (!this.#connection || signature === undefined) return;
      const [first, second, third] = body;
      const written =
        member === 'InterfacesAdded'
          ? [first, typedInterfaces(second as Interfaces)]
          : member === 'PropertiesChanged'
            ? [first, typed(second as Props), third]
            : body;
      this.#send({ type: SIGNAL, path, interface: name, member, signature, body: [...written] });
    });
  }

  /** Takes the name; bluetoothd is there as soon as this fulfils. */
  async arrive(): Promise<void> {
    const connection = createConnection({ busAddress: this.#address });
    this.#connection = connection;
    this.running = true;
    connection.on('error', () => undefined);
    connection.on('message', (message) => this.#receive(message));
    await this.#ask(BUS, 'Hello');
    await this.#ask(BUS, 'RequestName', 'su', ['org.bluez', 0]);
  }

  /** Vanishes as a crash does: what it was asked stays unanswered. */
  vanish(): void {
    this.running = false;
    this.#connection?.stream.destroy();
    this.#connection = undefined;
    this.#waiting.clear();
  }

  /** Asks the registered agent; fulfils with its answer, rejects with its error name as `dbusName`. */
  async askAgent(member: string, ...body: unknown[]): Promise<unknown> {
    const { agent } = this;
    return await this.#ask(agent, member, AGENT_TAKES[member], body, AGENT_PATH, AGENT_INTERFACE);
  }

  #ask(
    destination: string,
    member: string,
    signature?: string,
    body: readonly unknown[] = [],
    path = '/org/freedesktop/DBus',
    name = BUS,
  ): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call = { type: CALL, destination, path, interface: name, member };
    const serial = this.#send({ ...call, ...(signature ? { signature, body: [...body] } : {}) });
    this.#waiting.set(serial, (answer) =>
      answer.type === RETURN ? resolve(answer.body?.[0]) : reject(busError(answer.errorName ?? '')),
    );
    return promise;
  }

  #send(message: Message): number {
    this.#serial += 1;
    this.#connection?.message({ ...message, serial: this.#serial });
    return this.#serial;
  }

  #receive(message: Message): void {
    const { type, replySerial, serial, sender } = message;
    if ((type === RETURN || type === ERROR) && replySerial !== undefined) {
      this.#waiting.get(replySerial)?.(message);
      this.#waiting.delete(replySerial);
      return;
    }
    if (type !== CALL || serial === undefined || sender === undefined) return;
    const { member = '', path = '', interface: name = '', body = [] } = message;
    if (member === 'Ping') {
      setImmediate(() => this.#send({ type: RETURN, destination: sender, replySerial: serial }));
      return;
    }
    if (member === 'RegisterAgent') this.agent = sender;
    const asked = { destination: 'org.bluez', path, interface: name, member, body, timeoutMs: 0 };
    const back = { destination: sender, replySerial: serial };
    const connection = this.#connection;
    this.#port.call(asked).then(
      (value) => {
        if (connection !== this.#connection) return;
        const signature = GIVES[member];
        const given = member === 'GetManagedObjects' ? typedObjects(value as never) : (value ?? []);
        this.#send({ type: RETURN, ...back, ...(signature ? { signature, body: [given] } : {}) });
      },
      (error: { dbusName?: string; message?: string }) => {
        if (connection !== this.#connection) return;
        const errorName = error.dbusName ?? 'org.bluez.Error.Failed';
        this.#send({
          type: ERROR,
          ...back,
          errorName,
          signature: 's',
          body: [error.message ?? ''],
        });
      },
    );
  }
}
