import type { Quantity } from '../../measurement.ts';
import { steps } from './ieee-11073-float.ts';

/** In a mass or body fat field: the scale could not measure. */
export const UNSUCCESSFUL = 0xffff;

/** Steps of 0.005 kg or 0.01 lb; the feature characteristic never changes them. */
export function mass(raw: number, imperial: boolean): Quantity {
  const unit = imperial ? '[lb_av]' : 'kg';
  if (raw === UNSUCCESSFUL) return { absent: 'error', unit };
  return imperial ? steps(raw, 1, -2, unit) : steps(raw, 5, -3, unit);
}

/** Steps of 0.001 m or 0.1 in. */
export function height(raw: number, imperial: boolean): Quantity {
  return imperial ? steps(raw, 1, -1, '[in_i]') : steps(raw, 1, -3, 'm');
}
