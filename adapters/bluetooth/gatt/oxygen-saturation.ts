import type { Quantity } from '../../measurement.ts';
import { type Ieee11073, ieee11073Quantity, ieee11073Text } from './ieee-11073-float.ts';

/** What oximeters put in the place of a saturation when there is no finger: codes, not values. */
const NO_FINGER: ReadonlySet<number> = new Set([0, 127, 255]);

/** A saturation in %; a "no finger" code is no value. */
export function oxygenSaturation(number: Ieee11073): Quantity {
  if (NO_FINGER.has(Number(ieee11073Text(number)))) {
    return { absent: 'not-performed', unit: '%' };
  }
  return ieee11073Quantity(number, '%');
}
