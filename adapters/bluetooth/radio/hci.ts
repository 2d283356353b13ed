import { EventEmitter } from 'node:events';
import type { Note } from '../../adapter.ts';
import type { NobleBindings, PairingPort } from './bindings.ts';
import { createHciAdapter, type HciAdapter } from './hci-adapter.ts';
import { createHciAir, type HciAir } from './hci-air.ts';
import type { NobleHciBindings, NobleHciConstructor } from './hci-noble.ts';
import { RadioError } from './radio-error.ts';
import type { Remedy } from './recovery.ts';

/** Longest value that one packet carries at the smallest MTU; noble's longer writes cannot fail. */
const WRITE_BYTES_MAX = 20;
/** A controller tells the end of a connection, or of a try at one, within moments. */
const ENDING_TIMEOUT_MS = 5_000;

/** `hci2` is adapter 2; undefined for anything else, an address too: nobody else tells which is whose. */
export const hciIndexOf = (adapter: string): number | undefined =>
  /^hci\d{1,3}$/.test(adapter) ? Number(adapter.slice(3)) : undefined;

export interface HciOptions {
  /** Adapter by name (`hci0`): it is taken from the kernel and bluetoothd, and must be down before. */
  readonly adapter: string;
  readonly note: Note;
  /** What `loadHci` gives. */
  readonly noble: NobleHciConstructor;
}

/** What a link was last asked for: noble's errors do not say. */
interface Asked {
  readonly op: string;
  readonly service?: string | undefined;
  readonly characteristic?: string | undefined;
}

/** A connection, or a try at one, whose end is awaited, and what was asked for meanwhile. */
interface Ending {
  next?: () => void;
}

const FORWARDED = [
  'rssiUpdate',
  'onMtu',
  'servicesDiscover',
  'characteristicsDiscover',
  'read',
  'write',
  'notify',
];

/** noble's own bindings on an adapter of their own, for devices without a bond. */
class HciBindings extends EventEmitter implements NobleBindings {
  readonly #adapter: HciAdapter;
  readonly #air: HciAir;
  readonly #wanted = new Set<string>();
  readonly #asked = new Map<string, Asked>();
  readonly #ending = new Map<string, Ending>();
  #state = 'unknown';

  constructor({ adapter, note, noble }: HciOptions) {
    super();
    this.#air = createHciAir((event, ...args) => void this.emit(event, ...args));
    this.#adapter = createHciAdapter({
      noble,
      index: hciIndexOf(adapter) ?? 0,
      note,
      onOpen: (inner) => this.#opened(inner),
      onState: (state) => this.#setState(state),
    });
  }

  init(): void {
    this.#adapter.start();
  }

  stop(): void {
    this.#adapter.stop();
  }

  startScanning(_services: string[], allowDuplicates: boolean): void {
    if (this.#state !== 'poweredOn') this.#refuse('scan', '');
    else this.#adapter.inner()?.startScanning([], allowDuplicates);
  }

  stopScanning(): void {
    if (this.#state !== 'poweredOn') this.emit('scanStop');
    else this.#air.stop(this.#adapter.inner());
  }

  setScanParameters(interval: number, window: number): void {
    this.#adapter.inner()?.setScanParameters(interval, window);
    this.emit('scanParametersSet');
  }

  reset(): void {
    this.#adapter.reset();
  }

  connect(id: string, parameters?: unknown): void {
    const inner = this.#adapter.inner();
    if (inner?._addresses[id] === undefined) {
      queueMicrotask(() => this.emit('connect', id, new Error('not heard')));
      return;
    }
    this.#wanted.add(id);
    const ending = this.#ending.get(id);
    if (!ending) inner.connect(id, parameters);
    else ending.next = () => this.#adapter.inner()?.connect(id, parameters);
  }

  cancelConnect(id: string): void {
    this.disconnect(id);
  }

  disconnect(id: string): void {
    this.#wanted.delete(id);
    const inner = this.#adapter.inner();
    if (inner?._gatts[id] && !this.#ending.has(id)) {
      this.#await(id);
      inner.disconnect(id);
      return;
    }
    // noble would cancel whatever connection is pending.
    if (inner?._pendingConnectionUuid === id && !this.#ending.has(id)) {
      this.#await(id);
      inner._hci.cancelConnect();
    }
    if (inner) inner._connectionQueue = inner._connectionQueue.filter((one) => one.id !== id);
    queueMicrotask(() => this.emit('disconnect', id, 'local'));
  }

  updateRssi(id: string): void {
    const inner = this.#adapter.inner();
    if (inner?._gatts[id]) inner.updateRssi(id);
  }

  discoverServices(id: string, uuids: string[]): void {
    this.#ask(id, { op: 'discoverServices' }, (inner) => inner.discoverServices(id, uuids));
  }

  discoverIncludedServices(id: string, service: string): void {
    this.emit('includedServicesDiscover', id, service, []);
  }

  discoverCharacteristics(id: string, service: string, uuids: string[]): void {
    const asked = { op: 'discoverCharacteristics', service };
    this.#ask(id, asked, (inner) => inner.discoverCharacteristics(id, service, uuids));
  }

  read(id: string, service: string, characteristic: string): void {
    const asked = { op: 'read', service, characteristic };
    this.#ask(id, asked, (inner) => inner.read(id, service, characteristic));
  }

  write(id: string, service: string, characteristic: string, data: Buffer, unanswered: boolean) {
    const asked = { op: 'write', service, characteristic };
    if (data.length > WRITE_BYTES_MAX) this.#refuse('write', id, asked, 'too-long');
    else {
      this.#ask(id, asked, (inner) => inner.write(id, service, characteristic, data, unanswered));
    }
  }

  notify(id: string, service: string, characteristic: string, on: boolean): void {
    const asked = { op: 'notify', service, characteristic };
    this.#ask(id, asked, (inner) => inner.notify(id, service, characteristic, on));
  }

  broadcast(id: string, service: string, characteristic: string): void {
    this.#refuse('broadcast', id, { service, characteristic });
  }

  discoverDescriptors(id: string, service: string, characteristic: string): void {
    this.emit('descriptorsDiscover', id, service, characteristic, []);
  }

  readValue(id: string, service: string, characteristic: string): void {
    this.#refuse('readValue', id, { service, characteristic });
  }

  writeValue(id: string, service: string, characteristic: string): void {
    this.#refuse('writeValue', id, { service, characteristic });
  }

  readHandle(id: string): void {
    this.#refuse('readHandle', id);
  }

  writeHandle(id: string): void {
    this.#refuse('writeHandle', id);
  }

  /** noble throws on what it does not know, and prints the address of whom it does not reach. */
  #ask(id: string, asked: Asked, request: (inner: NobleHciBindings) => void): void {
    const inner = this.#adapter.inner();
    if (!inner?._gatts[id]) {
      this.#refuse(asked.op, id, asked, 'not-connected');
      return;
    }
    this.#asked.set(id, asked);
    try {
      request(inner);
    } catch {
      this.#refuse(asked.op, id, asked, 'unknown-characteristic');
    }
  }

  #refuse(op: string, id: string, place: Partial<Asked> = {}, code = 'unsupported'): void {
    const { service, characteristic } = place;
    const error = Object.assign(new Error(code), { code });
    this.emit('gattError', { op, id, service, characteristic, error });
  }

  #opened(inner: NobleHciBindings): void {
    inner.on('addressChange', (address: string) => this.emit('addressChange', address));
    inner.on('connect', (id: string | null, error: Error | null) => {
      if (id !== null) this.#connected(inner, id, error);
    });
    inner.on('disconnect', (id: string, reason: unknown) => {
      this.#asked.delete(id);
      // Whoever waits for the next one is not told of the end of the last.
      if (this.#ended(id)) return;
      this.#wanted.delete(id);
      this.emit('disconnect', id, reason);
    });
    for (const event of FORWARDED) {
      inner.on(event, (...args: unknown[]) => void this.emit(event, ...args));
    }
    this.#air.listen(inner);
  }

  #connected(inner: NobleHciBindings, id: string, error: Error | null): void {
    if (error) {
      if (this.#ended(id)) return;
      this.#wanted.delete(id);
      this.emit('connect', id, error);
      return;
    }
    // Called off while it was being made.
    if (this.#ending.has(id) || !this.#wanted.has(id)) {
      if (!this.#ending.has(id)) this.#await(id);
      inner.disconnect(id);
      return;
    }
    inner._gatts[id]?.on('refused', (code: number) => {
      const asked = this.#asked.get(id);
      const name = `att-0x${code.toString(16).padStart(2, '0')}`;
      if (asked) this.#refuse(asked.op, id, asked, name);
    });
    this.emit('connect', id, null);
  }

  #await(id: string): void {
    const ending: Ending = {};
    this.#ending.set(id, ending);
    const giveUp = () => this.#ending.get(id) === ending && this.#ended(id);
    setTimeout(giveUp, ENDING_TIMEOUT_MS).unref();
  }

  /** The end has come: begins what waits for it, if anything does, and tells whether. */
  #ended(id: string): boolean {
    const next = this.#ending.get(id)?.next;
    this.#ending.delete(id);
    if (!next) return false;
    // Together with an adapter that is lost, its connections end first.
    queueMicrotask(() => {
      if (!this.#wanted.has(id)) return;
      if (this.#state === 'poweredOn') next();
      else this.emit('connect', id, new Error('off'));
    });
    return true;
  }

  #setState(state: string): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state !== 'poweredOn') for (const id of [...this.#ending.keys()]) this.#ended(id);
    this.emit('stateChange', state);
  }
}

/** It keeps no bond: whoever asks for one is told so, and `bluez` is the backend for it. */
const PAIRING: PairingPort = {
  pair: () => Promise.reject(new RadioError('radio-pairing-unsupported')),
  unpair: () => Promise.resolve(),
  isBonded: () => Promise.resolve(false),
};

/** Opens nothing before `init`; `stop` leaves nothing that keeps the process. */
export function createHci(options: HciOptions): {
  readonly bindings: NobleBindings;
  readonly pairing: PairingPort;
  readonly remedies: readonly Remedy[];
} {
  const bindings = new HciBindings(options);
  // A controller that is reset is as good as one that was without power.
  const remedies = [{ name: 'power-cycle' as const, run: async () => bindings.reset() }];
  return { bindings, pairing: PAIRING, remedies };
}
