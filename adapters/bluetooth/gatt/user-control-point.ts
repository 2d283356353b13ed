import type { Decoded } from '../../measurement.ts';
import { type Cursor, createCursor } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

const REGISTER = 0x01;
const CONSENT = 0x02;
const DELETE_USERS = 0x05;
const RESPONSE = 0x20;
const SUCCESS = 1;

const RESULTS: Readonly<Record<number, string>> = {
  1: 'success',
  2: 'op-code-not-supported',
  3: 'invalid-parameter',
  4: 'operation-failed',
  5: 'user-not-authorized',
};

/** User Control Point (0x2A9F): who is using the scale, by slot and consent code. */
export function userControlPoint(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const opCode = frame.u8();
  const operand = readOperand(frame, opCode);
  return frame.short() ? refused('too-short') : fieldsOf({ opCode, ...operand });
}

function readOperand(frame: Cursor, opCode: number): Record<string, unknown> {
  if (opCode === REGISTER) return { consentCode: frame.u16() };
  if (opCode === CONSENT) return { userIndex: frame.u8(), consentCode: frame.u16() };
  if (opCode === DELETE_USERS) return { userIndex: frame.u8() };
  if (opCode !== RESPONSE) return {};
  const requestOpCode = frame.u8();
  const code = frame.u8();
  const registered = requestOpCode === REGISTER && code === SUCCESS && frame.left() > 0;
  return {
    requestOpCode,
    result: RESULTS[code] ?? 'unknown',
    ...(registered ? { userIndex: frame.u8() } : {}),
  };
}
