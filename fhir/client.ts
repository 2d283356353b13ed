import { Client } from 'fhir-kit-client';
import type { Dispatcher } from 'undici';
import {
  CERTIFICATE_REFUSED,
  createRenewingDispatcher,
  type DispatcherOptions,
  type TlsTexts,
} from './dispatcher.ts';
import { gated, MAY_NOT_LEAVE } from './gate.ts';

/**
 * Asks a FHIR R4 server and returns what came; judging is the caller's. The only importer of
 * fhir-kit-client, and where its traps are kept in: no time-out, no bound on answers, client
 * certificates ignored, tokens sent along to any absolute address, errors that carry bodies.
 */

/** A transaction-response of the largest envelope, with outcomes, is far below; a page of a search too. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

const MEDIA_TYPE = 'application/fhir+json';

/** What one request is let in with. */
export interface Authorisation {
  /** The header's value, with its scheme: `Bearer …`, `DPoP …`. */
  readonly authorization: string;
  /** RFC 9449 4.2: a proof for this request alone. */
  readonly dpop?: string;
  /** Told the answer; true when the same request, authorised anew, may fare better. */
  readonly isWorthAgain?: (answer: Pick<FhirAnswer, 'status' | 'headers'>) => boolean;
}

export interface FhirClientOptions {
  /** `https://fhir.example.org/r4`, with or without the last slash. */
  readonly baseUrl: string;
  /**
   * Asked before each request, so that a renewed token is used at once. When it throws nothing is
   * sent: `no-token`, or `unreachable` where the error has that as its `failed`.
   */
  readonly token?: (request: { method: string; url: string }) => Promise<Authorisation>;
  /**
   * Asked now and then, so that renewed files are used without a restart. When it throws and never
   * gave anything, nothing is sent: `untrusted`.
   */
  readonly tls?: () => TlsTexts;
  readonly proxy?: DispatcherOptions['proxy'];
  /** Until the whole answer has come, ms. */
  readonly timeoutMs: number;
}

interface FhirAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; numbers in it are JavaScript's, so `6.0` reads as 6. Undefined when garbled. */
  readonly body: unknown;
  /** There was a body and it was no JSON: a proxy's page, not a FHIR server. */
  readonly garbled: boolean;
}

/** No answer that could be read. `code` is Node's or undici's name for it, never a message. */
export interface FhirFailure {
  readonly failed:
    | 'timeout'
    | 'cancelled'
    /** No connection came about: nothing was sent. */
    | 'unreachable'
    /** The connection ended before the answer: it may have arrived. */
    | 'cut'
    | 'untrusted'
    /** The server takes no certificate of ours, and said so when the request had left: it read none of it. */
    | 'refused'
    | 'unreadable'
    /** `token` threw: nothing was sent. */
    | 'no-token';
  readonly code: string;
}

export interface FhirClient {
  /**
   * POSTs the text as it is, byte for byte, to the base URL. Never throws. `mayLeave` is asked in the
   * step in which its first byte goes to the socket, after all waiting for a connection or a token, and
   * again where it is sent again; a no is `cancelled`.
   */
  transaction(
    bodyText: string,
    signal?: AbortSignal,
    mayLeave?: () => boolean,
  ): Promise<FhirAnswer | FhirFailure>;
  /**
   * GETs `Patient/1`, `Observation?code=…`, or an absolute link of this server (a search's next page).
   * Never throws; a link to anywhere else is not followed: `unreadable`, `foreign-link`.
   */
  get(path: string, signal?: AbortSignal): Promise<FhirAnswer | FhirFailure>;
  /** Closes its connections; what is under way fails. */
  close(): Promise<void>;
}

/** The one token of a receiver, read anew each time. */
export const bearer =
  (read: () => string): NonNullable<FhirClientOptions['token']> =>
  async () => ({ authorization: `Bearer ${read()}` });

/** @throws TypeError when the base URL is none. */
export function createFhirClient(options: FhirClientOptions): FhirClient {
  const base = new URL(options.baseUrl).href.replace(/\/+$/, '');
  const { proxy, timeoutMs } = options;
  const ways = createRenewingDispatcher(() => options.tls?.() ?? {}, {
    proxy,
    // One time-out over all is kept in `within`.
    timeoutMs,
    answerBytesMax: ANSWER_BYTES_MAX,
  });
  // A redirect is an answer: followed, it would carry a person's data to an unknown host.
  const client = new Client({ baseUrl: base, requestOptions: { redirect: 'manual' } });
  const once = async (
    { url, body, mayLeave }: Outgoing,
    given: Authorisation | undefined,
    signal: AbortSignal,
  ) => {
    const headers = {
      // What is unpacked cannot be bounded.
      'accept-encoding': 'identity',
      ...(given === undefined ? {} : { authorization: given.authorization }),
      ...(given?.dpop === undefined ? {} : { dpop: given.dpop }),
      ...(body === undefined ? {} : { 'content-type': MEDIA_TYPE }),
    };
    let way: Dispatcher;
    try {
      way = ways.current();
    } catch (error) {
      return { failed: 'untrusted', code: codeOf(error) } as const;
    }
    try {
      // An object: undici's types are not quite Node's own copy of them.
      const through: object = { dispatcher: mayLeave ? gated(way, mayLeave) : way };
      const resource = await client.request(url, {
        method: methodOf(body),
        ...(body === undefined ? {} : { body }),
        options: { headers, signal, ...through },
      });
      return answerOf(resource);
    } catch (error) {
      const answer = refusalOf(error);
      if (answer) return answer;
      throw error;
    }
  };
  const send = async (asked: Outgoing, signal?: AbortSignal) => {
    const answer = await within(timeoutMs, signal, (limited) => {
      const { token } = options;
      return token ? authorised(asked, token, once, limited) : once(asked, undefined, limited);
    });
    if ('failed' in answer && answer.failed !== 'cancelled') ways.failed();
    return answer;
  };

  return {
    transaction: (body, signal, mayLeave) => send({ url: base, body, mayLeave }, signal),
    get: (path, signal) => {
      const url = resolveWithin(base, path);
      return url === undefined
        ? Promise.resolve({ failed: 'unreadable', code: 'foreign-link' })
        : send({ url }, signal);
    },
    close: () => ways.close(),
  };
}

interface Outgoing {
  readonly url: string;
  readonly body?: string;
  readonly mayLeave?: (() => boolean) | undefined;
}

const methodOf = (body: string | undefined) => (body === undefined ? 'GET' : 'POST');

/** With a nonce that was asked for, then with a new token: a third refusal is the answer. */
const TRIES_MAX = 3;

const CANCELLED: FhirFailure = { failed: 'cancelled', code: 'ABORT_ERR' };

async function authorised(
  asked: Outgoing,
  token: NonNullable<FhirClientOptions['token']>,
  once: (
    asked: Outgoing,
    given: Authorisation,
    signal: AbortSignal,
  ) => Promise<FhirAnswer | FhirFailure>,
  signal: AbortSignal,
): Promise<FhirAnswer | FhirFailure> {
  for (let tries = 1; ; tries += 1) {
    let given: Authorisation;
    try {
      // Others may wait for the same token: this request gives up alone.
      given = await unlessAborted(token({ method: methodOf(asked.body), url: asked.url }), signal);
    } catch (error) {
      signal.throwIfAborted();
      const isDown = (error as { failed?: unknown } | null)?.failed === 'unreachable';
      return { failed: isDown ? 'unreachable' : 'no-token', code: codeOf(error) };
    }
    signal.throwIfAborted();
    const answer = await once(asked, given, signal);
    if ('failed' in answer || tries === TRIES_MAX || !given.isWorthAgain?.(answer)) return answer;
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** The absolute address of a path, if it is below the base: fhir-kit-client sends tokens anywhere. */
function resolveWithin(base: string, path: string): string | undefined {
  const url = URL.parse(path.replace(/^\/+/, ''), `${base}/`)?.href;
  return url === base || url?.startsWith(`${base}/`) || url?.startsWith(`${base}?`)
    ? url
    : undefined;
}

async function within(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal) => Promise<FhirAnswer | FhirFailure>,
): Promise<FhirAnswer | FhirFailure> {
  if (signal?.aborted) return CANCELLED;
  const controller = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeoutMs);
  const onAbort = () => controller.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await ask(controller.signal);
  } catch (error) {
    if (timedOut) return { failed: 'timeout', code: 'ETIMEDOUT' };
    if (signal?.aborted) return CANCELLED;
    return failureOf(error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function answerOf(resource: object): FhirAnswer | FhirFailure {
  const { response } = Client.httpFor(resource as Parameters<typeof Client.httpFor>[0]);
  if (!response) return { failed: 'unreadable', code: 'no-response' };
  const { status, headers } = response;
  return { status, headers, body: resource, garbled: false };
}

/** fhir-kit-client throws answers other than 2xx, and 2xx that are no JSON. */
function refusalOf(error: unknown): FhirAnswer | undefined {
  const thrown = error as {
    response?: { status?: unknown; data?: unknown };
    config?: { headers?: unknown };
  } | null;
  const status = thrown?.response?.status;
  const headers = thrown?.config?.headers;
  if (typeof status !== 'number' || !(headers instanceof Headers)) return undefined;
  const data = thrown?.response?.data;
  const garbled = typeof data === 'string';
  return { status, headers, body: garbled ? undefined : data, garbled };
}

const UNTRUSTED = /CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|^ERR_OSSL|^EPROTO$|ISSUER/;
const UNREACHABLE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT)$/;
const UNREADABLE =
  /^UND_ERR_RES_EXCEEDED_MAX_SIZE$|^answer-packed$|^HPE_|^UND_ERR_(HEADERS_OVERFLOW|INVALID)/;

function failureOf(error: unknown): FhirFailure {
  const cause = (error as { cause?: unknown } | null)?.cause;
  // Without a cause it is not the network: the body was JSON but neither object nor list.
  if (cause === undefined) return { failed: 'unreadable', code: 'no-resource' };
  const code = deepCodeOf(cause);
  if (code === MAY_NOT_LEAVE) return CANCELLED;
  if (code === CERTIFICATE_REFUSED) return { failed: 'refused', code };
  if (UNTRUSTED.test(code)) return { failed: 'untrusted', code };
  if (UNREADABLE.test(code) || isNoHttp(cause)) return { failed: 'unreadable', code };
  // Ours are told apart before, so it is the proxy that makes no tunnel.
  if (code === 'UND_ERR_ABORTED') return { failed: 'unreachable', code: 'proxy-refused' };
  return { failed: UNREACHABLE.test(code) ? 'unreachable' : 'cut', code };
}

/** `fetch` wraps some errors once more. */
function deepCodeOf(error: unknown): string {
  const below = (error as { cause?: unknown } | null | undefined)?.cause;
  const code = codeOf(error);
  return code === 'unexpected' && below !== undefined ? codeOf(below) : code;
}

/** undici's parser has no code for it in every release. */
const isNoHttp = (error: unknown) =>
  (error as { name?: unknown } | null | undefined)?.name === 'HTTPParserError';

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : 'unexpected';
}
