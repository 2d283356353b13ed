import type { Decoded } from '../../measurement.ts';
import { createCursor, hex } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';

const NUMBER_OF_RECORDS = 5;
const RESPONSE = 6;
const NULL_OPERATOR = 0;

const RESPONSES: Readonly<Record<number, string>> = {
  1: 'success',
  2: 'op-code-not-supported',
  3: 'invalid-operator',
  4: 'operator-not-supported',
  5: 'invalid-operand',
  6: 'no-records-found',
  7: 'abort-unsuccessful',
  8: 'procedure-not-completed',
  9: 'operand-not-supported',
};

/** Record Access Control Point (0x2A52): answers by name, requests with their operand as it is. */
export function recordAccessControlPoint(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const opCode = frame.u8();
  const operator = frame.u8();
  if (frame.short()) return refused('too-short');
  if (opCode !== NUMBER_OF_RECORDS && opCode !== RESPONSE) {
    return fieldsOf({ opCode, operator, operandHex: hex(frame.take(frame.left())) });
  }
  if (operator !== NULL_OPERATOR) return refused('reserved-value');
  if (opCode === NUMBER_OF_RECORDS) {
    // The width belongs to the service: 16 bit for glucose, 32 bit for those that say so.
    const width = frame.left();
    if (width !== 2 && width !== 4) return refused('too-short');
    return fieldsOf({ opCode, numberOfRecords: width === 2 ? frame.u16() : frame.u32() });
  }
  const requestOpCode = frame.u8();
  const response = RESPONSES[frame.u8()] ?? 'unknown';
  if (frame.short()) return refused('too-short');
  return fieldsOf({ opCode, requestOpCode, response });
}
