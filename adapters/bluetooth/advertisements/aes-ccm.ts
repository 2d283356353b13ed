import { createDecipheriv } from 'node:crypto';

const KEY_BYTES = 16;
const TAG_BYTES = 4;

/** Plain text of an AES-128-CCM frame with a tag of four bytes; undefined when it does not prove true. */
export function openAesCcm(sealed: {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly cipherText: Uint8Array;
  readonly tag: Uint8Array;
  readonly associated?: Uint8Array;
}): Uint8Array | undefined {
  const { key, nonce, cipherText, tag, associated } = sealed;
  if (key.length !== KEY_BYTES || tag.length !== TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-128-ccm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(tag);
  if (associated) decipher.setAAD(associated, { plaintextLength: cipherText.length });
  try {
    const plain = decipher.update(cipherText);
    decipher.final();
    return plain;
  } catch {
    return undefined; // node:crypto throws when the tag is wrong
  }
}

const ADDRESS_BYTES = 6;

/** Bytes of an address in the order people write it, with or without separators. */
export function addressBytes(address: string | undefined): Uint8Array | undefined {
  const bytes = Buffer.from((address ?? '').replace(/[:-]/g, ''), 'hex');
  return bytes.length === ADDRESS_BYTES ? bytes : undefined;
}
