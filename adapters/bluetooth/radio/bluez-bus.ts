import type { Note } from '../../adapter.ts';
import type { PairingWindow } from './agent1.ts';
import { AGENT_CAPABILITY, AGENT_INTERFACE, AGENT_PATH, agentMethods } from './agent1.ts';
import {
  ADAPTER,
  BLUEZ,
  type BluezObjects,
  DEVICE,
  type Interfaces,
  type Properties,
} from './bluez-objects.ts';
import { type DBusPort, type DBusSignal, variant } from './dbus-port.ts';
import { nameOf, RadioError } from './radio-error.ts';

/** Longest wait for an ordinary answer of bluetoothd. */
export const BUS_TIMEOUT_MS = 15_000;
/** Before a lost bus is opened again. */
const REOPEN_MS = 5_000;

const BUS = 'org.freedesktop.DBus';
const BUS_PATH = '/org/freedesktop/DBus';
const PROPERTIES = 'org.freedesktop.DBus.Properties';
const OBJECT_MANAGER = 'org.freedesktop.DBus.ObjectManager';

export interface BluezEvents {
  /** bluetoothd is there and its objects are known. */
  up(): void;
  /** bluetoothd or the bus is gone; the objects are still those from before. */
  down(): void;
  added(path: string, interfaces: Interfaces): void;
  /** Asked before the objects are dropped. */
  removing(path: string, names: readonly string[]): void;
  changed(path: string, name: string, changed: Properties): void;
  /** Why a connection ended, of a bluetoothd that says it (5.80 and newer). */
  ended(path: string, reason: unknown): void;
}

export interface BusCall {
  /** Whom to ask; bluetoothd unless told. */
  readonly destination?: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
  readonly timeoutMs?: number;
}

export interface BluezBus {
  open(): void;
  call(path: string, interfaceName: string, member: string, options?: BusCall): Promise<unknown>;
  /** True as soon as the condition holds, false when it does not within `timeoutMs` or ever. */
  until(condition: () => boolean, timeoutMs: number): Promise<boolean>;
  close(): void;
}

export interface BluezBusDeps {
  readonly openBus: () => DBusPort;
  readonly objects: BluezObjects;
  readonly window: Readonly<PairingWindow>;
  readonly events: BluezEvents;
  readonly note: Note;
  /** Puts what the gateway itself offers on a bus that is being opened. */
  readonly serve?: ((port: DBusPort, trusted: (sender: string) => boolean) => void) | undefined;
}

/**
 * The life with bluetoothd: two match rules, its objects, our agent, and its restarts. Nothing
 * here or below hands its errors' messages on: they hold object paths, which are addresses.
 */
class Bus implements BluezBus {
  readonly #deps: BluezBusDeps;
  /** Each looks whether its condition holds, or is told that it never will. */
  readonly #waiters = new Set<(over: boolean) => void>();
  #port: DBusPort | undefined;
  /** bluetoothd's unique name; whatever else speaks on the bus is not listened to. */
  #owner = '';
  /** Signals that came while the objects were asked for: they tell what is newer than the answer. */
  #early: DBusSignal[] | undefined;
  #reopen: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(deps: BluezBusDeps) {
    this.#deps = deps;
  }

  open(): void {
    if (this.#port || this.#closed) return;
    const port = this.#deps.openBus();
    this.#port = port;
    port.onSignal((signal) => {
      try {
        this.#signal(signal);
      } catch (error) {
        // The library would end the process: one signal that is not understood is not worth a gateway.
        this.#deps.note('signal-fault', { code: nameOf(error) });
      }
    });
    this.#deps.serve?.(port, (sender) => sender === this.#owner);
    const methods = agentMethods(this.#deps.window, (sender) => sender === this.#owner);
    port.exportObject(AGENT_PATH, AGENT_INTERFACE, methods);
    port.onClose(() => this.#lost(port));
    this.#greet().catch((error: unknown) => {
      this.#deps.note('bus-failed', { code: nameOf(error) });
      this.#lost(port);
    });
  }

  async call(
    path: string,
    interfaceName: string,
    member: string,
    { destination = BLUEZ, ...options }: BusCall = {},
  ): Promise<unknown> {
    return await this.#ask(destination, path, interfaceName, member, options);
  }

  until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const check = (over: boolean) => (over || condition()) && resolve(condition());
    const timer = setTimeout(() => resolve(condition()), timeoutMs);
    this.#waiters.add(check);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiters.delete(check);
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#reopen);
    this.#port?.close();
    this.#port = undefined;
    this.#wake(true);
  }

  async #ask(
    destination: string,
    path: string,
    interfaceName: string,
    member: string,
    { timeoutMs = BUS_TIMEOUT_MS, ...rest }: Parameters<BluezBus['call']>[3] & object,
  ): Promise<unknown> {
    if (!this.#port) throw new RadioError('radio-bus');
    const call = { destination, path, interface: interfaceName, member, timeoutMs, ...rest };
    return await this.#port.call(call);
  }

  async #greet(): Promise<void> {
    const rules = [
      `type='signal',sender='${BLUEZ}'`,
      `type='signal',sender='${BUS}',member='NameOwnerChanged',arg0='${BLUEZ}'`,
    ];
    for (const rule of rules) {
      await this.#ask(BUS, BUS_PATH, BUS, 'AddMatch', { signature: 's', body: [rule] });
    }
    const asked = { signature: 's', body: [BLUEZ] };
    const there = await this.#ask(BUS, BUS_PATH, BUS, 'NameHasOwner', asked);
    if (there !== true) {
      this.#deps.note('bluetoothd-missing');
      this.#deps.events.down();
      return;
    }
    const owner = String(await this.#ask(BUS, BUS_PATH, BUS, 'GetNameOwner', asked));
    // Its arrival was signalled meanwhile.
    if (this.#owner === owner) return;
    this.#owner = owner;
    await this.#sync();
  }

  /** Everything that a new bluetoothd must be told and asked. */
  async #sync(): Promise<void> {
    this.#early ??= [];
    const all = await this.call('/', OBJECT_MANAGER, 'GetManagedObjects');
    this.#deps.objects.replace(all as Record<string, Interfaces>);
    const early = this.#early;
    this.#early = undefined;
    for (const signal of early ?? []) this.#ownSignal(signal);
    await this.call('/org/bluez', 'org.bluez.AgentManager1', 'RegisterAgent', {
      signature: 'os',
      body: [AGENT_PATH, AGENT_CAPABILITY],
    }).catch((error: unknown) => {
      if (nameOf(error) !== 'org.bluez.Error.AlreadyExists') throw error;
    });
    this.#deps.events.up();
    this.#prepare();
    this.#wake();
  }

  /**
   * A gateway wants its radio on; one that is turned off later is the ladder's business. It bonds
   * with nobody unless a person pairs: a device may ask for it by itself.
   */
  #prepare(): void {
    const adapter = this.#deps.objects.adapter();
    if (adapter === undefined) return;
    const { Powered, Pairable } = this.#deps.objects.get(adapter, ADAPTER) ?? {};
    const set = (name: string, value: boolean, event: string) => {
      const body = [ADAPTER, name, variant('b', value)];
      this.call(adapter, PROPERTIES, 'Set', { signature: 'ssv', body }).catch((error: unknown) =>
        this.#deps.note(event, { code: nameOf(error) }),
      );
    };
    if (Powered !== true) set('Powered', true, 'power-on-failed');
    if (Pairable === true && this.#deps.window.device === undefined) {
      set('Pairable', false, 'pairable-off-failed');
    }
  }

  #signal(signal: DBusSignal): void {
    const { sender, member, body } = signal;
    if (this.#closed) return;
    if (sender === BUS && member === 'NameOwnerChanged' && body[0] === BLUEZ) {
      this.#ownerChanged(String(body[2]));
    } else if (sender === this.#owner) {
      if (this.#early) this.#early.push(signal);
      else this.#ownSignal(signal);
    }
  }

  #ownSignal({ path, interface: name, member, body }: DBusSignal): void {
    const { objects, events } = this.#deps;
    if (name === PROPERTIES && member === 'PropertiesChanged') {
      const [of, changed, invalidated] = body as [string, Properties, string[]];
      objects.change(path, of, changed, invalidated);
      events.changed(path, of, changed);
    } else if (name === DEVICE && member === 'Disconnected') {
      events.ended(path, body[0]);
    } else if (member === 'InterfacesAdded') {
      const [of, interfaces] = body as [string, Interfaces];
      objects.add(of, interfaces);
      events.added(of, interfaces);
      if (ADAPTER in interfaces) this.#prepare();
    } else if (member === 'InterfacesRemoved') {
      const [of, names] = body as [string, string[]];
      events.removing(of, names);
      objects.remove(of, names);
    }
    this.#wake();
  }

  #ownerChanged(owner: string): void {
    const port = this.#port;
    this.#owner = owner;
    this.#down();
    if (owner === '') this.#deps.note('bluetoothd-gone');
    else if (port) {
      this.#sync().catch((error: unknown) => {
        this.#deps.note('bus-failed', { code: nameOf(error) });
        // Half a conversation is none: begin again with a new connection.
        this.#lost(port);
      });
    }
  }

  #down(): void {
    this.#early = undefined;
    this.#deps.events.down();
    this.#deps.objects.clear();
    this.#wake(true);
  }

  #lost(port: DBusPort): void {
    if (this.#port !== port || this.#closed) return;
    this.#port = undefined;
    this.#owner = '';
    port.close();
    this.#down();
    clearTimeout(this.#reopen);
    this.#reopen = setTimeout(() => this.open(), REOPEN_MS);
  }

  #wake(over = false): void {
    for (const check of [...this.#waiters]) check(over);
  }
}

export function createBluezBus(deps: BluezBusDeps): BluezBus {
  return new Bus(deps);
}
