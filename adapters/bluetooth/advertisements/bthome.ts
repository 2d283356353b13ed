import type { Attribute, Decode, Decoded } from '../../measurement.ts';
import { bit, type Cursor, createCursor, hex } from '../gatt/cursor.ts';
import { fieldsOf, measured, refused } from '../gatt/decoded.ts';
import { steps } from '../gatt/ieee-11073-float.ts';
import { addressBytes, openAesCcm } from './aes-ccm.ts';
import { BINARIES, NUMBERS } from './bthome-objects.ts';
import { contact, joinParts, type Part } from './parts.ts';

const VERSION = 2;
const ADDRESS_BYTES = 6;
/** Counter and tag behind the cipher text. */
const TAIL_BYTES = 8;
const COUNTER_BYTES = 4;
const UUID_ON_AIR = [0xd2, 0xfc];

interface Plain {
  readonly objects: Uint8Array;
  /** Frame counter of an encrypted frame: whoever keeps state rejects one that does not grow. */
  readonly counter?: number;
}

/** BTHome v2, service data 0xFCD2, plain or sealed with the device's key. */
export function bthome(bytes: Uint8Array, context: Parameters<Decode>[1] = {}): Decoded {
  const frame = createCursor(bytes);
  const deviceInfo = frame.u8();
  if (frame.short()) return refused('too-short');
  if (deviceInfo >> 5 !== VERSION) return refused('unsupported');
  const encrypted = bit(deviceInfo, 0);
  const address = bit(deviceInfo, 1)
    ? frame.take(ADDRESS_BYTES).slice().reverse()
    : addressBytes(context.address);
  if (frame.short() || (encrypted && frame.left() < TAIL_BYTES)) return refused('too-short');
  const rest = frame.take(frame.left());
  const plain = encrypted ? open(deviceInfo, rest, address, context.key) : { objects: rest };
  if (!plain) return refused('encrypted');
  return readObjects(plain, { deviceInfo, encrypted, triggerBased: bit(deviceInfo, 2) });
}

function open(
  deviceInfo: number,
  sealed: Uint8Array,
  address: Uint8Array | undefined,
  key: Uint8Array | undefined,
): Plain | undefined {
  if (!key || !address) return undefined;
  const tail = sealed.length - TAIL_BYTES;
  const counter = sealed.subarray(tail, tail + COUNTER_BYTES);
  const objects = openAesCcm({
    key,
    nonce: Uint8Array.of(...address, ...UUID_ON_AIR, deviceInfo, ...counter),
    cipherText: sealed.subarray(0, tail),
    tag: sealed.subarray(tail + COUNTER_BYTES),
  });
  return objects && { objects, counter: createCursor(counter).u32() };
}

function readObjects(plain: Plain, about: Readonly<Record<string, Attribute>>): Decoded {
  const frame = createCursor(plain.objects);
  const parts: Part[] = [];
  const common: Record<string, Attribute> = { ...about };
  if (plain.counter !== undefined) common.counter = plain.counter;
  while (frame.left() > 0) {
    const id = frame.u8();
    const known = readMeasured(id, frame, parts) || readAbout(id, frame, common);
    if (frame.short()) return refused('too-short');
    // The length of an unknown object is unknown: what came before it stands.
    if (!known) break;
  }
  if (parts.length > 0) return measured(joinParts(parts, common));
  return fieldsOf(common);
}

function readMeasured(id: number, frame: Cursor, parts: Part[]): boolean {
  const numeric = NUMBERS[id];
  if (numeric) {
    const { name, kind, size, signed, step, exponent, unit } = numeric;
    const raw = readNumber(frame, size, signed);
    parts.push({ kind, name, quantity: steps(raw, step, exponent, unit) });
    return true;
  }
  const binary = BINARIES[id];
  if (binary) {
    const yes = frame.u8() !== 0;
    if (binary.kind === 'contact') parts.push(...contact(binary.name, yes));
    else parts.push({ ...binary, attribute: yes });
    return true;
  }
  if (id === 0x3a) {
    parts.push({ kind: 'button', name: 'button', attribute: frame.u8() });
    return true;
  }
  if (id === 0x3c) {
    parts.push({ kind: 'button', name: 'dimmer', attribute: frame.u8() });
    parts.push({ kind: 'button', name: 'dimmerSteps', attribute: frame.u8() });
    return true;
  }
  return false;
}

function readNumber(frame: Cursor, size: number, signed: boolean): number {
  switch (size) {
    case 1:
      return signed ? frame.s8() : frame.u8();
    case 2:
      return signed ? frame.s16() : frame.u16();
    case 3:
      return frame.u24();
    default:
      return signed ? frame.s32() : frame.u32();
  }
}

/** Objects about the frame or the sender. */
function readAbout(id: number, frame: Cursor, common: Record<string, Attribute>): boolean {
  switch (id) {
    case 0x00:
      common.packetId = frame.u8();
      return true;
    case 0x50:
      common.timestampS = frame.u32();
      return true;
    case 0x53:
      common.text = new TextDecoder().decode(frame.take(frame.u8()));
      return true;
    case 0x54:
      common.rawHex = hex(frame.take(frame.u8()));
      return true;
    case 0x60:
      common.channel = frame.u8();
      return true;
    case 0xf0:
      common.deviceTypeId = frame.u16();
      return true;
    case 0xf1:
      common.firmware = frame.u32();
      return true;
    case 0xf2:
      common.firmware = frame.u24();
      return true;
    default:
      return false;
  }
}
