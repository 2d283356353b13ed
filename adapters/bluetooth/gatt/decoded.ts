import type {
  Decoded,
  DecodeRefusal,
  LocalDateTime,
  Measurement,
  StatusFlag,
} from '../../measurement.ts';
import { bit } from './cursor.ts';

/** Bytes that give no value, with the reason. */
export function refused(reason: DecodeRefusal): Decoded {
  return { ok: false, reason };
}

/** A characteristic or broadcast that is not a result. */
export function fieldsOf(fields: Readonly<Record<string, unknown>>): Decoded {
  return { ok: true, fields };
}

/** Parts of a frame that may be missing; a missing part is left out, never defaulted. */
export interface FrameFacts {
  readonly deviceTime?: LocalDateTime | undefined;
  readonly userIndex?: number | undefined;
  readonly sequence?: number | undefined;
  readonly status?: readonly StatusFlag[];
}

/** User index 255 says that the device does not know the user. */
const USER_UNKNOWN = 255;

/** A result: one or more measurements with what the frame says about all of them. */
export function measured(measurements: readonly Measurement[], facts: FrameFacts = {}): Decoded {
  const { deviceTime, userIndex, sequence, status = [] } = facts;
  return {
    ok: true,
    measurements,
    ...(deviceTime === undefined ? {} : { deviceTime }),
    ...(userIndex === undefined || userIndex === USER_UNKNOWN ? {} : { userIndex }),
    ...(sequence === undefined ? {} : { sequence }),
    status,
  };
}

/** Names of the bits that are set, lowest first. Bits without a name are reserved and ignored. */
export function flagNames<Name extends string>(
  bits: number,
  names: Readonly<Record<number, Name>>,
): Name[] {
  return Object.entries(names)
    .filter(([index]) => bit(bits, Number(index)))
    .map(([, name]) => name);
}

/** The given entries without those that are undefined. */
export function present<Value>(
  entries: Readonly<Record<string, Value | undefined>>,
): Record<string, Value> {
  const out: Record<string, Value> = {};
  for (const [name, value] of Object.entries(entries)) {
    if (value !== undefined) out[name] = value;
  }
  return out;
}
