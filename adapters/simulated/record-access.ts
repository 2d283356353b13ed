import type { DeviceRecord } from './device-memory.ts';

/** Op codes, operators and answers of Record Access Control Point (0x2A52); see GLS 1.0. */
const OP = { report: 1, abort: 3, count: 4, countResponse: 5, response: 6 } as const;
const OPERATOR = { none: 0, all: 1, from: 3 } as const;
const SEQUENCE_FILTER = 1;
const CODE = {
  success: 1,
  opNotSupported: 2,
  invalidOperator: 3,
  operatorNotSupported: 4,
  invalidOperand: 5,
  noRecords: 6,
} as const;
/** ATT: a procedure is under way (GLS 1.0). */
const BUSY = 'procedure-already-in-progress';

/**
 * The control point of a device that hands its records over when asked, by their numbers. It never
 * deletes. Gives back the function that takes requests, which answers why it refuses one outright.
 */
export function createRecordAccess(options: {
  readonly stored: () => readonly DeviceRecord[];
  readonly report: (records: readonly DeviceRecord[], done: () => void) => void;
  readonly isBusy: () => boolean;
  readonly abort: () => void;
  readonly respond: (bytes: Buffer) => void;
}): (request: Buffer) => string | undefined {
  const { stored, report, isBusy, abort, respond } = options;

  function chosen(request: Buffer): readonly DeviceRecord[] | number {
    const [, operator, filter] = request;
    if (operator === OPERATOR.all) return stored();
    if (operator === OPERATOR.none) return CODE.invalidOperator;
    if (operator !== OPERATOR.from) return CODE.operatorNotSupported;
    if (filter !== SEQUENCE_FILTER || request.length < 5) return CODE.invalidOperand;
    const from = request.readUInt16LE(3);
    return stored().filter(({ record }) => record >= from);
  }

  return (request) => {
    const [op = 0] = request;
    const answer = (code: number) => respond(Buffer.of(OP.response, OPERATOR.none, op, code));
    if (op === OP.abort) {
      abort();
      answer(CODE.success);
      return undefined;
    }
    if (isBusy()) return BUSY;
    if (op !== OP.report && op !== OP.count) {
      answer(CODE.opNotSupported);
      return undefined;
    }
    const records = chosen(request);
    if (typeof records === 'number') answer(records);
    else if (op === OP.count) {
      const { length } = records;
      respond(Buffer.of(OP.countResponse, OPERATOR.none, length & 0xff, length >> 8));
    } else if (records.length === 0) answer(CODE.noRecords);
    else report(records, () => answer(CODE.success));
    return undefined;
  };
}
