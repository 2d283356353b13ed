import type { EventEmitter } from 'node:events';
import type { GattConstructor } from './hci-gatt.ts';
import { mendGatt } from './hci-gatt.ts';
import { nameOf, RadioError } from './radio-error.ts';

/** The parts of noble's HCI socket that are touched here. */
export interface NobleHciSocket {
  bindUser(device: number): number;
  stop(): void;
}

/** noble's `Hci`: commands to, and events from, one controller. */
export interface NobleHci extends EventEmitter {
  readonly _socket: NobleHciSocket;
  readonly _aclConnections: Map<number, unknown>;
  _aclQueue: { readonly handle: number }[];
  _state: string | null;
  onSocketData(data: Buffer): void;
  onSocketError(error: Error): void;
  flushAcl(): Promise<void>;
  setScanEnabled(on: boolean, filterDuplicates: boolean): void;
  readLeBufferSize(): void;
  readBdAddr(): void;
  reset(): void;
  cancelConnect(): void;
}

/** noble's own bindings, with the state that they never let go of. */
export interface NobleHciBindings extends EventEmitter {
  readonly _hci: NobleHci;
  readonly _gap: { readonly _discoveries: Record<string, unknown> };
  readonly _addresses: Record<string, string>;
  readonly _addresseTypes: Record<string, unknown>;
  readonly _connectable: Record<string, unknown>;
  readonly scannable: Record<string, unknown>;
  /** By id and by handle: one of each for every open connection. */
  readonly _handles: Record<string, number | string>;
  readonly _gatts: Record<string, EventEmitter>;
  readonly _aclStreams: Record<string, unknown>;
  _pendingConnectionUuid: string | null;
  _connectionQueue: { readonly id: string }[];
  init(): void;
  onStateChange(state: string): void;
  onDisconnComplete(handle: number, reason: number): void;
  startScanning(serviceUuids: string[], allowDuplicates: boolean): void;
  stopScanning(): void;
  setScanParameters(interval: number, window: number): void;
  connect(id: string, parameters?: unknown): void;
  disconnect(id: string): void;
  updateRssi(id: string): void;
  discoverServices(id: string, uuids: string[]): void;
  discoverCharacteristics(id: string, service: string, uuids: string[]): void;
  read(id: string, service: string, characteristic: string): void;
  write(id: string, service: string, chr: string, data: Buffer, withoutResponse: boolean): void;
  notify(id: string, service: string, characteristic: string, on: boolean): void;
}

export type NobleHciConstructor = new (options: { deviceId: number }) => NobleHciBindings;

/**
 * noble's HCI bindings, mended, without noble's main module, which opens a socket when it is
 * loaded. Rejects with `radio-hci-driver` where the native driver below them was not built.
 */
export async function loadHci(): Promise<NobleHciConstructor> {
  // Their only switches. User channel: the adapter is ours alone, the kernel keeps its hands off;
  // and an advertisement counts when it comes, not when a scan response came after it.
  process.env.HCI_CHANNEL_USER = '1';
  process.env.NOBLE_REPORT_ALL_HCI_EVENTS = '1';
  try {
    const { default: bindings } = await import('@abandonware/noble/lib/hci-socket/bindings.js');
    const { default: gatt } = await import('@abandonware/noble/lib/hci-socket/gatt.js');
    mendGatt(gatt as GattConstructor);
    // The driver frees what is not its own when it is torn down: the process is left in one go.
    process.once('beforeExit', () => process.exit());
    return bindings as NobleHciConstructor;
  } catch (error) {
    throw new RadioError('radio-hci-driver', nameOf(error));
  }
}
