import { createCipheriv } from 'node:crypto';

/** Seals frames as a sender would; shares nothing with the decoders but the standards. */

export const KEY = Uint8Array.from({ length: 16 }, (_, index) => index);

export function seal(
  plain: Uint8Array,
  nonce: Uint8Array,
  associated?: Uint8Array,
  key: Uint8Array = KEY,
): Buffer {
  const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: 4 });
  if (associated) cipher.setAAD(associated, { plaintextLength: plain.length });
  const sealed = cipher.update(plain);
  cipher.final();
  return Buffer.concat([sealed, cipher.getAuthTag()]);
}

/** A tail of counter bytes and tag behind the cipher text, which is how both formats end. */
const withTail = (head: Buffer, sealed: Buffer, counter: Buffer) =>
  Buffer.concat([head, sealed.subarray(0, -4), counter, sealed.subarray(-4)]);

/** BTHome v2, from an address of twelve hexadecimal digits. */
export function sealedBthome(address: string, objects: string, count: number, key = KEY): Buffer {
  const info = Buffer.of(0x41);
  const counter = Buffer.alloc(4);
  counter.writeUInt32LE(count);
  const nonce = Buffer.concat([
    Buffer.from(address, 'hex'),
    Buffer.from('d2fc', 'hex'),
    info,
    counter,
  ]);
  return withTail(info, seal(Buffer.from(objects, 'hex'), nonce, undefined, key), counter);
}

/** MiBeacon 5 without its address; `count` in one byte, and three above it. */
export function sealedMibeacon(address: string, object: string, count: number, key = KEY): Buffer {
  const header = Buffer.from([0x48, 0x58, 0x8b, 0x09, count & 0xff]);
  const above = Buffer.alloc(3);
  above.writeUIntLE(Math.floor(count / 0x100), 0, 3);
  const from = Buffer.from(address, 'hex').reverse();
  const nonce = Buffer.concat([from, header.subarray(2), above]);
  const sealed = seal(Buffer.from(object, 'hex'), nonce, Buffer.of(0x11), key);
  return withTail(header, sealed, above);
}
