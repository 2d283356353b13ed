import { instantText, localMeaning, localMs } from '../../../fhir/time.ts';
import { type Language, localeOf } from '../../pages/language.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The home's calendar day that an instant lies in, as a date field has it: `2026-03-02`. */
export const dayIn = (ms: number, zone: string): string =>
  new Date(localMs(ms, zone)).toISOString().slice(0, 10);

/** Instant at which that day begins in the home; undefined for what is no day. */
export const dayBegins = (day: string, zone: string): string | undefined =>
  instantOn(day, '00:00:00', zone);

/** Last second of that day in the home. */
export const dayEnds = (day: string, zone: string): string | undefined =>
  instantOn(day, '23:59:59', zone);

/** A day of the calendar; 30 February, which reads as one in March, is none. */
export function isDay(day: string): boolean {
  const asUtc = DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(asUtc) && new Date(asUtc).toISOString().startsWith(day);
}

function instantOn(day: string, time: string, zone: string): string | undefined {
  if (!isDay(day)) return undefined;
  const meaning = localMeaning(`${day}T${time}`, zone);
  if (meaning.kind === 'none') return undefined;
  return instantText(meaning.kind === 'one' ? meaning.ms : meaning.earlier, zone);
}

/** A day in words: `2. mars 2026`. */
export const dayText = (ms: number, zone: string, language: Language): string =>
  new Intl.DateTimeFormat(localeOf(language), {
    dateStyle: 'long',
    timeZone: zone,
  }).format(ms);
