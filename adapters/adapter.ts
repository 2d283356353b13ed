import type { Capture } from './measurement.ts';

/** Hands a capture over; fulfils when it is on disk. Adapters acknowledge only then, and wait while it is slow. */
export type Keep = (capture: Capture) => Promise<void>;

/** A way in for devices. The contract test in `test/adapters/` holds for every implementation. */
export interface Adapter {
  readonly name: string;
  /** Runs until the signal aborts; then everything it opened is closed. Rejects only on a fault it cannot mend. */
  run(keep: Keep, signal: AbortSignal): Promise<void>;
}

/** Technical notes of an adapter: ids, codes, counts, durations; never a value or a name. */
export type Note = (
  event: string,
  fields?: Readonly<Record<string, string | number | boolean>>,
) => void;

/** What the household has adopted, as an adapter needs to know it. */
export interface AdoptedDevice {
  /** Identity address, lower case without colons. */
  readonly address: string;
  /** Key of the model block in `bluetooth/models/`, absent for a device that only speaks a standard service. */
  readonly model?: string;
}

/** Something the radio hears that could be adopted. In memory only, never written or logged. */
export interface Seen {
  readonly address: string;
  readonly name?: string;
  /** Advertised services, 16-bit ones short (`1810`). */
  readonly services: readonly string[];
  /** Services whose data it broadcasts, and the company of data of its maker's own. */
  readonly broadcasts?: readonly string[];
  readonly company?: number;
  /** Its maker's number for the product, where its broadcasts bear one (MiBeacon). */
  readonly product?: number;
  /**
   * It offers a standard health service, or broadcasts in a format that is decoded; absent where it
   * has to be asked for its model first.
   */
  readonly supported?: boolean;
  readonly rssi: number;
  readonly connectable: boolean;
  readonly at: number;
}

/**
 * The person who pairs, as the radio needs them. SMP waits 30 s for an answer. A question whose
 * signal aborts is over, whatever is answered; a promise that rejects refuses the pairing.
 */
export interface PairingDialog {
  /** The six digits that the device shows, as a number from 0 to 999999. */
  enterPasskey(signal: AbortSignal): Promise<number>;
  /** Six digits to type on the device; called again as it tells how many have been `entered`. */
  showPasskey(passkey: string, entered: number): void;
  /** Whether the device shows the same six digits. */
  confirmPasskey(passkey: string, signal: AbortSignal): Promise<boolean>;
}

/** How it goes with one adopted device, as the radio knows it; gone with the process. */
export interface DeviceState {
  readonly address: string;
  /** Gateway clock, ms UTC. */
  readonly heardAt?: number;
  readonly rssi?: number;
  /** End of the last visit that went well, and of the last one that did not, with its code. */
  readonly visitedAt?: number;
  readonly failedAt?: number;
  readonly failure?: string;
  /** A link came about at that last failed visit: it was in reach, and did not hand over. */
  readonly linked?: boolean;
}
