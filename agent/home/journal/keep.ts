import type { Keep } from '../../../adapters/adapter.ts';
import type { Capture } from '../../../adapters/measurement.ts';
import type { Clock } from '../../clock.ts';
import { CodedError } from '../../errors.ts';
import type { DeviceRow } from '../people/devices.ts';
import {
  type BootTime,
  bootTime,
  type CaptureState,
  type Captures,
  type StoredCapture,
} from './captures.ts';
import type { Committer } from './committer.ts';

/** What becomes of most captures in the commit that stores them: another state is a second write. */
const USUAL: CaptureState = 'read';

/**
 * Promise 1: fulfils when the capture, and what was derived from it, is on disk; waits for as long as
 * the disk refuses. Rejects for what is no device of this household: that is never written.
 */
export function createKeep(parts: {
  readonly committer: Committer;
  readonly captures: Captures;
  readonly deviceOf: (address: string) => DeviceRow | undefined;
  /** `as`: the state that it was stored with. */
  readonly take: (capture: StoredCapture, as: CaptureState) => void;
  readonly clock: Clock;
  /** On disk. */
  readonly kept: () => void;
  /** The machine's own time, which no clock change moves. */
  readonly machine?: () => BootTime;
}): Keep {
  const { committer, captures, clock, machine = bootTime } = parts;

  /** Received before the clock was known and written after: it gets the instant it came at. */
  function dated(capture: Capture, received: BootTime): Capture {
    return { ...capture, at: clock.now() - (machine().uptimeMs - received.uptimeMs) };
  }

  return async (capture) => {
    const trusted = clock.trusted();
    const received = machine();
    await committer.keep(() => {
      const device = parts.deviceOf(capture.peripheral);
      if (!device) {
        throw new CodedError(
          'device-not-adopted',
          'Not a device of this household',
          'Pair it first.',
        );
      }
      const known = trusted || clock.trusted();
      const kept = trusted || !known ? capture : dated(capture, received);
      parts.take(captures.add(kept, device.id, known, received, USUAL), USUAL);
    });
    parts.kept();
  };
}

/** A way to keep captures that knows which were handed over and are not on disk. */
export function createUnkept(keep: Keep): {
  readonly keep: Keep;
  /** What a start anew must not lose. */
  readonly unkept: () => readonly Capture[];
} {
  const unkept = new Set<Capture>();
  return {
    keep: (capture) => {
      unkept.add(capture);
      return keep(capture).finally(() => unkept.delete(capture));
    },
    unkept: () => [...unkept],
  };
}
