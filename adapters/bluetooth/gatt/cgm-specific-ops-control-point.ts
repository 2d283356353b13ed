import type { Decoded } from '../../measurement.ts';
import { type Cursor, createCursor } from './cursor.ts';
import { fieldsOf, present, refused } from './decoded.ts';
import { readE2eCrc } from './e2e-crc.ts';
import { glucoseSample } from './glucose-sample.ts';
import { ieee11073Text } from './ieee-11073-float.ts';

const RESULTS: Readonly<Record<number, string>> = {
  1: 'success',
  2: 'op-code-not-supported',
  3: 'invalid-operand',
  4: 'procedure-not-completed',
  5: 'parameter-out-of-range',
};

const INTERVAL: ReadonlySet<number> = new Set([1, 3]);
const CALIBRATION: ReadonlySet<number> = new Set([4, 6]);
const GET_CALIBRATION = 5;
/** Set and response of each alert level; the op code between them asks for it and has no operand. */
const LEVEL: ReadonlySet<number> = new Set([7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22, 24]);
const RESPONSE = 28;

/** CGM Specific Ops Control Point (0x2AAC): requests and answers. `crcOk` false: damaged. */
export function cgmSpecificOpsControlPoint(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const opCode = frame.u8();
  const operand = readOperand(frame, opCode);
  const check = readE2eCrc(frame, bytes);
  if (frame.short()) return refused('too-short');
  return fieldsOf({ opCode, ...operand, ...check });
}

function readOperand(frame: Cursor, opCode: number): Record<string, unknown> {
  if (INTERVAL.has(opCode)) return { communicationIntervalMin: frame.u8() };
  if (CALIBRATION.has(opCode)) return readCalibration(frame);
  if (opCode === GET_CALIBRATION) return { recordNumber: frame.u16() };
  if (LEVEL.has(opCode)) return { level: ieee11073Text(frame.sfloat()) };
  if (opCode === RESPONSE) {
    return { requestOpCode: frame.u8(), result: RESULTS[frame.u8()] ?? 'unknown' };
  }
  return {};
}

function readCalibration(frame: Cursor): Record<string, unknown> {
  const calibrationMgDl = ieee11073Text(frame.sfloat());
  const calibrationTimeMin = frame.u16();
  const sample = glucoseSample(frame.u8());
  const nextCalibrationMin = frame.u16();
  const recordNumber = frame.u16();
  const calStatus = frame.u8();
  return present<unknown>({
    calibrationMgDl,
    calibrationTimeMin,
    ...sample,
    nextCalibrationMin,
    recordNumber,
    calStatus,
  });
}
