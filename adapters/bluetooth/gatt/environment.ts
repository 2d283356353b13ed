import type { Decoded, Quantity } from '../../measurement.ts';
import { createCursor } from './cursor.ts';
import { measured, refused } from './decoded.ts';
import { steps } from './ieee-11073-float.ts';

/** In the temperature and humidity fields: value is not known. */
const TEMPERATURE_UNKNOWN = -0x8000;
const HUMIDITY_UNKNOWN = 0xffff;

/** Temperature (0x2A6E) of a room, steps of 0.01 Cel. */
export function temperature(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const raw = frame.s16();
  if (frame.short()) return refused('too-short');
  return environment(
    'temperature',
    raw === TEMPERATURE_UNKNOWN ? { absent: 'unknown', unit: 'Cel' } : steps(raw, 1, -2, 'Cel'),
  );
}

/** Humidity (0x2A6F), steps of 0.01 %. */
export function humidity(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const raw = frame.u16();
  if (frame.short()) return refused('too-short');
  return environment(
    'humidity',
    raw === HUMIDITY_UNKNOWN ? { absent: 'unknown', unit: '%' } : steps(raw, 1, -2, '%'),
  );
}

/** Pressure (0x2A6D), steps of 0.1 Pa. */
export function pressure(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const raw = frame.u32();
  return frame.short() ? refused('too-short') : environment('pressure', steps(raw, 1, -1, 'Pa'));
}

function environment(name: string, quantity: Quantity): Decoded {
  return measured([{ kind: 'environment', quantities: { [name]: quantity }, attributes: {} }]);
}
