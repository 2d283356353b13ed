import type { Dispatcher } from 'undici';

/** Code of the error that a request ends with which may not leave. */
export const MAY_NOT_LEAVE = 'may-not-leave';

/**
 * The same ways out, with a gate for one request: `mayLeave` is asked in the step in which its first
 * byte goes to the socket, however long it waited for a connection; a no ends it before.
 */
export function gated(dispatcher: Dispatcher, mayLeave: () => boolean): Dispatcher {
  return dispatcher.compose(
    (dispatch) => (options, handler) =>
      dispatch(options, {
        onRequestStart: (controller, context) => {
          handler.onRequestStart?.(controller, context);
          if (mayLeave()) return;
          controller.abort(Object.assign(new Error('may not leave'), { code: MAY_NOT_LEAVE }));
        },
        onRequestUpgrade: (...heard) => handler.onRequestUpgrade?.(...heard),
        onResponseStart: (...heard) => handler.onResponseStart?.(...heard),
        onResponseData: (...heard) => handler.onResponseData?.(...heard),
        onResponseEnd: (...heard) => handler.onResponseEnd?.(...heard),
        onResponseError: (...heard) => handler.onResponseError?.(...heard),
      }),
  );
}
