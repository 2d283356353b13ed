import { pino } from 'pino';
import { codeOf } from './errors.ts';

/** What happened, and the facts of {@link LOG_FIELDS} about it. All else is dropped. */
interface LogFields {
  /** A constant in lower-case words: `receipt-unreadable`. */
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Events, not prose: there is no message to write a value into, and no child to bind one to. */
export interface Log {
  debug(fields: LogFields): void;
  info(fields: LogFields): void;
  warn(fields: LogFields): void;
  error(fields: LogFields): void;
}

type Rule = (value: unknown) => string | number | boolean | undefined;

/**
 * Words of programs, of which names, values and addresses are none: `store-full`, `poweredOn`,
 * `ENOSPC`, `TypeError`, `org.bluez.Error.NotReady`.
 */
const CODE = new RegExp(
  [
    '^(?=.{1,60}$)([a-z][a-zA-Z0-9]*([-_][a-z0-9]+)*',
    '[A-Z][A-Z0-9]*(_[A-Z0-9]+)*',
    '[A-Z][a-zA-Z]*Error',
    'org\\.(bluez|freedesktop)(\\.[A-Z][a-zA-Z]*)+)$',
  ].join('|'),
);

/** Runs that read as a birth date, a telephone or national number, or a device's address or UUID. */
const IDENTIFYING = /\d{6,}|[0-9a-f]{12}/i;

/** Ten digits: beyond any count, span or port, and one short of a national number. */
const NUMBER_MAX = 9_999_999_999;

const text =
  (pattern: RegExp): Rule =>
  (value) =>
    typeof value === 'string' && pattern.test(value) && !IDENTIFYING.test(value.replaceAll('-', ''))
      ? value
      : undefined;

const whole: Rule = (value) =>
  typeof value === 'number' && value >= 0 && value <= NUMBER_MAX ? Math.round(value) : undefined;

const code = text(CODE);

/**
 * The only fields that a log line may hold, and what each may hold: codes, counts and durations.
 * None is free text, so that a library's error, a response body or a name handed over by mistake
 * never reaches the sink. A person's kinds of measurement are health data and have no field.
 */
export const LOG_FIELDS: Readonly<Record<string, Rule>> = {
  event: code,
  code,
  because: code,
  cause: code,
  state: (value) => (typeof value === 'boolean' ? value : code(value)),
  op: code,
  backend: code,
  transport: code,
  program: code,
  signal: text(/^SIG[A-Z]{2,8}$/),
  status: (value) => whole(value) ?? code(value),
  count: whole,
  bytes: whole,
  ms: whole,
  attempt: whole,
  seq: whole,
  port: whole,
  recipient: text(/^[a-z0-9][a-z0-9-]{0,39}$/),
  // 80 random bits in base32: the one id that may look like a run of digits.
  gateway: (value) =>
    typeof value === 'string' && /^gw-[a-z2-7]{16}$/.test(value) ? value : undefined,
  host: text(/^(?=.{1,253}$)([a-z][a-z0-9.-]*|\d{1,3}(\.\d{1,3}){3}|::1?)$/),
  version: text(/^\d{1,4}\.\d{1,4}\.\d{1,4}(-[a-z0-9.]{1,20})?$/),
};

/** Stands for a value that its field may not hold: seen in a log, it is a fault to mend. */
const REDACTED = 'redacted';

/** What of an object may be logged. Total: any value, and any getter that throws, is survived. */
export function redact(fields: unknown): Record<string, unknown> {
  const out: Record<string, unknown> = { event: REDACTED };
  try {
    if (fields instanceof Error) return { event: 'unexpected', code: errorCode(fields) };
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (value instanceof Error) {
        out.code = errorCode(value);
      } else if (Object.hasOwn(LOG_FIELDS, name) && value !== undefined) {
        out[name] = LOG_FIELDS[name]?.(value) ?? REDACTED;
      }
    }
  } catch {
    // What throws when it is looked at is not looked at.
  }
  return out;
}

function errorCode(error: Error): unknown {
  return code(codeOf(error)) ?? 'unexpected';
}

/** JSON lines, synchronous, to standard output unless another stream is given. */
export function createLog(options: {
  readonly level: string;
  readonly program: string;
  readonly destination?: { write(line: string): void };
}): Log {
  const settings = { level: options.level, base: { program: options.program } };
  const sink = options.destination ? pino(settings, options.destination) : pino(settings);
  return {
    debug: (fields) => sink.debug(redact(fields)),
    info: (fields) => sink.info(redact(fields)),
    warn: (fields) => sink.warn(redact(fields)),
    error: (fields) => sink.error(redact(fields)),
  };
}
