import type { Adapter, AdoptedDevice, DeviceState, Keep, Note, Seen } from '../adapter.ts';
import type { BluetoothLimits } from './limits.ts';
import type { UserCodes } from './procedures/user-control.ts';
import type { VisitStep } from './procedures/visit.ts';
import type { PairingDialog } from './radio/bindings.ts';
import type { Radio } from './radio/radio.ts';
import type { RecordedLine } from './recorded-lines.ts';

export type PairProgress = 'waiting' | 'bonding' | 'connecting' | VisitStep;

export interface BluetoothAdapter extends Adapter {
  /** What could be adopted: heard in the last minutes, strongest first. In memory only. */
  seen(): Seen[];
  /**
   * Adopts a peripheral for the radio: waits until it is heard, bonds with it where its model or
   * service asks for that, reads what it says of itself, and subscribes. Fulfils then, with the identity
   * address and the services found (for a mere broadcaster those it advertises); the visit goes on
   * and all of its captures go to `keep`. Rejects with a radio error, e.g. `radio-not-heard`,
   * `radio-pairing-failed`, `radio-busy`. Only while the adapter runs.
   */
  pair(
    address: string,
    keep: Keep,
    onProgress: (step: PairProgress) => void,
    signal: AbortSignal,
    dialog?: PairingDialog,
  ): Promise<{ address: string; services: string[] }>;
  /** How it goes with the adopted devices that were heard or visited since the start. */
  states(): readonly DeviceState[];
  /** Visits under way. */
  visiting(): number;
  /** What a peripheral says of itself, for whoever writes its block; see `recordDevice`. Only while the adapter runs. */
  record(address: string, durationMs: number, signal: AbortSignal): Promise<RecordedLine[]>;
  /** Forgets the bond and everything remembered of the peripheral. */
  unpair(address: string): Promise<void>;
}

export interface BluetoothDeps {
  readonly radio: Radio;
  readonly adopted: () => readonly AdoptedDevice[];
  readonly now: () => number;
  readonly note: Note;
  /** The last numbered record of a device that is kept, as it was sent. Without, all are asked for. */
  readonly lastRecord?: (address: string, service: string) => Uint8Array | undefined;
  /** Codes of the users of devices that hand nothing over without. */
  readonly userCodes?: UserCodes;
  /** The gateway's wall clock, as if it were UTC; undefined while not to be trusted. Without, no clock is written. */
  readonly localTime?: () => number | undefined;
  readonly limits?: Partial<BluetoothLimits>;
}
