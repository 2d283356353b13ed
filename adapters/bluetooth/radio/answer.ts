import { RadioError } from './radio-error.ts';

/**
 * One question with one answer: settles by `resolve` or `reject`, after `timeoutMs` with
 * `radio-timeout`, or with `radio-aborted`. What `begin` returns is called once at the end, so no
 * listener outlives its question.
 */
export function answer<T>(
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  begin: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void,
): Promise<T> {
  const { timeoutMs, signal } = options;
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) {
      reject(new RadioError('radio-aborted'));
      return;
    }
    let end: (() => void) | undefined;
    let settled = false;
    const settle = (finish: () => void) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      end?.();
      finish();
    };
    const onAbort = () => settle(() => reject(new RadioError('radio-aborted')));
    const timer = setTimeout(
      () => settle(() => reject(new RadioError('radio-timeout'))),
      timeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      end = begin(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    } catch (error) {
      settle(() => reject(error as Error));
      return;
    }
    // An answer may come while the question is still being put.
    if (settled) end();
  });
}

/** Runs tasks one after another; a task that fails does not stop the next. */
export function createTurns(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const turn = last.then(task);
    last = turn.catch(() => undefined);
    return turn;
  };
}
