import { COURTESY, type CourtesyLimits } from './courtesy.ts';
import { RECORD_ACCESS_LIMITS, type RecordAccessLimits } from './procedures/record-access.ts';
import { USER_CONTROL_LIMITS, type UserControlLimits } from './procedures/user-control.ts';

export interface BluetoothLimits extends CourtesyLimits, RecordAccessLimits, UserControlLimits {
  /** Connections at once; cheap adapters hold five, and each costs air time. */
  readonly linksMax: number;
  /** Longest wait for the first measurement of a visit: thermometers connect before they measure. */
  readonly firstValueMs: number;
  /** Silence after a measurement that ends a visit; devices mostly hang up themselves. */
  readonly idleMs: number;
  /** The same for a strap or a continuous oximeter. */
  readonly streamIdleMs: number;
  /** While others wait: how long a connection may take, and how long a visit that has brought something may be silent. */
  readonly connectShareMs: number;
  readonly shareIdleMs: number;
  /** A device that waits for room was heard this lately, or it is asleep again. */
  readonly waitingFreshMs: number;
  /** Identical broadcasts within this are one. */
  readonly foldMs: number;
  /** How long pairing waits for the chosen device to be heard. */
  readonly pairWaitMs: number;
  /** Captures that wait for the disk; above it no visit is begun and no broadcast taken. */
  readonly pendingMax: number;
  /** Longest wait of a glucose measurement for its context. */
  readonly contextWaitMs: number;
}

export const BLUETOOTH_LIMITS: BluetoothLimits = {
  ...COURTESY,
  ...RECORD_ACCESS_LIMITS,
  ...USER_CONTROL_LIMITS,
  linksMax: 2,
  firstValueMs: 30_000,
  idleMs: 5_000,
  streamIdleMs: 30_000,
  connectShareMs: 6_000,
  shareIdleMs: 1_500,
  waitingFreshMs: 5_000,
  foldMs: 10_000,
  pairWaitMs: 60_000,
  pendingMax: 1_000,
  contextWaitMs: 3_000,
};
