import type { EventEmitter } from 'node:events';
import type { PairingDialog } from '../../adapter.ts';

export type { PairingDialog };

/**
 * What `@abandonware/noble/with-bindings` needs below it. Ids are addresses, lower case without
 * colons; SIG UUIDs are short (`1810`, `2a35`), others lower case without dashes.
 *
 * Events: `stateChange`, `addressChange`, `scanStart`, `scanStop`, `discover`, `connect` (id, error),
 * `disconnect` (id, reason), `servicesDiscover`, `characteristicsDiscover`, `read` (id, service,
 * characteristic, data, isNotification), `write`, `notify`, `rssiUpdate`, `onMtu`. noble has no
 * channel for errors of an operation, so bindings also emit
 * `gattError` ({ op, id, service?, characteristic?, error }).
 */
export interface NobleBindings extends EventEmitter {
  init(): void;
  setScanParameters(interval: number, window: number): void;
  startScanning(serviceUuids: string[], allowDuplicates: boolean): void;
  stopScanning(): void;
  reset(): void;
  connect(id: string, parameters?: unknown): void;
  cancelConnect(id: string): void;
  disconnect(id: string): void;
  updateRssi(id: string): void;
  discoverServices(id: string, uuids: string[]): void;
  discoverIncludedServices(id: string, service: string, uuids: string[]): void;
  discoverCharacteristics(id: string, service: string, uuids: string[]): void;
  read(id: string, service: string, characteristic: string): void;
  write(
    id: string,
    service: string,
    characteristic: string,
    data: Buffer,
    withoutResponse: boolean,
  ): void;
  broadcast(id: string, service: string, characteristic: string, on: boolean): void;
  notify(id: string, service: string, characteristic: string, on: boolean): void;
  discoverDescriptors(id: string, service: string, characteristic: string): void;
  readValue(id: string, service: string, characteristic: string, descriptor: string): void;
  writeValue(
    id: string,
    service: string,
    characteristic: string,
    descriptor: string,
    data: Buffer,
  ): void;
  readHandle(id: string, handle: number): void;
  writeHandle(id: string, handle: number, data: Buffer, withoutResponse: boolean): void;
  /**
   * Before a connection: what these send of themselves is to be told from its first moment on. For
   * stacks that confirm an indication by themselves; a bonded device remembers who subscribed, and
   * may send as soon as the link is encrypted.
   */
  expect?(id: string, places: readonly ExpectedPlace[]): void;
  /** Lets go of the bus, socket or timers. */
  stop(): void;
}

export interface ExpectedPlace {
  readonly service: string;
  readonly characteristic: string;
}

export interface GattError {
  readonly op: string;
  readonly id: string;
  readonly service?: string;
  readonly characteristic?: string;
  readonly error: Error;
}

/** Bonding stands beside noble, which has none. Backends without it reject with `radio-pairing-unsupported`. */
export interface PairingPort {
  /**
   * Bonds with one peripheral. Pairing requests are answered only while this promise is pending,
   * and only for this peripheral; every other request is rejected. Without a `dialog` only what
   * takes no person is possible. Fulfils also when there was a bond that works.
   */
  pair(id: string, signal: AbortSignal, dialog?: PairingDialog): Promise<void>;
  /** Removes the bond; fulfils also when there is none. */
  unpair(id: string): Promise<void>;
  isBonded(id: string): Promise<boolean>;
  /** Identity address of a peripheral heard under a private one; for backends that resolve them. */
  identityOf?(id: string): string;
}
