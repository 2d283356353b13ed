import { OperationOutcomeError } from '@medplum/core';
import type { OperationOutcome } from '@medplum/fhirtypes';

/**
 * What can be wrong, by FHIR issue type, and the HTTP status it has here. A closed list: a client
 * decides by status, so every cause has exactly one.
 */
const STATUS = {
  /** Malformed JSON, or a request that is not what the interaction asks for. */
  structure: 400,
  invalid: 400,
  /** A search outside the list. */
  'not-supported': 400,
  'not-found': 404,
  'multiple-matches': 412,
  /** If-Match names another version. */
  conflict: 412,
  'too-long': 413,
  /** Mandatory element, unknown resource type, a value that cannot be: the content is refused. */
  required: 422,
  'code-invalid': 422,
  value: 422,
  'business-rule': 422,
  exception: 500,
} as const;

export type ProblemCode = keyof typeof STATUS;

/** A refused request. The text names elements and parameters, never a value of a resource. */
export class FhirProblem extends OperationOutcomeError {
  readonly status: number;

  constructor(
    code: ProblemCode,
    diagnostics: string,
    options: { readonly reason?: string; readonly cause?: unknown } = {},
  ) {
    super(
      {
        resourceType: 'OperationOutcome',
        issue: [
          {
            severity: 'error',
            code,
            diagnostics,
            ...(options.reason === undefined ? {} : { details: { text: options.reason } }),
          },
        ],
      },
      { cause: options.cause },
    );
    this.status = STATUS[code];
  }
}

/** HTTP status of an outcome that says what is wrong. */
export function statusOf(outcome: OperationOutcome): number {
  const code = outcome.issue?.[0]?.code as ProblemCode | undefined;
  return (code && STATUS[code]) ?? 500;
}

/** Any thrown thing as a problem; what is not ours becomes `exception` without its text. */
export function problemOf(error: unknown): OperationOutcomeError & { readonly status: number } {
  if (error instanceof FhirProblem) return error;
  if (error instanceof OperationOutcomeError) {
    return Object.assign(error, { status: statusOf(error.outcome) });
  }
  return new FhirProblem('exception', 'The server failed; nothing was stored', { cause: error });
}
