import type { Decoded } from '../../measurement.ts';
import { createCursor } from './cursor.ts';
import { fieldsOf, present, refused } from './decoded.ts';

const SITES: Readonly<Record<number, string>> = {
  1: 'armpit',
  2: 'body',
  3: 'ear',
  4: 'finger',
  5: 'gastro-intestinal-tract',
  6: 'mouth',
  7: 'rectum',
  8: 'toe',
  9: 'tympanum',
};

/** Where a thermometer measures; undefined for a reserved code. */
export function temperatureSite(type: number): string | undefined {
  return SITES[type];
}

/** Temperature Type (0x2A1D): the site for measurements that do not name it themselves. */
export function temperatureType(bytes: Uint8Array): Decoded {
  const frame = createCursor(bytes);
  const type = frame.u8();
  if (frame.short()) return refused('too-short');
  return fieldsOf(present({ temperatureType: type, site: temperatureSite(type) }));
}
