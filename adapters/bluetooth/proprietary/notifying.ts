import { BCI_FRAME_BYTES, isBciFrame } from '../gatt/bci-oximeter.ts';
import type { Procedure } from './procedure.ts';

interface Notifying {
  readonly service: string;
  readonly characteristic: string;
  readonly stream: boolean;
  readonly yieldsTo?: string;
  /** Made anew for each visit: what of a notification is worth keeping. */
  readonly sieve: () => (bytes: Uint8Array) => Uint8Array | undefined;
}

/** A device that sends its results of itself once it is subscribed to, beside other things. */
export const notifying = ({
  service,
  characteristic,
  stream,
  sieve,
  ...yields
}: Notifying): Procedure => ({
  ...yields,
  hears: new Set([characteristic]),
  async visit({ link, take, signal }) {
    const worth = sieve();
    const onData = (bytes: Uint8Array) => {
      const kept = worth(bytes);
      if (kept) take(service, characteristic, kept);
    };
    await link.subscribe(service, characteristic, onData, signal);
    return { complete: true, live: true, stream };
  },
});

/** Frames in a second: each has the curve, and the same numbers for as long as they hold. */
const BCI_FRAMES_IN_SECOND = 100;

/** One frame of the stream in each second; it may be cut anywhere by the notifications. */
export function bciSieve(): (bytes: Uint8Array) => Uint8Array | undefined {
  let parts: number[] = [];
  let since = BCI_FRAMES_IN_SECOND;
  return (bytes) => {
    let found: Uint8Array | undefined;
    parts.push(...bytes);
    while (parts.length >= BCI_FRAME_BYTES) {
      const frame = Uint8Array.from(parts.slice(0, BCI_FRAME_BYTES));
      const whole = isBciFrame(frame);
      parts = parts.slice(whole ? BCI_FRAME_BYTES : 1);
      if (!whole) continue;
      since += 1;
      if (since <= BCI_FRAMES_IN_SECOND) continue;
      since = 0;
      found = frame;
    }
    return found;
  };
}
