import { type BluezObjects, DEVICE } from './bluez-objects.ts';

/**
 * BlueZ before 5.80 does not tell why a connection ended. A refused key then looks like this: the
 * link is there and gone at once, every time. One such end is radio trouble as likely.
 */
const DROPS_MIN = 3;
/** Encryption begins at once, and a refusal comes within a few connection intervals. */
export const DROP_WITHIN_MS = 2_000;
/** Below this a link ends so for want of strength, dBm. */
const WEAK_DBM = -85;

/** What bluetoothd tells a client why a connection ended (Device1, signal Disconnected). */
const AUTHENTICATION = 'org.bluez.Reason.Authentication';

/**
 * What speaks for a bonded device having forgotten its key, by the object's path. It outlives
 * restarts of bluetoothd, which keeps the bond. Nothing is done about it here.
 */
export interface BondEvidence {
  isBonded(path: string): boolean;
  /** Bonded here, and its device refuses the key. */
  isLost(path: string): boolean;
  heard(path: string, rssi: unknown): void;
  /** bluetoothd's own word why a connection ended. */
  ended(path: string, reason: unknown): void;
  /** The device refused a request as one without a key. */
  refused(path: string): void;
  /** A link was there, and gone before anything could be asked. */
  dropped(path: string): void;
  /** There was no link: that tells nothing of keys. */
  missed(path: string): void;
  /** The key was taken, or is gone here too. */
  clear(path: string): void;
}

export function createBondEvidence(objects: BluezObjects): BondEvidence {
  const lost = new Set<string>();
  const drops = new Map<string, number>();
  const strength = new Map<string, number>();

  function isBonded(path: string): boolean {
    const device = objects.get(path, DEVICE);
    // `Bonded` came with BlueZ 5.65.
    return (device?.Bonded ?? device?.Paired) === true;
  }
  const refused = (path: string) => {
    if (isBonded(path)) lost.add(path);
  };
  return {
    isBonded,
    isLost: (path) => lost.has(path) && isBonded(path),
    heard(path, rssi) {
      // Of others nothing is kept: a street's devices would fill the memory.
      if (typeof rssi === 'number' && isBonded(path)) strength.set(path, rssi);
    },
    ended(path, reason) {
      if (reason === AUTHENTICATION) refused(path);
    },
    refused,
    dropped(path) {
      if (!isBonded(path) || (strength.get(path) ?? 0) < WEAK_DBM) return;
      const count = (drops.get(path) ?? 0) + 1;
      drops.set(path, count);
      if (count >= DROPS_MIN) lost.add(path);
    },
    missed: (path) => void drops.delete(path),
    clear(path) {
      lost.delete(path);
      drops.delete(path);
      strength.delete(path);
    },
  };
}
