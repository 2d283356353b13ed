import type { Attribute, Decoded, Quantity } from '../../measurement.ts';
import { bit, createCursor } from '../gatt/cursor.ts';
import { fieldsOf, measured, present, refused } from '../gatt/decoded.ts';
import { steps } from '../gatt/ieee-11073-float.ts';

interface Weighing {
  readonly control: Readonly<Record<string, Attribute>>;
  readonly unit: 'kg' | 'lb' | 'jin';
  readonly raw: number;
  readonly stabilized: boolean;
  readonly weightRemoved: boolean;
  readonly isObject: boolean;
  readonly impedanceOhm?: number | undefined;
  readonly timestamp: string;
}

/** Mi Scale v1, service data 0x181D. */
export function miScale1(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const control = frame.u8();
  const raw = frame.u16();
  const timestamp = frame.dateTime();
  if (frame.short()) return refused('too-short');
  return weighing({
    control: { control },
    unit: bit(control, 0) ? 'lb' : bit(control, 4) ? 'jin' : 'kg',
    raw,
    stabilized: bit(control, 5),
    weightRemoved: bit(control, 7),
    isObject: bit(control, 6),
    timestamp,
  });
}

/** Mi Body Composition Scale (v2), service data 0x181B. */
export function miScale2(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const control1 = frame.u8();
  const control2 = frame.u8();
  const timestamp = frame.dateTime();
  const impedance = frame.u16();
  const raw = frame.u16();
  if (frame.short()) return refused('too-short');
  const impedancePresent = bit(control2, 1);
  return weighing({
    control: { control1, control2, impedancePresent },
    unit: bit(control1, 0) ? 'lb' : bit(control2, 6) ? 'jin' : 'kg',
    raw,
    stabilized: bit(control2, 5),
    weightRemoved: bit(control2, 7),
    isObject: false,
    impedanceOhm: impedancePresent ? impedance : undefined,
    timestamp,
  });
}

/**
 * A result is a stable weight of someone who still stands there; anything else, and the weighing of
 * an object, only prints its fields.
 */
function weighing(frame: Weighing): Decoded {
  const { control, unit, raw, stabilized, weightRemoved, impedanceOhm, timestamp } = frame;
  const weight = weightOf(raw, unit);
  if (!stabilized || weightRemoved || frame.isObject) {
    return fieldsOf({
      ...control,
      unit,
      weight: 'value' in weight ? weight.value : undefined,
      stabilized,
      weightRemoved,
      ...present<unknown>({ impedanceOhm }),
      timestamp,
    });
  }
  return measured(
    [
      {
        kind: 'body-weight',
        quantities: present<Quantity>({
          weight,
          impedance: impedanceOhm === undefined ? undefined : steps(impedanceOhm, 1, 0, 'Ohm'),
        }),
        attributes: { ...control, stabilized, weightRemoved },
      },
    ],
    { deviceTime: timestamp },
  );
}

/** Steps of 0.005 kg, 0.01 lb or 0.01 jin (half a kilogram, for which UCUM has no code). */
function weightOf(raw: number, unit: Weighing['unit']): Quantity {
  if (unit === 'kg') return steps(raw, 5, -3, 'kg');
  return steps(raw, 1, -2, unit === 'lb' ? '[lb_av]' : '{jin}');
}
