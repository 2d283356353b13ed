import { type Language, localeOf } from '../../pages/language.ts';
import { dayOf, whenText } from '../../pages/when.ts';

/*
 * Instants of the box, its people and their decisions: whole, with weekday and year, or as an age. Those
 * of a measurement are said as `agent/pages/when.ts` has it, on both programs' pages alike.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Day, month, year and time of day on the wall of the home: `tirsdag 3. mars 2026 kl. 07:31`. */
export const longTime = (ms: number, zone: string, language: Language): string =>
  // Without a present there is no "today", and the year is said.
  whenText(ms, { now: undefined, zone, language });

/** When something ends: the last minute of it, so that a day's end does not read as the next day. */
export const endTime = (ms: number, zone: string, language: Language): string =>
  longTime(ms - 1, zone, language);

/** Time of day on the wall of the home. */
export function clockTime(ms: number, zone: string, language: Language): string {
  return new Intl.DateTimeFormat(localeOf(language), {
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
  }).format(ms);
}

/**
 * How long ago, by the home's calendar: what was yesterday is never "today", nor "23 hours ago".
 * Undefined for what lies ahead of the clock.
 */
export function ageText(
  at: number,
  now: number,
  zone: string,
  language: Language,
  justNow: string,
): string | undefined {
  const ms = now - at;
  if (ms < -MINUTE_MS) return undefined;
  if (ms < MINUTE_MS) return justNow;
  const text = new Intl.RelativeTimeFormat(localeOf(language), { numeric: 'auto' });
  const days = dayOf(now, { zone }) - dayOf(at, { zone });
  if (days > 0) return text.format(-days, 'day');
  if (ms < HOUR_MS) return text.format(-Math.floor(ms / MINUTE_MS), 'minute');
  return text.format(-Math.floor(ms / HOUR_MS), 'hour');
}
