import { answer, createTurns } from './answer.ts';
import type { GattError } from './bindings.ts';
import type { NobleCharacteristic, NoblePeripheral, NobleService } from './noble-gate.ts';
import { nameOf, RadioError } from './radio-error.ts';

/** Longest answer of a device to one request; ATT itself allows 30 s before the link is dead. */
export const OPERATION_TIMEOUT_MS = 30_000;
/** Longest wait for a disconnection that was asked for. */
export const DISCONNECT_TIMEOUT_MS = 5_000;

export interface GattCharacteristic {
  readonly uuid: string;
  /** noble's words: read, write, writeWithoutResponse, notify, indicate, … */
  readonly properties: readonly string[];
}

export interface GattService {
  readonly uuid: string;
  readonly characteristics: readonly GattCharacteristic[];
}

export type OnData = (bytes: Uint8Array) => void;

/**
 * A connection. Requests go one at a time; each settles: `radio-timeout` and `radio-aborted` close
 * the link (a late answer must not meet a later question), `radio-gatt-refused` leaves it open,
 * `radio-disconnected` rejects whatever waits.
 */
export interface BleLink {
  readonly address: string;
  /** Services with their characteristics; asked once per link. */
  services(signal?: AbortSignal): Promise<readonly GattService[]>;
  read(service: string, characteristic: string, signal?: AbortSignal): Promise<Uint8Array>;
  write(
    service: string,
    characteristic: string,
    bytes: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Asks for notifications or indications; `onData` is called in the tick of the radio's event. */
  subscribe(
    service: string,
    characteristic: string,
    onData?: OnData,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Called once, at once if the link is gone already. */
  onDisconnect(listener: () => void): void;
  /** Fulfils when the link is closed, at the latest after five seconds. */
  disconnect(): Promise<void>;
}

export interface LinkDeps {
  readonly address: string;
  readonly peripheral: NoblePeripheral;
  readonly onGattError: (listener: (error: GattError) => void) => () => void;
  readonly operationMs: number;
  /** The link is closed and its peripheral may be forgotten. */
  readonly onClosed: () => void;
}

/** What the radio holds of a link: its face, and the way in for notifications and lost power. */
export interface OpenLink extends BleLink {
  deliver(service: string, characteristic: string, bytes: Uint8Array): void;
  /** The link is known to be gone, e.g. because the adapter lost power. */
  lost(): void;
}

class Link implements OpenLink {
  readonly address: string;
  readonly #deps: LinkDeps;
  readonly #turn = createTurns();
  readonly #gone = new AbortController();
  readonly #closed = Promise.withResolvers<void>();
  readonly #known = new Map<string, NobleCharacteristic>();
  readonly #subscribers = new Map<string, OnData[]>();
  #services: readonly GattService[] | undefined;

  constructor(deps: LinkDeps) {
    this.address = deps.address;
    this.#deps = deps;
    deps.peripheral.once('disconnect', () => this.lost());
  }

  async services(signal?: AbortSignal): Promise<readonly GattService[]> {
    if (this.#services) return this.#services;
    const { peripheral } = this.#deps;
    const found = await this.#ask<NobleService[]>(signal, undefined, peripheral, {
      event: 'servicesDiscover',
      begin: () => peripheral.discoverServices([]),
    });
    const services: GattService[] = [];
    for (const service of found) {
      const characteristics = await this.#ask<NobleCharacteristic[]>(signal, undefined, service, {
        event: 'characteristicsDiscover',
        begin: () => service.discoverCharacteristics([]),
      });
      for (const one of characteristics) this.#known.set(`${service.uuid}/${one.uuid}`, one);
      services.push({
        uuid: service.uuid,
        characteristics: characteristics.map(({ uuid, properties }) => ({ uuid, properties })),
      });
    }
    this.#services = services;
    return services;
  }

  async read(service: string, uuid: string, signal?: AbortSignal): Promise<Uint8Array> {
    const characteristic = this.#find(service, uuid);
    return await this.#ask<Buffer>(signal, uuid, characteristic, {
      event: 'read',
      begin: () => characteristic.read(),
    });
  }

  async write(service: string, uuid: string, bytes: Uint8Array, signal?: AbortSignal) {
    const characteristic = this.#find(service, uuid);
    const withoutResponse = !characteristic.properties.includes('write');
    await this.#ask<void>(signal, uuid, characteristic, {
      event: 'write',
      begin: () => characteristic.write(Buffer.from(bytes), withoutResponse),
    });
  }

  async subscribe(service: string, uuid: string, onData?: OnData, signal?: AbortSignal) {
    const characteristic = this.#find(service, uuid);
    const key = `${service}/${uuid}`;
    const listeners = this.#subscribers.get(key) ?? [];
    this.#subscribers.set(key, listeners);
    // Before the request: the first value may come ahead of its answer.
    if (onData) listeners.push(onData);
    try {
      await this.#ask<boolean>(signal, uuid, characteristic, {
        event: 'notify',
        begin: () => characteristic.notify(true),
      });
    } catch (error) {
      if (onData) listeners.splice(listeners.indexOf(onData), 1);
      throw error;
    }
  }

  onDisconnect(listener: () => void): void {
    if (this.#gone.signal.aborted) listener();
    else this.#gone.signal.addEventListener('abort', listener, { once: true });
  }

  async disconnect(): Promise<void> {
    this.#hangUp();
    await this.#closed.promise;
  }

  deliver(service: string, characteristic: string, bytes: Uint8Array): void {
    for (const onData of this.#subscribers.get(`${service}/${characteristic}`) ?? []) onData(bytes);
  }

  lost(): void {
    this.#gone.abort();
    this.#deps.onClosed();
    this.#closed.resolve();
  }

  #hangUp(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    const giveUp = setTimeout(() => this.lost(), DISCONNECT_TIMEOUT_MS);
    void this.#closed.promise.then(() => clearTimeout(giveUp));
    this.#deps.peripheral.disconnect();
  }

  #find(service: string, uuid: string): NobleCharacteristic {
    if (this.#gone.signal.aborted) throw new RadioError('radio-disconnected');
    const characteristic = this.#known.get(`${service}/${uuid}`);
    if (!characteristic) throw new RadioError('radio-not-found');
    return characteristic;
  }

  #ask<T>(
    signal: AbortSignal | undefined,
    characteristic: string | undefined,
    emitter: NoblePeripheral | NobleService | NobleCharacteristic,
    request: { readonly event: string; readonly begin: () => void },
  ): Promise<T> {
    return this.#turn(async () => {
      if (this.#gone.signal.aborted) throw new RadioError('radio-disconnected');
      if (signal?.aborted) throw new RadioError('radio-aborted');
      try {
        return await answer<T>({ timeoutMs: this.#deps.operationMs, signal }, (resolve, reject) =>
          this.#listen(emitter, request, characteristic, resolve, reject),
        );
      } catch (error) {
        const code = error instanceof RadioError ? error.code : undefined;
        if (code !== 'radio-gatt-refused') this.#hangUp();
        throw error;
      }
    });
  }

  #listen<T>(
    emitter: NoblePeripheral | NobleService | NobleCharacteristic,
    request: { readonly event: string; readonly begin: () => void },
    characteristic: string | undefined,
    resolve: (value: T) => void,
    reject: (error: Error) => void,
  ): () => void {
    const onGone = () => reject(new RadioError('radio-disconnected'));
    const offError = this.#deps.onGattError((error) => {
      if (error.characteristic === undefined || error.characteristic === characteristic) {
        const { error: cause } = error;
        // Bindings that know better say so themselves.
        const known = cause instanceof RadioError;
        reject(known ? cause : new RadioError('radio-gatt-refused', nameOf(cause)));
      }
    });
    emitter.on(request.event, resolve);
    this.#gone.signal.addEventListener('abort', onGone, { once: true });
    request.begin();
    return () => {
      offError();
      emitter.removeListener(request.event, resolve);
      this.#gone.signal.removeEventListener('abort', onGone);
    };
  }
}

export function createLink(deps: LinkDeps): OpenLink {
  return new Link(deps);
}
