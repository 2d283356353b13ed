/**
 * An error for people: what went wrong, a stable code for programs, and what to do about it.
 * Messages and hints hold no measurement, name, address or national number.
 */
export class CodedError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CodedError';
    this.code = code;
    this.hint = hint;
  }
}

/** The code of any error: ours, Node's (`ENOSPC`), SQLite's (`SQLITE_FULL`), else `unexpected`. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && code.length > 0 ? code : 'unexpected';
}
