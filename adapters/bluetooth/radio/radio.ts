import type { Note } from '../../adapter.ts';
import { answer, createTurns } from './answer.ts';
import type {
  ExpectedPlace,
  GattError,
  NobleBindings,
  PairingDialog,
  PairingPort,
} from './bindings.ts';
import { type Advertisement, createHearing, type Hearing } from './hearing.ts';
import { type BleLink, createLink, OPERATION_TIMEOUT_MS, type OpenLink } from './link.ts';
import { createNobleGate, type DiscoverArguments, type NobleGate } from './noble-gate.ts';
import { nameOf, RadioError } from './radio-error.ts';
import {
  createRecovery,
  RECOVERY,
  type Recovery,
  type RecoveryLimits,
  type Remedy,
} from './recovery.ts';
import { createScanner, type Scanner } from './scanner.ts';

export type { Advertisement } from './hearing.ts';
export type { BleLink, GattCharacteristic, GattService } from './link.ts';

/** From the start of a connection to a usable link; these devices are awake for seconds. */
export const CONNECT_TIMEOUT_MS = 20_000;

export type RadioState =
  | 'unknown'
  | 'resetting'
  | 'unsupported'
  | 'unauthorized'
  | 'poweredOff'
  | 'poweredOn';

/** A value that a peripheral sent of itself. */
export interface RadioValue {
  readonly address: string;
  readonly service: string;
  readonly characteristic: string;
  readonly bytes: Uint8Array;
}

/** The only way to Bluetooth for the layers above; addresses are lower case without colons. */
export interface Radio {
  /** `unknown` until scanning was asked for; `poweredOff` also when the Bluetooth service is gone. */
  readonly state: RadioState;
  onState(listener: (state: RadioState) => void): () => void;
  /** Scans in windows until stopped, and again whenever the adapter comes back. */
  startScanning(): void;
  stopScanning(): void;
  /** Every advertisement, as it came. */
  onSeen(listener: (advertisement: Advertisement) => void): () => void;
  /** What was heard in the last minutes, newest per address. */
  heard(): readonly Advertisement[];
  /**
   * Every notification and indication, in the tick of the bindings' event, with or without a link:
   * bluetoothd confirms indications by itself, also before services are discovered.
   */
  onValue(listener: (value: RadioValue) => void): () => void;
  /**
   * A bonded device may send as soon as the link is encrypted, before services are discovered: what
   * it sends of these is told to `onValue` then, where the backend can. Without effect on others.
   */
  expect(address: string, places: readonly ExpectedPlace[]): void;
  /** Connects to a peripheral that was heard. One at a time; scanning is held back meanwhile. */
  connect(address: string, signal: AbortSignal): Promise<BleLink>;
  /**
   * Bonds with a peripheral, connecting as needed; fulfils with its identity address, which
   * replaces a private one. Rejects with `radio-pairing-failed`, `-unsupported` or `-aborted`.
   */
  pair(address: string, signal: AbortSignal, dialog?: PairingDialog): Promise<string>;
  unpair(address: string): Promise<void>;
  isBonded(address: string): Promise<boolean>;
  /** Closes every link and lets go of the adapter. */
  stop(): Promise<void>;
}

export interface RadioDeps {
  readonly bindings: NobleBindings;
  readonly pairing: PairingPort;
  readonly now: () => number;
  readonly note: Note;
  /** What can be done for this adapter when it fails, gentlest first. */
  readonly remedies?: readonly Remedy[];
  readonly recovery?: RecoveryLimits;
  /** For tests; see the constants of the same meaning. */
  readonly timeouts?: { readonly connectMs?: number; readonly operationMs?: number };
}

class NobleRadio implements Radio {
  readonly #deps: RadioDeps;
  readonly #gate: NobleGate;
  readonly #scanner: Scanner;
  readonly #hearing: Hearing;
  readonly #recovery: Recovery;
  readonly #turn = createTurns();
  readonly #links = new Map<string, OpenLink>();
  readonly #stateListeners = new Set<(state: RadioState) => void>();
  readonly #valueListeners = new Set<(value: RadioValue) => void>();
  readonly #errorListeners = new Set<(error: GattError) => void>();
  #state: RadioState = 'unknown';
  #listening = false;
  #stopped = false;

  constructor(deps: RadioDeps) {
    this.#deps = deps;
    const { bindings } = deps;
    this.#gate = createNobleGate(bindings);
    const { note, remedies = [], recovery: limits = RECOVERY } = deps;
    this.#recovery = createRecovery({ remedies, note, limits });
    this.#scanner = createScanner({
      noble: this.#gate.noble,
      note,
      onStarted: this.#recovery.well,
      onTrouble: this.#recovery.unwell,
    });
    this.#hearing = createHearing(deps.now);
    bindings.on('discover', (...args: DiscoverArguments) => this.#hearing.take(args));
    bindings.on('gattError', (error: GattError) => this.#onGattError(error));
    bindings.on('read', this.#onRead.bind(this));
  }

  get state(): RadioState {
    return this.#state;
  }

  onState(listener: (state: RadioState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  onSeen(listener: (advertisement: Advertisement) => void): () => void {
    return this.#hearing.onSeen(listener);
  }

  onValue(listener: (value: RadioValue) => void): () => void {
    this.#valueListeners.add(listener);
    return () => this.#valueListeners.delete(listener);
  }

  heard(): readonly Advertisement[] {
    return this.#hearing.recent();
  }

  startScanning(): void {
    this.#scanner.start();
    if (this.#listening) return;
    this.#listening = true;
    // noble starts its bindings when somebody listens for the first time.
    this.#gate.noble.on('stateChange', (state: RadioState) => this.#onState(state));
  }

  stopScanning(): void {
    void this.#scanner.stop();
  }

  expect(address: string, places: readonly ExpectedPlace[]): void {
    this.#deps.bindings.expect?.(address, places);
  }

  connect(address: string, signal: AbortSignal): Promise<BleLink> {
    return this.#turn(async () => {
      // A link that is being closed must be gone before the next one is opened.
      await this.#links.get(address)?.disconnect();
      this.#mustBeOn(signal);
      const discovered = this.#hearing.argumentsOf(address);
      if (!discovered) throw new RadioError('radio-not-heard');
      return await this.#scanner.paused(() => this.#connect(address, discovered, signal));
    });
  }

  pair(address: string, signal: AbortSignal, dialog?: PairingDialog): Promise<string> {
    const { pairing } = this.#deps;
    return this.#turn(async () => {
      this.#mustBeOn(signal);
      return await this.#scanner.paused(async () => {
        try {
          await pairing.pair(address, signal, dialog);
        } catch (error) {
          if (signal.aborted) throw new RadioError('radio-aborted');
          if (error instanceof RadioError) throw error;
          throw new RadioError('radio-pairing-failed', nameOf(error));
        }
        return pairing.identityOf?.(address) ?? address;
      });
    });
  }

  async unpair(address: string): Promise<void> {
    await this.#links.get(address)?.disconnect();
    await this.#deps.pairing.unpair(address);
  }

  isBonded(address: string): Promise<boolean> {
    return this.#deps.pairing.isBonded(address);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#recovery.stop();
    const links = [...this.#links.values()].map((link) => link.disconnect());
    // Stopped bindings answer nothing more: what was asked of them must be over.
    await Promise.all([this.#scanner.stop(), ...links]);
    this.#deps.bindings.stop();
  }

  #mustBeOn(signal: AbortSignal): void {
    if (signal.aborted || this.#stopped) throw new RadioError('radio-aborted');
    if (this.#state !== 'poweredOn') throw new RadioError('radio-off');
  }

  async #connect(
    address: string,
    discovered: DiscoverArguments,
    signal: AbortSignal,
  ): Promise<BleLink> {
    const { bindings, timeouts } = this.#deps;
    const peripheral = this.#gate.admit(discovered);
    const timeoutMs = timeouts?.connectMs ?? CONNECT_TIMEOUT_MS;
    try {
      await answer<void>({ timeoutMs, signal }, (resolve, reject) => {
        const onConnect = (error: unknown) => {
          if (!error) resolve();
          else if (error instanceof RadioError) reject(error);
          else reject(new RadioError('radio-connect-failed', nameOf(error)));
        };
        const onGone = () => reject(new RadioError('radio-disconnected'));
        peripheral.once('connect', onConnect);
        peripheral.once('disconnect', onGone);
        peripheral.connect();
        return () => {
          peripheral.removeListener('connect', onConnect);
          peripheral.removeListener('disconnect', onGone);
        };
      });
    } catch (error) {
      this.#gate.evict(address);
      bindings.cancelConnect(address);
      throw error;
    }
    const link = createLink({
      address,
      peripheral,
      operationMs: timeouts?.operationMs ?? OPERATION_TIMEOUT_MS,
      onGattError: (listener) => this.#whenGattError(address, listener),
      onClosed: () => {
        if (this.#links.get(address) !== link) return;
        this.#links.delete(address);
        this.#gate.evict(address);
      },
    });
    this.#links.set(address, link);
    // It may have hung up between the answer and the link's own ear.
    if (peripheral.state !== 'connected') link.lost();
    return link;
  }

  #whenGattError(address: string, listener: (error: GattError) => void): () => void {
    const ofThis = (error: GattError) => {
      if (error.id === address) listener(error);
    };
    this.#errorListeners.add(ofThis);
    return () => this.#errorListeners.delete(ofThis);
  }

  #onGattError(error: GattError): void {
    if (/scan/i.test(error.op)) this.#scanner.failed();
    for (const listener of [...this.#errorListeners]) listener(error);
  }

  #onState(state: RadioState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#deps.note('radio-state', { state });
    // A gateway's radio is there to listen: off is a fault, whoever did it.
    if (state !== 'poweredOn') this.#recovery.unwell(state);
    if (state !== 'poweredOn') for (const link of [...this.#links.values()]) link.lost();
    this.#scanner.powered(state === 'poweredOn');
    for (const listener of [...this.#stateListeners]) listener(state);
  }

  #onRead(id: string, service: string, characteristic: string, data: Buffer, unasked: boolean) {
    if (unasked !== true) return;
    const value = { address: id, service, characteristic, bytes: new Uint8Array(data) };
    for (const listener of [...this.#valueListeners]) listener(value);
    this.#links.get(id)?.deliver(service, characteristic, value.bytes);
  }
}

/** The radio over any bindings; nothing is opened before scanning is asked for. */
export function createRadio(deps: RadioDeps): Radio {
  return new NobleRadio(deps);
}
