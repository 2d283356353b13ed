import type { Attribute, DecodeContext, Decoded, LocalDateTime } from '../../measurement.ts';
import { bloodPressureStatus } from './blood-pressure-status.ts';
import { bit, createCursor } from './cursor.ts';
import { measured, present, refused } from './decoded.ts';
import {
  type Ieee11073,
  ieee11073Quantity,
  ieee11073Text,
  wholeNumber,
} from './ieee-11073-float.ts';

interface Frame {
  readonly flags: number;
  readonly systolic: Ieee11073;
  readonly diastolic: Ieee11073;
  readonly mean: Ieee11073;
  readonly deviceTime: LocalDateTime | undefined;
  readonly pulse: Ieee11073 | undefined;
  readonly user: number | undefined;
  readonly status: number | undefined;
  readonly trailingBytes: number;
}

/**
 * Blood Pressure Measurement (0x2A35), in mm[Hg] or kPa as sent. Refused when the systolic value is
 * not above the diastolic one: no cuff measures that. The form that a model is known to send instead
 * is read of that model only; of bytes alone, without a device, it is told by the bytes.
 */
export function bloodPressureMeasurement(bytes: Uint8Array, context: DecodeContext = {}): Decoded {
  const { quirks } = context;
  const isSwapped = isBeurerBm85(bytes);
  // By its flags its pulse would be in the millions: of another model it is not known what was sent.
  if (isSwapped && quirks && !quirks.includes('pulse-big-endian')) return refused('reserved-value');
  const frame = isSwapped ? readBeurerBm85(bytes) : readStandard(bytes, isWhole(quirks));
  if (!frame) return refused('too-short');
  if (!isAbove(frame.systolic, frame.diastolic)) return refused('reserved-value');
  const unit = bit(frame.flags, 0) ? 'kPa' : 'mm[Hg]';
  const said = frame.status === undefined ? undefined : bloodPressureStatus(frame.status);
  return measured(
    [
      {
        kind: 'blood-pressure',
        quantities: present({
          systolic: ieee11073Quantity(frame.systolic, unit),
          diastolic: ieee11073Quantity(frame.diastolic, unit),
          mean: ieee11073Quantity(frame.mean, unit),
          'pulse-rate': frame.pulse && ieee11073Quantity(frame.pulse, '/min'),
        }),
        attributes: present<Attribute>({
          flags: frame.flags,
          measurementStatus: frame.status,
          pulseRange: said?.pulseRange,
          trailingBytes: frame.trailingBytes,
        }),
      },
    ],
    { deviceTime: frame.deviceTime, userIndex: frame.user, status: said?.status ?? [] },
  );
}

/** Whole numbers of 16 bit where the specification has decimal floats. */
const isWhole = (quirks: DecodeContext['quirks']) => quirks?.includes('raw-mantissa') === true;

function readStandard(bytes: Uint8Array, whole: boolean): Frame | undefined {
  const frame = createCursor(bytes);
  const number = (): Ieee11073 => (whole ? wholeNumber(frame.u16()) : frame.sfloat());
  const flags = frame.u8();
  const systolic = number();
  const diastolic = number();
  const mean = number();
  const deviceTime = bit(flags, 1) ? frame.dateTime() : undefined;
  const pulse = bit(flags, 2) ? number() : undefined;
  const user = bit(flags, 3) ? frame.u8() : undefined;
  const status = bit(flags, 4) ? frame.u16() : undefined;
  if (frame.short()) return undefined;
  const trailingBytes = frame.left();
  return { flags, systolic, diastolic, mean, deviceTime, pulse, user, status, trailingBytes };
}

/** Flags that a Beurer BM85 sends: time, pulse and status, and the reserved bit 6. */
const BM85_FLAGS = 0x56;
const BM85_PULSE_AT = 14;

/**
 * A Beurer BM85 sends the user index although its flag is clear, so the frame has one byte more
 * than its flags account for, and then pulse and status with the high byte first. Only that form
 * is taken; read by the flags, whole or cut short, its pulse would be in the millions.
 */
function isBeurerBm85(bytes: Uint8Array): boolean {
  return bytes[0] === BM85_FLAGS && bytes[BM85_PULSE_AT] === 0;
}

function readBeurerBm85(bytes: Uint8Array): Frame | undefined {
  const frame = createCursor(bytes);
  const flags = frame.u8();
  const systolic = frame.sfloat();
  const diastolic = frame.sfloat();
  const mean = frame.sfloat();
  const deviceTime = frame.dateTime();
  const pulse = { mantissa: frame.u8() * 0x100 + frame.u8(), exponent: 0 };
  const user = frame.u8();
  const status = frame.u8() * 0x100 + frame.u8();
  if (frame.short()) return undefined;
  const trailingBytes = frame.left();
  return { flags, systolic, diastolic, mean, deviceTime, pulse, user, status, trailingBytes };
}

/** False only when both are numbers and the first is not the greater one. */
function isAbove(systolic: Ieee11073, diastolic: Ieee11073): boolean {
  return !(Number(ieee11073Text(systolic)) <= Number(ieee11073Text(diastolic)));
}
