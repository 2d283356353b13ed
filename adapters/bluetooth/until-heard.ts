import type { Advertisement, Radio } from './radio/radio.ts';
import { RadioError } from './radio/radio-error.ts';

/**
 * Fulfils with what a peripheral advertises, at once if it was heard lately (not with `anew`); else
 * `radio-not-heard` or `-aborted`.
 */
export function untilHeard(options: {
  readonly radio: Radio;
  readonly address: string;
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly anew?: boolean;
}): Promise<Advertisement> {
  const { radio, address, signal } = options;
  const already = radio.heard().find((one) => one.address === address);
  if (already && !options.anew) return Promise.resolve(already);
  const { promise, resolve, reject } = Promise.withResolvers<Advertisement>();
  const giveUp = (code: 'radio-not-heard' | 'radio-aborted') => reject(new RadioError(code));
  const onAbort = () => giveUp('radio-aborted');
  const timer = setTimeout(() => giveUp('radio-not-heard'), options.waitMs);
  const off = radio.onSeen((one) => one.address === address && resolve(one));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    clearTimeout(timer);
    off();
    signal.removeEventListener('abort', onAbort);
  });
}
