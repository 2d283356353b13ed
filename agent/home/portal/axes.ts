import type { Kind } from '../../../adapters/measurement.ts';

/** The one scale on which a kind is drawn in a unit. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  /** Between two lines of the grid. */
  readonly step: number;
}

interface Drawn {
  /** By the device's names; the first is what the kind is about. */
  readonly quantities: readonly string[];
  /** By UCUM unit. */
  readonly axes: Readonly<Record<string, Axis>>;
}

const axis = (low: number, high: number, step: number): Axis => ({ low, high, step });
const GLUCOSE: Drawn = {
  quantities: ['glucose'],
  axes: { 'mmol/L': axis(0, 20, 5), 'mg/dL': axis(0, 400, 100) },
};

/**
 * What is drawn of each kind, and on which axis. The bounds are round numbers that span most of what
 * household devices of the kind can show. They are the same for everybody and for every period: never
 * fitted to somebody's values, which would make small changes look large and somebody's usual look
 * like an edge. No bound and no line of the grid is a limit of anything.
 */
export const DRAWN: Readonly<Partial<Record<Kind, Drawn>>> = {
  'blood-pressure': {
    quantities: ['systolic', 'diastolic'],
    axes: { 'mm[Hg]': axis(40, 200, 40), kPa: axis(5, 25, 5) },
  },
  'heart-rate': { quantities: ['heart-rate'], axes: { '/min': axis(40, 200, 40) } },
  'oxygen-saturation': { quantities: ['spo2'], axes: { '%': axis(70, 100, 10) } },
  'body-temperature': {
    quantities: ['temperature'],
    axes: { Cel: axis(34, 42, 2), '[degF]': axis(92, 108, 4) },
  },
  'body-weight': {
    quantities: ['weight'],
    axes: { kg: axis(40, 120, 20), '[lb_av]': axis(80, 280, 50) },
  },
  'body-composition': { quantities: ['body-fat'], axes: { '%': axis(0, 60, 20) } },
  glucose: GLUCOSE,
  'glucose-interstitial': GLUCOSE,
  environment: { quantities: ['temperature'], axes: { Cel: axis(0, 40, 10) } },
};

/** Lines of the grid that an axis may have: beyond that its steps are doubled. */
const LINES_MAX = 9;

/** The axis, made wider by whole steps where something measured lies outside; never narrower. */
export function holding({ low, high, step }: Axis, values: readonly number[]): Axis {
  const least = values.reduce((a, b) => Math.min(a, b), low);
  const most = values.reduce((a, b) => Math.max(a, b), high);
  const wide = {
    low: low - Math.ceil((low - least) / step) * step,
    high: high + Math.ceil((most - high) / step) * step,
  };
  let wider = step;
  while ((wide.high - wide.low) / wider > LINES_MAX) wider *= 2;
  const span = Math.ceil((wide.high - wide.low) / wider) * wider;
  return { low: wide.low, high: wide.low + span, step: wider };
}
