import type { Kind } from '../../measurement.ts';

/** How a number is sent: bytes, sign, and `step` × 10^`exponent` for each count. */
export interface NumberObject {
  readonly name: string;
  readonly kind: Kind;
  readonly size: number;
  readonly signed: boolean;
  readonly step: number;
  readonly exponent: number;
  readonly unit: string;
}

/** A sign of `s` or `u` and the size in bits: `s16`. */
type Form = `${'s' | 'u'}${8 | 16 | 24 | 32}`;

function number(
  name: string,
  form: Form,
  exponent: number,
  unit: string,
  kind: Kind = 'environment',
  step = 1,
): NumberObject {
  const size = Number(form.slice(1)) / 8;
  return { name, kind, size, signed: form.startsWith('s'), step, exponent, unit };
}

/** BTHome v2 objects that are numbers, by id (bthome.io/format). */
export const NUMBERS: Readonly<Record<number, NumberObject>> = {
  1: number('level', 'u8', 0, '%', 'battery'),
  2: number('temperature', 's16', -2, 'Cel'),
  3: number('humidity', 'u16', -2, '%'),
  4: number('pressure', 'u24', -2, 'hPa'),
  5: number('illuminance', 'u24', -2, 'lx'),
  6: number('weight', 'u16', -2, 'kg', 'body-weight'),
  7: number('weight', 'u16', -2, '[lb_av]', 'body-weight'),
  8: number('dewPoint', 's16', -2, 'Cel'),
  9: number('count', 'u8', 0, '1'),
  10: number('energy', 'u24', -3, 'kW.h'),
  11: number('power', 'u24', -2, 'W'),
  12: number('voltage', 'u16', -3, 'V'),
  13: number('pm25', 'u16', 0, 'ug/m3'),
  14: number('pm10', 'u16', 0, 'ug/m3'),
  18: number('co2', 'u16', 0, '[ppm]'),
  19: number('tvoc', 'u16', 0, 'ug/m3'),
  20: number('moisture', 'u16', -2, '%'),
  46: number('humidity', 'u8', 0, '%'),
  47: number('moisture', 'u8', 0, '%'),
  61: number('count', 'u16', 0, '1'),
  62: number('count', 'u32', 0, '1'),
  63: number('rotation', 's16', -1, 'deg'),
  64: number('distance', 'u16', 0, 'mm'),
  65: number('distance', 'u16', -1, 'm'),
  66: number('duration', 'u24', -3, 's'),
  67: number('current', 'u16', -3, 'A'),
  68: number('speed', 'u16', -2, 'm/s'),
  69: number('temperature', 's16', -1, 'Cel'),
  70: number('uvIndex', 'u8', -1, '1'),
  71: number('volume', 'u16', -1, 'L'),
  72: number('volume', 'u16', 0, 'mL'),
  73: number('volumeFlowRate', 'u16', -3, 'm3/h'),
  74: number('voltage', 'u16', -1, 'V'),
  75: number('gas', 'u24', -3, 'm3'),
  76: number('gas', 'u32', -3, 'm3'),
  77: number('energy', 'u32', -3, 'kW.h'),
  78: number('volume', 'u32', -3, 'L'),
  79: number('water', 'u32', -3, 'L'),
  81: number('acceleration', 'u16', -3, 'm/s2'),
  82: number('gyroscope', 'u16', -3, 'deg/s'),
  85: number('volumeStorage', 'u32', -3, 'L'),
  86: number('conductivity', 'u16', 0, 'uS/cm'),
  87: number('temperature', 's8', 0, 'Cel'),
  88: number('temperature', 's8', -2, 'Cel', 'environment', 35),
  89: number('count', 's8', 0, '1'),
  90: number('count', 's16', 0, '1'),
  91: number('count', 's32', 0, '1'),
  92: number('power', 's32', -2, 'W'),
  93: number('current', 's16', -3, 'A'),
  94: number('direction', 'u16', -2, 'deg'),
  95: number('precipitation', 'u16', -1, 'mm'),
  97: number('rotationalSpeed', 'u16', 0, '/min'),
  98: number('speed', 's32', -6, 'm/s'),
  99: number('acceleration', 's32', -6, 'm/s2'),
  100: number('lightLevel', 'u8', 0, '1'),
};

/** Objects of one byte that say yes or no. */
export const BINARIES: Readonly<Record<number, { readonly name: string; readonly kind: Kind }>> = {
  15: { name: 'genericBoolean', kind: 'environment' },
  16: { name: 'power', kind: 'environment' },
  17: { name: 'opening', kind: 'contact' },
  21: { name: 'batteryLow', kind: 'battery' },
  22: { name: 'batteryCharging', kind: 'battery' },
  23: { name: 'carbonMonoxide', kind: 'environment' },
  24: { name: 'cold', kind: 'environment' },
  25: { name: 'connectivity', kind: 'environment' },
  26: { name: 'door', kind: 'contact' },
  27: { name: 'garageDoor', kind: 'contact' },
  28: { name: 'gas', kind: 'environment' },
  29: { name: 'heat', kind: 'environment' },
  30: { name: 'light', kind: 'environment' },
  31: { name: 'lock', kind: 'environment' },
  32: { name: 'moisture', kind: 'water-leak' },
  33: { name: 'motion', kind: 'motion' },
  34: { name: 'moving', kind: 'motion' },
  35: { name: 'occupancy', kind: 'presence' },
  36: { name: 'plug', kind: 'environment' },
  37: { name: 'presence', kind: 'presence' },
  38: { name: 'problem', kind: 'environment' },
  39: { name: 'running', kind: 'environment' },
  40: { name: 'safety', kind: 'environment' },
  41: { name: 'smoke', kind: 'smoke' },
  42: { name: 'sound', kind: 'environment' },
  43: { name: 'tamper', kind: 'environment' },
  44: { name: 'vibration', kind: 'motion' },
  45: { name: 'window', kind: 'contact' },
};
