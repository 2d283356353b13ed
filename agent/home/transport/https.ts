import type { FhirClient } from '../../../fhir/client.ts';
import { ENVELOPE_BYTES_MAX } from '../../contract/contract.ts';
import { classifyFailure, classifyHttp } from './classify.ts';
import { type Delivery, type Envelope, JOINED_BYTES_MAX, type Transport } from './transport.ts';

/** A backlog over HTTPS may join so many readings (design 6); 100 are hardly faster. */
const JOIN_MAX = 50;

export interface HttpsTransportDeps {
  /** Its time-out is the time-out of a delivery. */
  readonly client: FhirClient;
  readonly recipient: string;
  /** Gateway time, ms since 1970: the receipt's `at`. */
  readonly now: () => number;
  /** Told what time an authenticated receiver says it is, ms since 1970. */
  readonly heardTime?: (at: number) => void;
}

/**
 * Posts envelopes to a FHIR R4 base URL; the answer is the receipt. The client is the transport's
 * own and is closed with it.
 *
 * The request is handed to the HTTP client in the tick of `deliver`; while a connection is still
 * being made its bytes wait in the process, and the signal takes them back.
 */
export function createHttpsTransport(deps: HttpsTransportDeps): Transport {
  const closed = new AbortController();
  return {
    name: `https:${deps.recipient}`,
    joinMax: JOIN_MAX,
    deliver: async (envelope, signal, mayLeave) => {
      const refused = refusal(envelope, deps.recipient);
      if (refused) return refused;
      if (closed.signal.aborted || signal.aborted)
        return { outcome: 'deferred', because: 'cancelled' };
      const answer = await deps.client.transaction(
        envelope.body,
        AbortSignal.any([signal, closed.signal]),
        mayLeave,
      );
      if ('failed' in answer) return classifyFailure(answer.failed);
      const date = Date.parse(answer.headers.get('date') ?? '');
      if (!Number.isNaN(date)) deps.heardTime?.(date);
      const asked = { id: envelope.id, entries: entriesOf(envelope.body), now: deps.now() };
      return classifyHttp(answer, asked);
    },
    close: async () => {
      closed.abort();
      await deps.client.close();
    },
  };
}

function refusal(envelope: Envelope, recipient: string): Delivery | undefined {
  const bytesMax = envelope.joins === undefined ? ENVELOPE_BYTES_MAX : JOINED_BYTES_MAX;
  if (Buffer.byteLength(envelope.body) > bytesMax) {
    return { outcome: 'rejected', because: 'too-large' };
  }
  // A way out leads to one recipient; another's envelope on it would be a leak.
  return envelope.recipient === recipient ? undefined : { outcome: 'rejected', because: 'invalid' };
}

/** Entries of the Bundle sent, which its answer must match. */
function entriesOf(body: string): number {
  try {
    const bundle = JSON.parse(body) as { entry?: unknown } | null;
    return Array.isArray(bundle?.entry) ? bundle.entry.length : 0;
  } catch {
    return 0;
  }
}
