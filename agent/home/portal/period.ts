import { localMeaning, localMs } from '../../../fhir/time.ts';
import type { Period } from './own-readings.ts';

export const PERIODS = ['week', 'month', 'year'] as const;
export type PeriodName = (typeof PERIODS)[number];

/** Calendar days, today the last: one more than four weeks and a year, so that weekdays compare. */
const DAYS: Readonly<Record<PeriodName, number>> = { week: 7, month: 29, year: 366 };
const DAY_MS = 86_400_000;

/** A period of whole calendar days in the home, with the beginning of each. */
export interface Days extends Period {
  /** Milliseconds UTC; days of 23 and of 25 hours have their own length. */
  readonly days: readonly number[];
}

/** The period that ends with today, or `back` such periods before. */
export function periodOf(
  name: PeriodName,
  { now, zone }: { readonly now: number; readonly zone: string },
  back = 0,
): Days {
  const after = Math.floor(localMs(now, zone) / DAY_MS) + 1 - back * DAYS[name];
  const days = Array.from({ length: DAYS[name] }, (_, index) =>
    startOf(after - DAYS[name] + index, zone),
  );
  return { days, from: days[0] ?? now, until: startOf(after, zone) };
}

/** First instant of a calendar day. Where midnight is skipped it begins an hour, or less, later. */
function startOf(day: number, zone: string): number {
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  for (const time of ['00:00', '00:30', '01:00', '02:00']) {
    const meaning = localMeaning(`${date}T${time}:00`, zone);
    if (meaning.kind === 'one') return meaning.ms;
    if (meaning.kind === 'two') return meaning.earlier;
  }
  // A day that a country left out has no instants: it begins with the next.
  return startOf(day + 1, zone);
}
