import { isSealable, sealOf } from '../../../adapters/bluetooth/advertisements/sealed.ts';
import type { Clock } from '../../clock.ts';
import { CodedError } from '../../errors.ts';
import type { Audit } from '../audit.ts';
import type { Captures, StoredCapture } from '../journal/captures.ts';
import type { Committer } from '../journal/committer.ts';
import type { Pipeline } from '../pipeline.ts';
import { type AdvertisementKeys, parseDeviceKey } from './advertisement-keys.ts';
import type { DeviceRow, Devices } from './devices.ts';

/** A key that opens none of so many of the newest frames is not this device's: one may be a stranger's. */
const TRIED_MAX = 20;
/** Frames read in one commit: a long wait for the key must not keep new captures waiting. */
const BATCH_FRAMES = 200;

export interface KeyGiven {
  readonly device: string;
  readonly name: string;
  /** Frames from before that are read now. */
  readonly read: number;
  /** Frames that the key does not open, or that were played again: never readings. */
  readonly refused: number;
}

/** Giving a device that broadcasts encrypted its key. What came before, and was kept, is read then. */
export function createKeyGiving(parts: {
  readonly devices: Devices;
  readonly keys: AdvertisementKeys;
  readonly captures: Captures;
  readonly committer: Committer;
  readonly audit: Audit;
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  /** Wakes the outbox. */
  readonly wake: () => void;
}) {
  const { devices, keys, captures, committer, pipeline } = parts;

  const isSealed = ({ source, bytes }: StoredCapture) =>
    'serviceData' in source && isSealable(source) && sealOf(source, bytes) !== undefined;

  function opensSome(device: DeviceRow): boolean {
    const frames = captures.lastUnread(device.id, TRIED_MAX).filter(isSealed);
    const opened = frames.some((frame) => {
      const meaning = pipeline.mean(frame);
      return meaning.is !== 'unreadable' || meaning.because !== 'encrypted';
    });
    return opened || frames.length === 0;
  }

  /** Inside a commit: up to a batch of frames after the given one. */
  function readOn(device: DeviceRow, after: number, count: { read: number; refused: number }) {
    const page = captures.waitingOf(device.id, after, BATCH_FRAMES);
    for (const frame of page.filter(isSealed)) {
      if (pipeline.take(frame) === 'unreadable') count.refused += 1;
      else count.read += 1;
    }
    // It was heard when the frames came, which is not the last time.
    if (device.lastHeardAt !== undefined) devices.heard(device.id, device.lastHeardAt);
    return page.at(-1)?.id;
  }

  return {
    /**
     * Fulfils when the key and all that it opened are on disk. Throws `device-unknown`,
     * `device-key-invalid`, or `device-key-wrong` for one that opens nothing that was heard: then
     * nothing is kept of it.
     */
    async give(actor: string, what: string, text: string): Promise<KeyGiven> {
      const key = parseDeviceKey(text);
      const device = await committer.commit(() => {
        const found = devices.find(what);
        keys.set(found.id, key);
        if (!opensSome(found)) {
          throw new CodedError(
            'device-key-wrong',
            'The key does not open what the device broadcasts',
            'Copy the key of this very device; after it was set up anew it has another one.',
          );
        }
        captures.reopen(found.id, isSealed);
        const at = parts.clock.now();
        parts.audit.append({ at, actor, action: 'device-key-given', detail: { device: found.id } });
        return found;
      });
      const count = { read: 0, refused: 0 };
      let after: number | undefined = 0;
      while (after !== undefined) {
        const from: number = after;
        after = await committer.commit(() => readOn(device, from, count));
      }
      parts.wake();
      return { device: device.id, name: device.name, ...count };
    },
  };
}

export type KeyGiving = ReturnType<typeof createKeyGiving>;
