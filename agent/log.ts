import { type Logger, pino } from 'pino';
import { codeOf } from './errors.ts';

export type Log = Logger;

/**
 * The only fields that a log line may hold. Everything else is dropped, so that a library's error
 * object, a response body or a name handed over by mistake never reaches the sink.
 */
export const LOG_FIELDS: ReadonlySet<string> = new Set([
  'event',
  'code',
  'count',
  'bytes',
  'ms',
  'attempt',
  'state',
  'because',
  'recipient',
  'gateway',
  'kind',
  'cause',
  'backend',
  'transport',
  'host',
  'port',
  'version',
  'signal',
  'program',
  'status',
  'seq',
  'op',
]);

const HARMLESS = /^[\w .:+/-]{0,80}$/;
/** Eleven digits in a row read as a national number; no event needs them. */
const NATIONAL_NUMBER = /\d{11}/;

function safeValue(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  return HARMLESS.test(value) && !NATIONAL_NUMBER.test(value) ? value : undefined;
}

/** What of an object may be logged: listed fields with short plain values; of an error its code only. */
export function redact(fields: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Error) {
      out.code = safeValue(codeOf(value)) ?? 'unexpected';
    } else if (LOG_FIELDS.has(name)) {
      const safe = safeValue(value);
      if (safe !== undefined) out[name] = safe;
    }
  }
  return out;
}

/** Events, not values, as JSON lines. Synchronous, to standard output unless another stream is given. */
export function createLog(options: {
  readonly level: string;
  readonly program: string;
  readonly destination?: { write(line: string): void };
}): Log {
  const settings = {
    level: options.level,
    base: { program: options.program },
    formatters: { log: redact },
    serializers: {
      err: (error: unknown) => ({ code: codeOf(error) }),
    },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
