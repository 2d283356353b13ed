import { setTimeout as delay } from 'node:timers/promises';
import type { Note } from '../../adapter.ts';
import type { BleLink, RadioValue } from '../radio/radio.ts';
import { RadioError } from '../radio/radio-error.ts';
import { createStay } from '../stay.ts';
import {
  CGM_MEASUREMENT,
  GLUCOSE_MEASUREMENT,
  HEALTH_SERVICES,
  RECORD_ACCESS,
} from './health-services.ts';

/** Op codes and operators of Record Access Control Point (0x2A52). Delete (2) is never written. */
const OP = { report: 1, abort: 3, count: 4, countResponse: 5, response: 6 } as const;
const OPERATOR = { none: 0, all: 1, from: 3 } as const;
/** Sequence number; of a continuous glucose monitor the minute of its session. */
const SEQUENCE_FILTER = 1;

const SUCCESS = 1;
/** Not completed, server busy: the same request may go well a little later. */
const TRY_AGAIN: ReadonlySet<number> = new Set([8, 0x0a]);

/** Sequence numbers, and minutes of a session, are u16 and begin again: this near the end newer ones may be lower. */
const SEQUENCE_SAFE_MAX = 0xffff - 1_000;

export interface RecordAccessLimits {
  /** Longest silence of a device that was asked for records: each record renews it, ms. */
  readonly recordWaitMs: number;
  /** Wait before a busy device is asked again, and how often. */
  readonly busyWaitMs: number;
  readonly busyTries: number;
}

export const RECORD_ACCESS_LIMITS: RecordAccessLimits = {
  recordWaitMs: 10_000,
  busyWaitMs: 2_000,
  busyTries: 3,
};

export interface RecordAccessDeps {
  readonly link: BleLink;
  readonly service: string;
  /** Every value that this device sends, in the tick in which it comes. */
  readonly onValue: (listener: (value: RadioValue) => void) => () => void;
  /** The last numbered record that is kept, as it was sent; absent: everything is asked for. */
  readonly last?: Uint8Array | undefined;
  readonly signal: AbortSignal;
  readonly note: Note;
  readonly limits?: RecordAccessLimits;
}

type Answer =
  | { readonly is: 'response'; readonly code: number; readonly records: readonly string[] }
  | { readonly is: 'count'; readonly count: number }
  | { readonly is: 'silence' };

/**
 * Has a device report its stored records, from the last kept one on where it numbers them, else
 * all; the values go their own way. True when it gave all that it counted, or has none, or cannot
 * report (codes 2 to 6, 9): then there is nothing to come back for. Never deletes. Rejects as the link does, also when it goes in the middle.
 * The control point must be subscribed to.
 */
export async function transferRecords(deps: RecordAccessDeps): Promise<boolean> {
  const last = deps.last && numbered(deps.service, deps.last);
  if (last !== undefined && last.sequence <= SEQUENCE_SAFE_MAX) {
    const operand = [OPERATOR.from, SEQUENCE_FILTER, last.sequence & 0xff, last.sequence >> 8];
    const since = await report(deps, operand);
    // Without the record that we hold the memory was reset, and its numbers began again.
    if (since.complete && since.records.includes(last.name)) return true;
    deps.note('records-from-the-start');
  }
  return (await report(deps, [OPERATOR.all])).complete;
}

async function report(
  deps: RecordAccessDeps,
  operand: readonly number[],
): Promise<{ complete: boolean; records: readonly string[] }> {
  const counted = await patiently(deps, [OP.count, ...operand]);
  const answer = await patiently(deps, [OP.report, ...operand]);
  if (answer.is === 'silence') await abort(deps);
  if (answer.is !== 'response') return { complete: false, records: [] };
  const { code, records } = answer;
  const expected = counted.is === 'count' ? counted.count : 0;
  // What it cannot do it cannot do later either: only what broke off is worth another visit.
  const complete = code === SUCCESS ? records.length >= expected : !TRY_AGAIN.has(code);
  if (!complete) deps.note('records-incomplete', { code, count: records.length });
  return { complete, records };
}

/** Asks again while the device says that it is busy. */
async function patiently(deps: RecordAccessDeps, request: readonly number[]): Promise<Answer> {
  const { busyTries, busyWaitMs } = deps.limits ?? RECORD_ACCESS_LIMITS;
  for (let tries = 1; ; tries += 1) {
    const answer = await ask(deps, request);
    const busy = answer.is === 'response' && TRY_AGAIN.has(answer.code);
    if (!busy || tries >= busyTries) return answer;
    await delay(busyWaitMs, undefined, { signal: deps.signal }).catch(() => undefined);
  }
}

/** One request, until its answer or silence. What a device refuses outright counts as busy. */
async function ask(deps: RecordAccessDeps, request: readonly number[]): Promise<Answer> {
  const { link, service, signal } = deps;
  const { recordWaitMs } = deps.limits ?? RECORD_ACCESS_LIMITS;
  const stay = createStay();
  const records: string[] = [];
  let answer: Answer = { is: 'silence' };
  let gone = false;
  const off = deps.onValue((value) => {
    if (value.service !== service) return;
    stay.renew(recordWaitMs);
    if (value.characteristic !== RECORD_ACCESS) {
      // A context belongs to a record and is none; nor is what is measured meanwhile.
      if (value.characteristic === HEALTH_SERVICES[service]?.records) {
        records.push(...namesOf(service, value));
      }
      return;
    }
    const told = answerTo(request[0], value.bytes, records);
    if (!told) return;
    answer = told;
    stay.end();
  });
  link.onDisconnect(() => {
    gone = true;
    stay.end();
  });
  signal.addEventListener('abort', stay.end, { once: true });
  try {
    await link.write(service, RECORD_ACCESS, Uint8Array.from(request), signal);
    await stay.whileRenewed(recordWaitMs);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'radio-gatt-refused') throw error;
    return { is: 'response', code: 0x0a, records };
  } finally {
    off();
    signal.removeEventListener('abort', stay.end);
  }
  if (answer.is === 'silence' && gone) throw new RadioError('radio-disconnected');
  if (answer.is === 'silence' && signal.aborted) throw new RadioError('radio-aborted');
  return answer;
}

function answerTo(
  op: number | undefined,
  bytes: Uint8Array,
  records: readonly string[],
): Answer | undefined {
  const [kind, , requested, code] = bytes;
  if (kind === OP.countResponse && op === OP.count) {
    // 16 bit for glucose, 32 bit where the service says so.
    const count = bytes.slice(2).reduceRight((sum, byte) => sum * 0x100 + byte, 0);
    return { is: 'count', count };
  }
  if (kind !== OP.response || requested !== op || code === undefined) return undefined;
  return { is: 'response', code, records };
}

/** The device fell silent in the middle: told to stop, so that the next request is not refused. */
async function abort(deps: RecordAccessDeps): Promise<void> {
  deps.note('records-silent');
  await ask(deps, [OP.abort, OPERATOR.none]);
}

/**
 * Number and base time of a glucose record: the same number with another time is another record. Of
 * a continuous monitor the minute in the session, and the whole record.
 */
function numbered(
  service: string,
  bytes: Uint8Array,
): { sequence: number; name: string } | undefined {
  const characteristic = HEALTH_SERVICES[service]?.records;
  const isMonitor = characteristic === CGM_MEASUREMENT;
  if (!isMonitor && characteristic !== GLUCOSE_MEASUREMENT) return undefined;
  const last = isMonitor ? recordsOf(bytes).at(-1) : bytes;
  const at = isMonitor ? CGM_MINUTE_AT : 1;
  const [low, high] = last?.subarray(at) ?? [];
  if (last === undefined || low === undefined || high === undefined) return undefined;
  return { sequence: low | (high << 8), name: hex(isMonitor ? last : last.subarray(1, 10)) };
}

/** Size and flags, glucose: then the minute. */
const CGM_MINUTE_AT = 4;

/** A frame of a continuous monitor holds several records, each beginning with its size. */
function recordsOf(frame: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; at < frame.length; at += Math.max(1, frame[at] ?? 1)) {
    records.push(frame.subarray(at, at + Math.max(1, frame[at] ?? 1)));
  }
  return records;
}

function namesOf(service: string, { characteristic, bytes }: RadioValue): string[] {
  if (characteristic === CGM_MEASUREMENT) return recordsOf(bytes).map(hex);
  return [numbered(service, bytes)?.name ?? hex(bytes)];
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
