import { Agent, buildConnector, type Dispatcher, errors, ProxyAgent } from 'undici';

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

/** Code of the error that a connection ends with when the other side takes no certificate of ours. */
export const CERTIFICATE_REFUSED = 'certificate-refused';

/** Alerts about the client's certificate, as Node names them (RFC 8446 6.2). */
const ABOUT_CERTIFICATE =
  /_ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED)$/;

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
  if (proxy !== undefined) {
    const proxyTls = { timeout: timeoutMs };
    return new ProxyAgent({ ...limits, uri: proxy, requestTls: connect, proxyTls }).compose(
      refusePacked,
    );
  }
  const { listening, telling } = createAlerts(buildConnector(connect));
  return new Agent({ ...limits, connect: listening }).compose(telling, refusePacked);
}

/**
 * Under TLS 1.3 a client's handshake is done before the server has looked at its certificate: a refusal
 * comes when the request is on its way, and undici tells no more of it than that the other side closed.
 */
function createAlerts(connector: buildConnector.connector) {
  /** By the port at our end. */
  const refused = new Set<number>();
  const listening: buildConnector.connector = (options, callback) =>
    connector(options, (...[error, socket]) => {
      const port = socket?.localPort;
      if (port !== undefined) {
        socket?.prependListener('error', ({ code }: NodeJS.ErrnoException) => {
          if (code !== undefined && ABOUT_CERTIFICATE.test(code)) refused.add(port);
        });
        // The request's error may be told after that.
        socket?.once('close', () => setImmediate(() => refused.delete(port)));
      }
      if (error) callback(error, null);
      else callback(null, socket as NonNullable<typeof socket>);
    });
  const ofRefused = (error: Error) => {
    const port = error instanceof errors.SocketError ? error.socket?.localPort : undefined;
    return port !== undefined && refused.has(port);
  };
  const telling: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
    dispatch(
      options,
      heard(handler, {
        onResponseError: (controller, error) => {
          const told = ofRefused(error)
            ? Object.assign(new Error('refused'), { code: CERTIFICATE_REFUSED })
            : error;
          handler.onResponseError?.(controller, told);
        },
      }),
    );
  return { listening, telling };
}

/** A handler that hears all but what `instead` hears. */
const heard = (
  handler: Dispatcher.DispatchHandler,
  instead: Partial<Dispatcher.DispatchHandler>,
): Dispatcher.DispatchHandler => ({
  onRequestStart: (...all) => handler.onRequestStart?.(...all),
  onRequestUpgrade: (...all) => handler.onRequestUpgrade?.(...all),
  onResponseStart: (...all) => handler.onResponseStart?.(...all),
  onResponseData: (...all) => handler.onResponseData?.(...all),
  onResponseEnd: (...all) => handler.onResponseEnd?.(...all),
  onResponseError: (...all) => handler.onResponseError?.(...all),
  ...instead,
});

/**
 * `fetch` unpacks whatever comes, and the bound is on what comes: a few kilobytes could fill the
 * memory. We ask for no packing (RFC 9110 12.5.3), so an answer that is packed all the same is none.
 */
const refusePacked: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(
    options,
    heard(handler, {
      onResponseStart: (controller, status, headers, message) => {
        const packing = headers['content-encoding'];
        if (packing === undefined || packing === 'identity') {
          handler.onResponseStart?.(controller, status, headers, message);
        } else {
          controller.abort(Object.assign(new Error('packed'), { code: PACKED }));
        }
      },
    }),
  );

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
