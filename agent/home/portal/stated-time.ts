import { instantText, localMeaning } from '../../../fhir/time.ts';
import type { StoredReading } from '../journal/readings.ts';
import { isDay } from './form-dates.ts';

/** Longest ago that a person is asked to remember, before it came here, ms. */
export const STATED_AGE_MS_MAX = 366 * 86_400_000;
/** Clocks of a home and its box agree no better, ms. */
const SLACK_MS = 120_000;

export interface TimeForm {
  readonly date: string;
  readonly time: string;
  /** Which of the two, in the night when the clocks were set back. */
  readonly which?: string | undefined;
}

export type TimeRefusal =
  | 'instant-invalid'
  | 'instant-in-future'
  | 'instant-too-old'
  | 'instant-never'
  | 'instant-twice';

type TimeIn = { readonly at: string } | { readonly refusal: TimeRefusal };

/** What was filled in for a reading that came here, as an instant, or why it is none. */
export function timeIn(
  form: TimeForm,
  { heldBecause, capturedAt }: Pick<StoredReading, 'capturedAt' | 'heldBecause'>,
  now: number,
  zone: string,
): TimeIn {
  // When it came is itself not known where the box's own clock was not.
  const came = heldBecause === 'gateway-clock-untrusted' ? now : capturedAt + SLACK_MS;
  return instantIn(form, Math.min(now, came), zone);
}

/** An instant until `latest`, or why it is none: nothing is chosen for the person. */
export function instantIn({ date, time, which }: TimeForm, latest: number, zone: string): TimeIn {
  const clock = /^(\d{1,2})[.:]?(\d{2})$/.exec(time.trim());
  if (!clock || !isDay(date) || Number(clock[1]) > 23 || Number(clock[2]) > 59) {
    return { refusal: 'instant-invalid' };
  }
  const meaning = localMeaning(`${date}T${clock[1]?.padStart(2, '0')}:${clock[2]}:00`, zone);
  if (meaning.kind === 'none') return { refusal: 'instant-never' };
  if (meaning.kind === 'two' && which !== 'earlier' && which !== 'later') {
    return { refusal: 'instant-twice' };
  }
  const ms =
    meaning.kind === 'one' ? meaning.ms : which === 'later' ? meaning.later : meaning.earlier;
  if (ms > latest) return { refusal: 'instant-in-future' };
  if (ms < latest - STATED_AGE_MS_MAX) return { refusal: 'instant-too-old' };
  return { at: instantText(ms, zone) };
}
