import type { FhirClient } from '../../fhir/client.ts';
import { CodedError } from '../errors.ts';
import type { RejectedReason } from './envelope.ts';
import { problemOf } from './fhir-server/problem.ts';
import type { FhirServer } from './fhir-server/server.ts';
import { at, objects, parseJson, textOf } from './json.ts';

/** Where envelopes go: a FHIR R4 base. `status` is HTTP's; it throws when nobody answered. */
export interface Sink {
  transaction(text: string, signal: AbortSignal): Promise<{ status: number; body: unknown }>;
}

/** The embedded server, asked without a socket. */
export function embeddedSink(server: FhirServer): Sink {
  return {
    async transaction(text) {
      try {
        return { status: 200, body: server.bundle(parseJson(text)) };
      } catch (error) {
        const { status, outcome } = problemOf(error);
        // The store failed, not the envelope: thrown, so that its cause is logged by code.
        if (status >= 500) throw error;
        return { status, body: outcome };
      }
    },
  };
}

/** A FHIR R4 server by address. */
export function remoteSink(client: Pick<FhirClient, 'transaction'>): Sink {
  return {
    async transaction(text, signal) {
      const answer = await client.transaction(text, signal);
      if ('failed' in answer) {
        throw new CodedError(
          answer.code,
          'The FHIR server did not answer',
          'Check its address and that it runs; envelopes wait at the gateways.',
        );
      }
      if (answer.garbled) {
        // A proxy's page with a 400 says nothing of the envelope.
        throw new CodedError(
          'fhir-server-garbled',
          'What answered is not a FHIR server',
          'Check its address and any proxy before it; envelopes wait at the gateways.',
        );
      }
      return answer;
    },
  };
}

export type SinkAnswer =
  | { readonly as: 'stored'; readonly references: readonly string[] }
  | { readonly as: 'rejected'; readonly reason: RejectedReason }
  /** Not now, or not set up right: nothing is answered and the gateway sends again. */
  | { readonly as: 'unavailable' };

/** Statuses that judge the envelope itself. Every other refusal is about us: address, token, load. */
const REJECTED: Readonly<Record<number, RejectedReason>> = {
  400: 'invalid',
  409: 'conflict',
  412: 'ambiguous-at-receiver',
  413: 'too-large',
  422: 'invalid',
};

/** What a sink's answer means for the envelope. */
export function judgeAnswer(answer: { status: number; body: unknown }): SinkAnswer {
  const { status, body } = answer;
  const reason = REJECTED[status];
  if (reason !== undefined) return { as: 'rejected', reason };
  // A 200 that is no transaction-response comes from something else than a FHIR server.
  if (status !== 200 || at(body, 'type') !== 'transaction-response') return { as: 'unavailable' };
  return { as: 'stored', references: observationReferences(body) };
}

/** The Observations that a transaction stored or kept, as relative references. */
export function observationReferences(response: unknown): string[] {
  return objects(at(response, 'entry')).flatMap((entry) => {
    const location = textOf(at(entry, 'response', 'location')) ?? '';
    const match = /(?:^|\/)(Observation\/[^/]+)/.exec(location);
    return match?.[1] ? [match[1]] : [];
  });
}
