import { Agent, type Dispatcher, ProxyAgent } from 'undici';

/** PEM texts: authorities to trust instead of the system's, client certificate and its key. */
export interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface DispatcherOptions {
  /** `http://proxy.example.org:3128`: asked for a tunnel, so it sees where to and no more. */
  readonly proxy?: string | undefined;
  /** Until a connection is there, ms. What comes after that is bounded by who asks. */
  readonly timeoutMs: number;
  /** Bytes of an answer's body, at most. */
  readonly answerBytesMax: number;
}

/** Code of the error that an answer with a Content-Encoding ends with. */
const PACKED = 'answer-packed';

/** A changed certificate is seen after so long, and after a failure at once, ms. */
const TLS_EVERY_MS = 10_000;

/**
 * Connections of undici that go by what they are given, never by the environment's proxy variables.
 * @throws what Node throws on an unusable certificate.
 */
export function makeDispatcher(tls: TlsTexts, options: DispatcherOptions): Dispatcher {
  const { proxy, timeoutMs } = options;
  // Said here too, because the environment can lower what Node takes by itself.
  const connect = { ...tls, minVersion: 'TLSv1.2' as const, timeout: timeoutMs };
  const limits = {
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: options.answerBytesMax,
  };
  const plain =
    proxy === undefined
      ? new Agent({ ...limits, connect })
      : new ProxyAgent({
          ...limits,
          uri: proxy,
          requestTls: connect,
          proxyTls: { timeout: timeoutMs },
        });
  return plain.compose(refusePacked);
}

/**
 * `fetch` unpacks whatever comes, and the bound is on what comes: a few kilobytes could fill the
 * memory. We ask for no packing (RFC 9110 12.5.3), so an answer that is packed all the same is none.
 */
const refusePacked: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(options, {
    onRequestStart: (...heard) => handler.onRequestStart?.(...heard),
    onRequestUpgrade: (...heard) => handler.onRequestUpgrade?.(...heard),
    onResponseStart: (controller, status, headers, message) => {
      const packing = headers['content-encoding'];
      if (packing === undefined || packing === 'identity') {
        handler.onResponseStart?.(controller, status, headers, message);
      } else {
        controller.abort(Object.assign(new Error('packed'), { code: PACKED }));
      }
    },
    onResponseData: (...heard) => handler.onResponseData?.(...heard),
    onResponseEnd: (...heard) => handler.onResponseEnd?.(...heard),
    onResponseError: (...heard) => handler.onResponseError?.(...heard),
  });

/** Connections that are made anew when the certificate files changed; what is under way is not cut off. */
export function createRenewingDispatcher(tls: () => TlsTexts, options: DispatcherOptions) {
  const all = new Set<Dispatcher>();
  let made: { readonly dispatcher: Dispatcher; readonly tls: string } | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;

  /** `fetch` comes to its dispatcher some steps after it was given it, so that one is not closed yet. */
  function retire(old: Dispatcher): void {
    const end = async () => {
      // Refuses when all were ended meanwhile.
      if (all.delete(old)) await old.close().catch(() => undefined);
    };
    setTimeout(end, options.timeoutMs).unref();
  }

  return {
    /** @throws what `tls` throws, while nothing that it gave before can be used. */
    current(): Dispatcher {
      if (made && performance.now() - lookedAt < TLS_EVERY_MS) return made.dispatcher;
      lookedAt = performance.now();
      let texts: TlsTexts;
      try {
        texts = tls();
      } catch (error) {
        if (made) return made.dispatcher;
        throw error;
      }
      const known = JSON.stringify(texts);
      if (made?.tls === known) return made.dispatcher;
      if (made) retire(made.dispatcher);
      made = { dispatcher: makeDispatcher(texts, options), tls: known };
      all.add(made.dispatcher);
      return made.dispatcher;
    },
    /** A request came to nothing: the files may tell why. */
    failed(): void {
      lookedAt = Number.NEGATIVE_INFINITY;
    },
    async close(): Promise<void> {
      const open = [...all];
      all.clear();
      await Promise.all(open.map((one) => one.destroy()));
    },
  };
}
