/**
 * Everything that is ever written to an Omron cuff. Its memory holds calibration beside records:
 * the request that writes memory (type 01 C0) is not among these, nor the one that programs a key.
 */

const READ = [0x01, 0x00] as const;

/** Opens the memory for reading. */
export const OMRON_START = Uint8Array.of(0x08, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x18);
/** Ends the reading. */
export const OMRON_END = Uint8Array.of(0x08, 0x0f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07);

const REQUEST_BYTES = 8;
/** An answer is a header of six bytes, the data, and two more, in at most 64. */
const READ_BYTES_MAX = 56;

/** Asks for `size` bytes of memory from an address on. */
export function omronRead(address: number, size: number): Uint8Array {
  const bytes = [
    REQUEST_BYTES,
    ...READ,
    address >> 8,
    address & 0xff,
    Math.min(size, READ_BYTES_MAX),
  ];
  const check = bytes.reduce((sum, byte) => sum ^ byte, 0);
  return Uint8Array.from([...bytes, 0, check]);
}

const TOKEN_BYTES = 4;
const TOKEN_REQUEST_BYTES = 20;
const TOKEN = 0x11;
const TOKEN_ANSWER = 0x91;

/** Four bytes that the cuff has to say again before it lets its memory be read. Nothing is kept of them. */
export function omronToken(random: () => number): Uint8Array {
  const request = new Uint8Array(TOKEN_REQUEST_BYTES);
  request[0] = TOKEN;
  for (let at = 1; at <= TOKEN_BYTES; at += 1) request[at] = Math.floor(random() * 0x100);
  return request;
}

/** True for the answer that says the token again and has no fault in its second byte. */
export const isOmronTokenAnswer = (request: Uint8Array, answer: Uint8Array): boolean =>
  answer[0] === TOKEN_ANSWER &&
  answer[1] === 0 &&
  [1, 2, 3, 4].every((at) => answer[at + 1] === request[at]);
