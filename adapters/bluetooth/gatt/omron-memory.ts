import type { Decode } from '../../measurement.ts';
import { localDateTime } from './cursor.ts';
import { fieldsOf, refused } from './decoded.ts';
import { type OmronOrder, omronRecordOf } from './omron-record.ts';

/** Where a model keeps what in its memory, and how it opens it. Facts of that model, never shared by guess. */
export interface OmronLayout {
  readonly order: OmronOrder;
  readonly recordBytes: number;
  /** One ring of records for each user of the cuff, first user first. */
  readonly users: readonly { readonly at: number; readonly records: number }[];
  /** Block with the running clock; absent where its place or form is not certain. */
  readonly clockAt?: number;
  /** `token`: any four bytes, echoed. `programmed-key`: a key that would have to be written into the cuff. */
  readonly unlock: 'token' | 'programmed-key';
}

/** By model number. Addresses and counts: eigger/hass-omron, omron_ble/device_catalog.py; userx14/omblepy. */
export const OMRON_LAYOUTS = {
  'hem-7142t2': {
    order: 'little',
    recordBytes: 14,
    users: [{ at: 0x02e8, records: 14 }],
    clockAt: 0x028c,
    unlock: 'token',
  },
  'hem-7155t': {
    order: 'little',
    recordBytes: 16,
    users: [
      { at: 0x0098, records: 60 },
      { at: 0x0458, records: 60 },
    ],
    unlock: 'programmed-key',
  },
  'hem-7361t': {
    order: 'little',
    recordBytes: 16,
    users: [
      { at: 0x0098, records: 100 },
      { at: 0x06d8, records: 100 },
    ],
    unlock: 'programmed-key',
  },
  'hem-7380t1': {
    order: 'little',
    recordBytes: 16,
    users: [
      { at: 0x01c4, records: 100 },
      { at: 0x0804, records: 100 },
    ],
    clockAt: 0x003c,
    unlock: 'token',
  },
  'hem-7600t': {
    order: 'big',
    recordBytes: 14,
    users: [{ at: 0x02ac, records: 100 }],
    unlock: 'programmed-key',
  },
} as const satisfies Record<string, OmronLayout>;

/** Length of the clock's block: eight bytes, six of time, a sum over all of them, a zero. */
export const OMRON_CLOCK_BYTES = 16;
const CLOCK_TIME_AT = 8;
const CLOCK_SUM_AT = 14;

const HEADER_BYTES = 6;
const TRAILER_BYTES = 2;

/** A frame that the cuff sent: length, type, address, size, data, a code, and the exclusive or of it all. */
export interface OmronFrame {
  readonly type: number;
  readonly address: number;
  readonly data: Uint8Array;
  /** Its refusal when it has one: zero is none. */
  readonly code: number;
}

/** Undefined for what is no whole frame: its length or its check is wrong. */
export function omronFrame(bytes: Uint8Array): OmronFrame | undefined {
  const [length = 0, typeHigh = 0, typeLow = 0, high = 0, low = 0, size = 0] = bytes;
  if (length < HEADER_BYTES + TRAILER_BYTES || bytes.length !== length) return undefined;
  if (bytes.reduce((sum, byte) => sum ^ byte, 0) !== 0) return undefined;
  const whole = size === length - HEADER_BYTES - TRAILER_BYTES;
  return {
    type: typeHigh * 0x100 + typeLow,
    address: high * 0x100 + low,
    data: whole ? bytes.subarray(HEADER_BYTES, HEADER_BYTES + size) : new Uint8Array(),
    code: whole ? 0 : (bytes[HEADER_BYTES] ?? 0),
  };
}

/** Type of the frame that answers a read. */
export const OMRON_READ_ANSWER = 0x8100;

/** The answer to a read: of the clock, or of one record, which its address gives to a user. */
export const omronAnswer =
  (layout: OmronLayout): Decode =>
  (bytes) => {
    const frame = omronFrame(bytes);
    if (!frame) return refused('bad-checksum');
    if (frame.type !== OMRON_READ_ANSWER || frame.data.length === 0) return refused('not-a-result');
    if (frame.address === layout.clockAt) return clock(frame.data);
    const { recordBytes, users, order } = layout;
    const user = users.findIndex(
      ({ at, records }) => frame.address >= at && frame.address < at + records * recordBytes,
    );
    const offset = frame.address - (users[user]?.at ?? 0);
    if (user < 0 || offset % recordBytes !== 0) return refused('unsupported');
    if (frame.data.length !== recordBytes) return refused('too-short');
    // A cuff for one user has no slots, and says nothing of whose it is.
    return omronRecordOf(order, frame.data, users.length > 1 ? user + 1 : undefined);
  };

function clock(block: Uint8Array) {
  if (block.length < OMRON_CLOCK_BYTES) return refused('too-short');
  const sum = block.subarray(0, CLOCK_SUM_AT).reduce((total, byte) => (total + byte) & 0xff, 0);
  if (sum !== block[CLOCK_SUM_AT]) return refused('bad-checksum');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] =
    block.subarray(CLOCK_TIME_AT);
  return fieldsOf({ deviceNow: localDateTime(2000 + year, month, day, hour, minute, second) });
}
