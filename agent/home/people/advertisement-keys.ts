import {
  isSealable,
  type Seal,
  sealOf,
} from '../../../adapters/bluetooth/advertisements/sealed.ts';
import { CodedError } from '../../errors.ts';
import type { Database } from '../../store.ts';
import type { StoredCapture } from '../journal/captures.ts';
import type { Meaning } from '../journal/interpret.ts';

/** A sender that starts anew counts from nought: so far its counter may fall back (BTHome, encryption). */
const RESTART_BELOW = 100;
/** No battery is changed so often: the very same frame within this is a recording that is played. */
const RECORDING_MS = 24 * 3_600_000;
/** One byte of counter tells frames apart for a short while only. */
const ONE_BYTE_MS = 600_000;

/** Why an encrypted frame, or one of a device whose frames are encrypted, is not believed. */
export type Distrust = 'key-missing' | 'not-authentic' | 'not-sealed' | 'replayed';

interface Accepted {
  readonly counter: number;
  readonly tag: string;
  readonly at: number;
}

/** Sixteen bytes as people copy them. Throws `device-key-invalid`, without the text. */
export function parseDeviceKey(text: string): Uint8Array {
  const digits = text.replace(/[\s:-]/g, '');
  if (/^[0-9a-f]{32}$/i.test(digits)) return Uint8Array.from(Buffer.from(digits, 'hex'));
  throw new CodedError(
    'device-key-invalid',
    'The key is not 32 hexadecimal digits',
    'Copy it from the app that set up the device: BTHome calls it encryption key, Xiaomi bind key.',
  );
}

/**
 * Keys of devices that broadcast encrypted, and the frames of theirs that were believed. Keys stand
 * in the encrypted store only: never logged, never shown again. All inside the caller's commit.
 */
export function createAdvertisementKeys(db: Database) {
  const read = db
    .prepare<[string], Buffer | null>('SELECT key FROM advertisement_key WHERE device = ?')
    .pluck();
  const ask = db.prepare('INSERT OR IGNORE INTO advertisement_key (device) VALUES (?)');
  const write = db.prepare('INSERT OR REPLACE INTO advertisement_key (device, key) VALUES (?, ?)');
  const forget = db.prepare('DELETE FROM sealed_frame WHERE device = ?');
  const accept = db.prepare('INSERT OR REPLACE INTO sealed_frame VALUES (?, ?, ?, ?, ?)');
  const before = db.prepare<[string, number], Accepted>(
    `SELECT counter, tag, at FROM sealed_frame WHERE device = ? AND capture < ?
     ORDER BY capture DESC LIMIT 1`,
  );
  const recorded = db
    .prepare<[string, number, string, number, number], number>(
      `SELECT 1 FROM sealed_frame WHERE device = ? AND capture < ? AND tag = ? AND counter = ?
       AND at > ? LIMIT 1`,
    )
    .pluck();

  /** By the order in which frames came: those that waited for the key are read after later ones. */
  function judge(capture: StoredCapture, { counter, bits, tag }: Seal) {
    const { device, id, at } = capture;
    const last = before.get(device, id);
    if (!last || counter > last.counter) return 'new';
    if (counter === last.counter) return tag === last.tag ? 'repeat' : 'replayed';
    if (recorded.get(device, id, tag, counter, at - RECORDING_MS)) return 'replayed';
    if (counter < RESTART_BELOW) return 'new';
    const isOneByte = bits === 8 && last.counter <= 0xff;
    return isOneByte && Math.abs(at - last.at) > ONE_BYTE_MS ? 'new' : 'replayed';
  }

  return {
    of: (device: string): Uint8Array | undefined => read.get(device) ?? undefined,

    /** What people are told of it; undefined for a device that was never heard encrypted. */
    state(device: string): 'given' | 'missing' | undefined {
      const key = read.get(device);
      return key === undefined ? undefined : key === null ? 'missing' : 'given';
    },

    set(device: string, key: Uint8Array): void {
      const known = read.get(device);
      if (known && Buffer.compare(known, key) === 0) return;
      write.run(device, Buffer.from(key));
      // Another key: its sender counts anew, and what the former sealed cannot be played again.
      forget.run(device);
    },

    /**
     * Whether a broadcast is believed: one that is sealed must prove true and be newer than the last
     * (BTHome, MiBeacon); `repeat` is the last one once more.
     */
    distrust(capture: StoredCapture, meaning: Meaning): Distrust | 'repeat' | undefined {
      const { device, id, source, bytes, at } = capture;
      if (!('serviceData' in source) || !isSealable(source)) return undefined;
      const key = read.get(device);
      const seal = sealOf(source, bytes);
      if (!seal) {
        const says = meaning.is === 'result' || meaning.is === 'battery';
        return key && says ? 'not-sealed' : undefined;
      }
      if (!key) {
        ask.run(device);
        return 'key-missing';
      }
      if (meaning.is === 'unreadable' && meaning.because === 'encrypted') return 'not-authentic';
      const judged = judge(capture, seal);
      if (judged !== 'new') return judged;
      accept.run(device, id, seal.counter, seal.tag, at);
      return undefined;
    },
  };
}

export type AdvertisementKeys = ReturnType<typeof createAdvertisementKeys>;
