import { bit, createCursor } from '../gatt/cursor.ts';
import { shortUuid } from '../gatt/index.ts';
import type { AdvertisementSource } from './index.ts';

/** What an encrypted frame says in clear, for whoever keeps replays out. */
export interface Seal {
  /** The sender's frame counter, as it enters the nonce. */
  readonly counter: number;
  /** 8 where the sender is not seen to count further than one byte. */
  readonly bits: 8 | 32;
  /** Message integrity code, hex: of one key, counter and content. */
  readonly tag: string;
}

const TAG_BYTES = 4;
const BTHOME_TAIL_BYTES = 8;
const MIBEACON_TAIL_BYTES = 7;
const MIBEACON_COUNTER_AT = 4;

/** Formats that a key may seal, by where they stand. */
const SEALS: Readonly<Record<string, (bytes: Uint8Array) => Seal | undefined>> = {
  fcd2: sealOfBthome,
  fe95: sealOfMibeacon,
};

/** The seal of an encrypted BTHome v2 or MiBeacon frame; undefined for one in clear. Total. */
export function sealOf(source: AdvertisementSource, bytes: Uint8Array): Seal | undefined {
  return 'serviceData' in source ? SEALS[shortUuid(source.serviceData)]?.(bytes) : undefined;
}

/** Of a format that a key may seal: with a key given, one of its results in clear is not trusted. */
export const isSealable = (source: AdvertisementSource): boolean =>
  'serviceData' in source && shortUuid(source.serviceData) in SEALS;

const tagOf = (bytes: Uint8Array) => Buffer.from(bytes.slice(-TAG_BYTES)).toString('hex');

/** The counter stands before the tag, low byte first (bthome.io/encryption). */
function sealOfBthome(bytes: Uint8Array): Seal | undefined {
  if (!bit(bytes[0] ?? 0, 0) || bytes.length <= BTHOME_TAIL_BYTES) return undefined;
  const counter = createCursor(bytes.slice(-BTHOME_TAIL_BYTES)).u32();
  return { counter, bits: 32, tag: tagOf(bytes) };
}

/** One byte in the header, and three above it before the tag that some senders leave at zero. */
function sealOfMibeacon(bytes: Uint8Array): Seal | undefined {
  const tail = bytes.slice(-MIBEACON_TAIL_BYTES);
  const isSealed = bit(bytes[0] ?? 0, 3) && bit(bytes[0] ?? 0, 6);
  if (!isSealed || bytes.length <= MIBEACON_COUNTER_AT + MIBEACON_TAIL_BYTES) return undefined;
  const high = createCursor(tail).u24();
  const counter = high * 0x100 + (bytes[MIBEACON_COUNTER_AT] ?? 0);
  return { counter, bits: high === 0 ? 8 : 32, tag: tagOf(bytes) };
}
