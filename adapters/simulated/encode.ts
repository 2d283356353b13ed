/**
 * Bytes as a device sends them. Values are whole numbers of the format's step, so that the text in
 * the ground truth and the bytes come from one integer and never pass through a fraction.
 */

/** SFLOAT's NaN (IEEE 11073-20601): the device has no value. */
const SFLOAT_NAN = 0x07ff;
const SFLOAT_MANTISSA_MAX = 2045;
/** EUI-64 text and its bytes on air are each other's reverse (System ID, 0x2A23). */
const SYSTEM_ID_BYTES = 8;

/** An integer with its last `decimals` digits behind the point: (368, 1) is `36.8`. */
export function decimalText(integer: number, decimals: number): string {
  if (decimals === 0) return String(integer);
  const digits = String(Math.abs(integer)).padStart(decimals + 1, '0');
  const sign = integer < 0 ? '-' : '';
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

export function u8(value: number): Buffer {
  return Buffer.of(value);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** SFLOAT: exponent in the high four bits, mantissa in the low twelve. `undefined` is NaN. */
export function sfloat(mantissa: number | undefined, decimals = 0): Buffer {
  if (mantissa === undefined) return u16(SFLOAT_NAN);
  if (Math.abs(mantissa) > SFLOAT_MANTISSA_MAX) throw new RangeError('mantissa of an SFLOAT');
  return u16(((-decimals & 0xf) << 12) | (mantissa & 0xfff));
}

/** FLOAT: exponent in the high byte, mantissa in the low three. */
export function float(mantissa: number, decimals = 0): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeIntLE(mantissa, 0, 3);
  bytes.writeInt8(-decimals, 3);
  return bytes;
}

/**
 * Date Time (0x2A08), 7 bytes.
 * @param local wall-clock time of the device, as milliseconds that read so in UTC
 */
export function dateTime(local: number): Buffer {
  const clock = new Date(local);
  return Buffer.concat([
    u16(clock.getUTCFullYear()),
    Buffer.of(
      clock.getUTCMonth() + 1,
      clock.getUTCDate(),
      clock.getUTCHours(),
      clock.getUTCMinutes(),
      clock.getUTCSeconds(),
    ),
  ]);
}

/** The local time in the first seven bytes, as milliseconds that read so in UTC; undefined if none. */
export function localTimeOf(bytes: Buffer): number | undefined {
  if (bytes.length < 7) return undefined;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes.subarray(2, 7);
  const local = Date.UTC(bytes.readUInt16LE(0), month - 1, day, hour, minute, second);
  const isReal = new Date(local).getUTCMonth() === month - 1 && hour < 24 && minute < 60;
  return isReal ? local : undefined;
}

/** Current Time (0x2A2B), 10 bytes: Date Time, day of week (1 Monday), 1/256 s, adjust reason 0. */
export function currentTime(local: number): Buffer {
  const clock = new Date(local);
  const fractions = Math.floor((clock.getUTCMilliseconds() * 256) / 1000);
  return Buffer.concat([dateTime(local), Buffer.of(clock.getUTCDay() || 7, fractions, 0)]);
}

/** System ID (0x2A23): the EUI-64 text backwards. */
export function systemId(eui64: string): Buffer {
  const bytes = Buffer.from(eui64.replaceAll('-', ''), 'hex');
  if (bytes.length !== SYSTEM_ID_BYTES) throw new RangeError('length of an EUI-64');
  return bytes.reverse();
}
