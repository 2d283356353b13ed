import type { FhirFailure } from '../../../fhir/client.ts';
import type { DeferredBecause, Delivery } from './transport.ts';

/**
 * What an HTTP answer to an envelope means. Judging only: the asking is in `https.ts`.
 * A doubtful answer is `deferred`: repeating is harmless (every entry carries `ifNoneExist`),
 * giving up is not.
 */

const deferred = (because: DeferredBecause): Delivery => ({ outcome: 'deferred', because });

/** No answer came, or none that could be read (`fhir/client.ts`). */
export function classifyFailure(failed: FhirFailure['failed']): Delivery {
  switch (failed) {
    case 'timeout':
      return deferred('timeout');
    case 'cancelled':
      return deferred('cancelled');
    case 'unreachable':
      return deferred('offline');
    case 'cut':
      return deferred('unavailable');
    case 'untrusted':
      return deferred('untrusted');
    case 'unreadable':
      return deferred('garbage');
    case 'refused':
    case 'no-token':
      return deferred('unauthorised');
  }
}

/** A receiver may ask for a pause; one longer than this is taken as this, or readings would wait unseen. */
const RETRY_AFTER_MS_MAX = 3_600_000;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Parsed JSON, or undefined when the body was empty or no JSON. */
  readonly body: unknown;
  /** True when there was a body and it was not JSON: not a FHIR server's words. */
  readonly garbled: boolean;
}

export interface Asked {
  /** Envelope id, for the receipt. */
  readonly id: string;
  /** Entries in the Bundle sent; the response has as many (FHIR R4 http.html 3.1.0.11.2). */
  readonly entries: number;
  /** Gateway time of the answer, ms since 1970. */
  readonly now: number;
}

/**
 * | answer                                            | meaning                                  |
 * |---------------------------------------------------|------------------------------------------|
 * | 200, 201 + transaction-response, every entry 2xx  | delivered, receipt `received`            |
 * | 200, 201 + an entry not 2xx                       | as that entry says (`classifyEntry`)     |
 * | any other 2xx, or another body                    | deferred garbage                         |
 * | 3xx                                               | deferred unavailable: never followed     |
 * | 400, 422                                          | rejected invalid; garbage if no JSON     |
 * | 401, 403, 407                                     | deferred unauthorised                    |
 * | 408                                               | deferred timeout                         |
 * | 409                                               | deferred busy (a race); rejected conflict |
 * |                                                   | if the outcome says duplicate or business-rule |
 * | 412                                               | rejected ambiguous-at-receiver           |
 * | 413                                               | rejected too-large                       |
 * | 425, 429                                          | deferred busy, with Retry-After          |
 * | 404, 405, 410, 415 and every other 4xx            | deferred unavailable: most likely the    |
 * |                                                   | address is wrong, which must lose nothing |
 * | 5xx                                               | deferred unavailable, with Retry-After   |
 * | anything else                                     | deferred garbage                         |
 */
export function classifyHttp(answer: HttpAnswer, asked: Asked): Delivery {
  const { status } = answer;
  if (status === 200 || status === 201) return classifyBundle(answer.body, asked);
  switch (status) {
    case 400:
    case 422:
      return answer.garbled ? deferred('garbage') : { outcome: 'rejected', because: 'invalid' };
    case 401:
    case 403:
    case 407:
      return deferred('unauthorised');
    case 408:
      return deferred('timeout');
    case 409:
      return classifyConflict(answer.body);
    case 412:
      return { outcome: 'rejected', because: 'ambiguous-at-receiver' };
    case 413:
      return { outcome: 'rejected', because: 'too-large' };
    case 425:
    case 429:
      return withRetryAfter('busy', answer, asked.now);
    default:
      if (status >= 500 && status <= 599) return withRetryAfter('unavailable', answer, asked.now);
      return deferred(status >= 300 && status <= 499 ? 'unavailable' : 'garbage');
  }
}

function classifyBundle(body: unknown, asked: Asked): Delivery {
  const bundle = body as { resourceType?: unknown; type?: unknown; entry?: unknown } | null;
  if (bundle?.resourceType !== 'Bundle' || bundle.type !== 'transaction-response') {
    return deferred('garbage');
  }
  const entries: unknown = bundle.entry;
  if (!Array.isArray(entries) || entries.length === 0 || entries.length !== asked.entries) {
    return deferred('garbage');
  }
  for (const entry of entries) {
    const status = entryStatus(entry);
    if (status === undefined) return deferred('garbage');
    if (status < 200 || status > 299) return classifyEntry(status);
  }
  const at = new Date(asked.now).toISOString();
  return { outcome: 'delivered', receipt: { id: asked.id, state: 'received', at } };
}

/** `response.status` begins with the HTTP code: `201 Created`. */
function entryStatus(entry: unknown): number | undefined {
  const status = (entry as { response?: { status?: unknown } } | null)?.response?.status;
  const digits = typeof status === 'string' ? /^(\d{3})(?:\s|$)/.exec(status)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

/** One entry's own refusal: here the address is right, so 404 and 410 are about what was sent. */
function classifyEntry(status: number): Delivery {
  switch (status) {
    case 400:
    case 422:
      return { outcome: 'rejected', because: 'invalid' };
    case 401:
    case 403:
      return deferred('unauthorised');
    case 404:
      return { outcome: 'rejected', because: 'not-found' };
    case 409:
      return { outcome: 'rejected', because: 'conflict' };
    case 410:
      return { outcome: 'rejected', because: 'gone' };
    case 412:
      return { outcome: 'rejected', because: 'ambiguous-at-receiver' };
    case 413:
      return { outcome: 'rejected', because: 'too-large' };
    case 429:
      return deferred('busy');
    default:
      return deferred('unavailable');
  }
}

/** Two gateways creating the same resource at once is a race and passes; a stated rule does not. */
function classifyConflict(body: unknown): Delivery {
  const issues = (body as { issue?: unknown } | null | undefined)?.issue;
  const codes = Array.isArray(issues)
    ? issues.map((issue) => (issue as { code?: unknown } | null)?.code)
    : [];
  return codes.some((code) => code === 'duplicate' || code === 'business-rule')
    ? { outcome: 'rejected', because: 'conflict' }
    : deferred('busy');
}

function withRetryAfter(because: DeferredBecause, answer: HttpAnswer, now: number): Delivery {
  const retryAfterMs = retryAfter(answer.headers, now);
  return { outcome: 'deferred', because, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/**
 * RFC 9110 10.2.3: seconds or a date. A date is measured from the answer's own `Date` where it has
 * one, because the gateway's clock may be wrong. Milliseconds, 0 to one hour; undefined when absent
 * or unreadable.
 */
export function retryAfter(
  headers: { get(name: string): string | null },
  now: number,
): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_MS_MAX);
  const until = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(until)) return undefined;
  const sent = Date.parse(headers.get('date') ?? '');
  const wait = until - (Number.isNaN(sent) ? now : sent);
  return Math.min(Math.max(wait, 0), RETRY_AFTER_MS_MAX);
}
