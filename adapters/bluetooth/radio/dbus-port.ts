import { createClient, type Message, Variant } from 'dbus-native';

/** D-Bus message type of a signal. */
const SIGNAL = 4;

export interface DBusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** Left out: no arguments. */
  readonly signature?: string;
  readonly body?: readonly unknown[];
  /** Every call has an end. */
  readonly timeoutMs: number;
}

export interface DBusSignal {
  /** Unique name of the sender. */
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly unknown[];
}

/** Refuses a method call with a D-Bus error name. */
export class DBusRefusal extends Error {
  readonly dbusName: string;

  constructor(dbusName: string) {
    super('refused');
    this.name = 'DBusRefusal';
    this.dbusName = dbusName;
  }
}

/** One method of an exported object: its signatures and what it does, told who calls. */
export interface DBusMethod {
  readonly takes: string;
  readonly gives: string;
  readonly run: (args: readonly unknown[], sender: string) => unknown;
}

/** The few things that the radio needs of a bus, so that the library below can be changed. */
export interface DBusPort {
  /** Fulfils with the first value of the answer; rejects with an error that has a `dbusName`. */
  call(call: DBusCall): Promise<unknown>;
  /** Signals in the tick in which they are read from the socket. */
  onSignal(listener: (signal: DBusSignal) => void): void;
  /** Properties can be read only: signature and value. */
  exportObject(
    path: string,
    interfaceName: string,
    methods: Readonly<Record<string, DBusMethod>>,
    properties?: Readonly<Record<string, readonly [signature: string, value: unknown]>>,
  ): void;
  /** Lists what is exported below a path to whoever asks for its managed objects. */
  exportTree(path: string): void;
  /** Tells that properties of an exported object have other values. */
  changed(path: string, interfaceName: string, values: Readonly<Record<string, unknown>>): void;
  /** The bus is gone; called once. */
  onClose(listener: () => void): void;
  close(): void;
}

/** A variant of a simple type, for `a{sv}` and `Properties.Set`. */
export const variant = (signature: string, value: unknown): unknown =>
  new Variant(signature, value);

/** Opens the system bus. Failures show as `onClose` and as rejected calls, never as a throw. */
export function openSystemBus(): DBusPort {
  const address =
    process.env.DBUS_SYSTEM_BUS_ADDRESS ?? 'unix:path=/var/run/dbus/system_bus_socket';
  // Without a default deadline: the library throws into the void when its own greeting runs late.
  const bus = createClient({ busAddress: address, timeout: 0 });
  const { connection } = bus;
  let closed = false;
  let tellClosed: () => void = () => undefined;
  const gone = () => {
    if (closed) return;
    closed = true;
    tellClosed();
  };
  // A connection error without a listener would end the process.
  connection.on('error', gone);
  connection.on('close', gone);
  return {
    call({ timeoutMs, signature, body, ...message }) {
      const sent: Message = {
        ...message,
        ...(signature ? { signature, body: [...(body ?? [])] } : {}),
      };
      return Promise.resolve(bus.invoke(sent, { timeout: timeoutMs }));
    },
    onSignal(listener) {
      connection.on('message', (message: Message) => {
        if (message.type !== SIGNAL || message.sender === undefined) return;
        listener({
          sender: message.sender,
          path: message.path ?? '',
          interface: message.interface ?? '',
          member: message.member ?? '',
          body: message.body ?? [],
        });
      });
    },
    exportObject(path, name, methods, properties = {}) {
      const entries = Object.entries(methods);
      const handlers = entries.map(([member, { run }]) => [
        member,
        // The library hands the message over after the arguments; null answers without a body.
        (...args: unknown[]) =>
          run(args.slice(0, -1), (args.at(-1) as Message).sender ?? '') ?? null,
      ]);
      const described = entries.map(([member, { takes, gives }]) => [
        member,
        [takes, gives, [], []],
      ]);
      const told = Object.entries(properties);
      const values = told.map(([property, [, value]]) => [property, value]);
      bus.exportInterface(Object.fromEntries([...handlers, ...values]), path, {
        name,
        methods: Object.fromEntries(described),
        properties: Object.fromEntries(
          told.map(([property, [type]]) => [property, { type, access: 'read' }]),
        ),
      });
    },
    exportTree: (path) => void bus.exportObjectManager(path),
    changed: (path, name, values) => bus.emitPropertiesChanged(path, name, values),
    onClose(listener) {
      tellClosed = listener;
      if (closed) listener();
    },
    close() {
      closed = true;
      connection.end();
    },
  };
}
