import type { BleLink } from '../radio/radio.ts';
import { RadioError } from '../radio/radio-error.ts';

interface Waiting<Reply> {
  readonly accepts: (reply: Reply) => boolean;
  readonly resolve: (reply: Reply | undefined) => void;
  readonly reject: (error: RadioError) => void;
  readonly renew: () => void;
}

/**
 * Questions over a link whose answers come as notifications, one question at a time. An answer that
 * nobody waits for, or not any more, is let go.
 */
export function createAnswers<Reply>(link: BleLink, signal: AbortSignal, waitMs: number) {
  let waiting: Waiting<Reply> | undefined;
  let over: RadioError | undefined;
  const end = (error: RadioError) => {
    over ??= error;
    waiting?.reject(over);
  };
  link.onDisconnect(() => end(new RadioError('radio-disconnected')));
  const abort = () => end(new RadioError('radio-aborted'));
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });

  return {
    offer(reply: Reply): void {
      if (waiting?.accepts(reply)) waiting.resolve(reply);
    },
    /** A part of an answer came: its rest is waited for anew. */
    renew: () => waiting?.renew(),
    /** The answer that is accepted; undefined after silence. Rejects as the link does. */
    async ask(
      send: () => Promise<void>,
      accepts: (reply: Reply) => boolean = () => true,
    ): Promise<Reply | undefined> {
      if (over) throw over;
      const { promise, resolve, reject } = Promise.withResolvers<Reply | undefined>();
      // Whoever waits hears of it below; before that it is nobody's.
      promise.catch(() => undefined);
      let timer = setTimeout(resolve, waitMs, undefined);
      const renew = () => {
        clearTimeout(timer);
        timer = setTimeout(resolve, waitMs, undefined);
      };
      waiting = { accepts, resolve, reject, renew };
      try {
        await send();
        return await promise;
      } finally {
        clearTimeout(timer);
        waiting = undefined;
      }
    },
  };
}
