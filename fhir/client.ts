import { Client } from 'fhir-kit-client';
import { Agent } from 'undici';

/**
 * Asks a FHIR R4 server and returns what came; judging is the caller's. The only importer of
 * fhir-kit-client, and where its traps are kept in: no time-out, no bound on answers, client
 * certificates ignored, tokens sent along to any absolute address, errors that carry bodies.
 */

/** A transaction-response of the largest envelope, with outcomes, is far below; a page of a search too. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

const MEDIA_TYPE = 'application/fhir+json';

export interface FhirClientOptions {
  /** `https://fhir.example.org/r4`, with or without the last slash. */
  readonly baseUrl: string;
  /** Asked before each request, so that a renewed token is used at once. */
  readonly token?: () => string | undefined;
  /** PEM texts: authorities to trust instead of the system's, client certificate and its key. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
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
interface FhirFailure {
  readonly failed:
    | 'timeout'
    | 'cancelled'
    /** No connection came about: nothing was sent. */
    | 'unreachable'
    /** The connection ended before the answer: it may have arrived. */
    | 'cut'
    | 'untrusted'
    | 'unreadable'
    /** `token` threw: nothing was sent. */
    | 'no-token';
  readonly code: string;
}

export interface FhirClient {
  /** POSTs the text as it is, byte for byte, to the base URL. Never throws. */
  transaction(bodyText: string, signal?: AbortSignal): Promise<FhirAnswer | FhirFailure>;
  /**
   * GETs `Patient/1`, `Observation?code=…`, or an absolute link of this server (a search's next page).
   * Never throws; a link to anywhere else is not followed: `unreadable`, `foreign-link`.
   */
  get(path: string, signal?: AbortSignal): Promise<FhirAnswer | FhirFailure>;
  /** Closes its connections; what is under way fails. */
  close(): Promise<void>;
}

/** @throws TypeError when the base URL is none, and what Node throws on an unusable certificate. */
export function createFhirClient(options: FhirClientOptions): FhirClient {
  const base = new URL(options.baseUrl).href.replace(/\/+$/, '');
  const dispatcher = new Agent({
    // One time-out over all is kept in `ask`.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: ANSWER_BYTES_MAX,
    connect: { ...options.tls, timeout: options.timeoutMs },
  });
  const client = new Client({
    baseUrl: base,
    // A redirect is an answer: followed, it would carry a person's data to an unknown host.
    requestOptions: { dispatcher, redirect: 'manual' },
  });
  const send = (url: string, body: string | undefined, signal: AbortSignal | undefined) => {
    let token: string | undefined;
    try {
      token = options.token?.();
    } catch (error) {
      return Promise.resolve<FhirFailure>({ failed: 'no-token', code: codeOf(error) });
    }
    const headers = {
      // What is unpacked cannot be bounded.
      'accept-encoding': 'identity',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': MEDIA_TYPE }),
    };
    return within(options.timeoutMs, signal, (limited) =>
      client.request(url, {
        method: body === undefined ? 'GET' : 'POST',
        ...(body === undefined ? {} : { body }),
        options: { headers, signal: limited },
      }),
    );
  };

  return {
    transaction: (bodyText, signal) => send(base, bodyText, signal),
    get: (path, signal) => {
      const url = resolveWithin(base, path);
      return url === undefined
        ? Promise.resolve({ failed: 'unreadable', code: 'foreign-link' })
        : send(url, undefined, signal);
    },
    close: () => dispatcher.destroy(),
  };
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
  ask: (signal: AbortSignal) => Promise<object>,
): Promise<FhirAnswer | FhirFailure> {
  if (signal?.aborted) return { failed: 'cancelled', code: 'ABORT_ERR' };
  const controller = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeoutMs);
  const onAbort = () => controller.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return answerOf(await ask(controller.signal));
  } catch (error) {
    const answer = refusalOf(error);
    if (answer) return answer;
    if (timedOut) return { failed: 'timeout', code: 'ETIMEDOUT' };
    if (signal?.aborted) return { failed: 'cancelled', code: 'ABORT_ERR' };
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
const UNREADABLE = /^UND_ERR_RES_EXCEEDED_MAX_SIZE$|^HPE_|^UND_ERR_(HEADERS_OVERFLOW|INVALID)/;

function failureOf(error: unknown): FhirFailure {
  const cause = (error as { cause?: unknown } | null)?.cause;
  // Without a cause it is not the network: the body was JSON but neither object nor list.
  if (cause === undefined) return { failed: 'unreadable', code: 'no-resource' };
  const code = codeOf(cause);
  if (UNTRUSTED.test(code)) return { failed: 'untrusted', code };
  if (UNREADABLE.test(code)) return { failed: 'unreadable', code };
  return { failed: UNREACHABLE.test(code) ? 'unreachable' : 'cut', code };
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : 'unexpected';
}
