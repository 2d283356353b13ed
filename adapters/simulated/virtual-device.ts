import type { DeviceRecord } from './device-memory.ts';
import type { VirtualService } from './gatt-table.ts';
import type { SimulatedModel, SimulatedUnit } from './models.ts';

/** A virtual device: measures by itself, remembers, and can be reached for a while after. */
export interface VirtualDevice {
  readonly unit: SimulatedUnit;
  readonly model: SimulatedModel;
  /** Address, lower case without colons. */
  readonly id: string;
  /** EUI-64 text. */
  readonly systemId: string;
  readonly services: readonly VirtualService[];
  readonly memory: {
    /** It holds a key for the gateway. */
    bonded(): boolean;
    /** On disk when it returns. */
    setBonded(bonded: boolean): void;
    /** Oldest first: what the collector has not confirmed. */
    waiting(): readonly DeviceRecord[];
    /** Oldest first: confirmed ones that are sent again on this connection. */
    history(): readonly DeviceRecord[];
  };
  /** Begins to measure. */
  start(): void;
  /** Measures no more. */
  stop(): void;
  /** May come to advertise before it is woken again. */
  awake(): boolean;
  /** Called when it wakes. */
  setOnAwake(listener: () => void): void;
  /** Can be heard and connected to. */
  advertising(): boolean;
  /** Can be reached for another window, e.g. to hand over what it has. */
  advertise(): void;
  /** In a person's hand that wants to pair it. */
  acceptsPairing(): boolean;
  setConnected(connected: boolean): void;
  /** Somebody listens to its results. */
  setListening(listening: boolean): void;
  /** Called when a result is there to be sent. */
  setOnResult(listener: (() => void) | undefined): void;
  /** True while more is to come on this connection by itself. */
  midSession(): boolean;
  /** It closes this connection after so many confirmed results, with the next one on its way. */
  hangsUpAfter(): number | undefined;
  /** What it has, oldest first: for record access. */
  stored(): readonly DeviceRecord[];
  /**
   * The collector confirmed it: written to the ground truth, synced, then forgotten. Throws when
   * the disk refuses; the device then keeps it.
   * @param sentAt true instant when the bytes were sent, ms UTC
   */
  confirm(record: DeviceRecord, sentAt: number): void;
}

/** What names a unit to others. */
export function identityOf({ number }: SimulatedUnit): {
  readonly id: string;
  readonly systemId: string;
} {
  const last = number.toString(16).padStart(2, '0');
  return { id: `00005e0053${last}`, systemId: `00-00-5E-FF-FE-00-53-${last.toUpperCase()}` };
}
