import type { Attribute, Decode, Decoded } from '../../measurement.ts';
import { bit, type Cursor, createCursor } from '../gatt/cursor.ts';
import { fieldsOf, measured, refused } from '../gatt/decoded.ts';
import { addressBytes, openAesCcm } from './aes-ccm.ts';
import { mibeaconObject, objectIdText } from './mibeacon-objects.ts';
import { joinParts, type Part } from './parts.ts';

const ADDRESS_BYTES = 6;
/** Frame control, product id and counter. */
const HEADER_BYTES = 5;
const PRODUCT_AT = 2;
/** Extended counter and tag behind the cipher text. */
const EXTENDED_COUNTER_BYTES = 3;
const TAIL_BYTES = 7;
const ASSOCIATED = Uint8Array.of(0x11);
/** The encryption of versions 4 and 5; older ones are sealed in another way. */
const SEALED_VERSION_MIN = 4;
const CAPABILITY_IO = 0x20;

/** Xiaomi MiBeacon, service data 0xFE95, plain or sealed with the device's key. */
export function mibeacon(bytes: Uint8Array, context: Parameters<Decode>[1] = {}): Decoded {
  const frame = createCursor(bytes);
  const frameControl = frame.u16();
  const productId = frame.u16();
  const frameCounter = frame.u8();
  const version = frameControl >> 12;
  const encrypted = bit(frameControl, 3);
  const sent = bit(frameControl, 4) ? frame.take(ADDRESS_BYTES).slice().reverse() : undefined;
  if (bit(frameControl, 5) && frame.u8() & CAPABILITY_IO) frame.skip(1);
  if (frame.short()) return refused('too-short');
  const common: Record<string, Attribute> = {
    frameControl,
    productId: objectIdText(productId),
    frameCounter,
    version,
    encrypted,
  };
  // Without the object flag the frame only says that the device is there.
  if (!bit(frameControl, 6)) return fieldsOf(common);
  const body = frame.take(frame.left());
  if (!encrypted) return readObjects(body, common);
  if (version < SEALED_VERSION_MIN) return refused('encrypted');
  if (body.length < TAIL_BYTES) return refused('too-short');
  const plain = open(bytes, body, sent ?? addressBytes(context.address), context.key);
  if (!plain) return refused('encrypted');
  const high = createCursor(body.subarray(body.length - TAIL_BYTES)).u24();
  return readObjects(plain, { ...common, counter: high * 0x100 + frameCounter });
}

function open(
  bytes: Uint8Array,
  body: Uint8Array,
  address: Uint8Array | undefined,
  key: Uint8Array | undefined,
): Uint8Array | undefined {
  if (!key || !address) return undefined;
  const tail = body.length - TAIL_BYTES;
  const extended = body.subarray(tail, tail + EXTENDED_COUNTER_BYTES);
  const header = bytes.subarray(PRODUCT_AT, HEADER_BYTES);
  return openAesCcm({
    key,
    nonce: Uint8Array.of(...address.slice().reverse(), ...header, ...extended),
    cipherText: body.subarray(0, tail),
    tag: body.subarray(tail + EXTENDED_COUNTER_BYTES),
    associated: ASSOCIATED,
  });
}

function readObjects(body: Uint8Array, common: Readonly<Record<string, Attribute>>): Decoded {
  const frame = createCursor(body);
  const parts: Part[] = [];
  const fields: Record<string, unknown> = {};
  let sequence: number | undefined;
  while (frame.left() > 0) {
    const { id, data } = readObject(frame);
    if (frame.short()) return refused('too-short');
    const facts = mibeaconObject(id, data);
    if (facts === 'too-short') return refused('too-short');
    if (facts?.parts) parts.push(...facts.parts);
    Object.assign(fields, facts?.fields);
    sequence ??= facts?.sequence;
  }
  if (parts.length > 0) return measured(joinParts(parts, common), { sequence });
  return fieldsOf({ ...common, ...fields });
}

function readObject(frame: Cursor): { readonly id: number; readonly data: Uint8Array } {
  const id = frame.u16();
  return { id, data: frame.take(frame.u8()) };
}
