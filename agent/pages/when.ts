import { localMeaning, localMs } from '../../fhir/time.ts';
import type { Language } from './language.ts';
import { en } from './words/when.en.ts';
import { nb } from './words/when.nb.ts';
import { nn } from './words/when.nn.ts';

/** Words for days and instants. Lists of days begin with Sunday. */
export interface WhenWords {
  readonly weekdays: readonly string[];
  readonly shortWeekdays: readonly string[];
  readonly months: readonly string[];
  readonly shortMonths: readonly string[];
  readonly today: string;
  readonly yesterday: string;
  /** `{weekday}`, `{day}`, `{month}`. */
  readonly date: string;
  /** The same for a table. */
  readonly shortDate: string;
  /** A day with its month alone. */
  readonly dayOfMonth: string;
  /** `{date}`, `{year}`. */
  readonly dateOfYear: string;
  /** `{day}`, `{time}`. */
  readonly at: string;
  readonly shortAt: string;
  /** Of an hour that there was twice. */
  readonly summerTime: string;
  readonly winterTime: string;
  /** `{when}`. */
  readonly measured: string;
  /** `{when}`, `{arrived}`. */
  readonly measuredLate: string;
  readonly measuredUnknown: string;
}

export const WHEN: Readonly<Record<Language, WhenWords>> = { nb, nn, en };

/** Where and when somebody reads. */
export interface Reader {
  /** Milliseconds UTC; undefined while no clock tells it for sure: then no day is "today". */
  readonly now: number | undefined;
  /** IANA zone of the home: its calendar days count, not those of UTC. */
  readonly zone: string;
  readonly language: Language;
  /** `short`: for a table. Default `long`. */
  readonly length?: 'long' | 'short';
}

const DAY_MS = 86_400_000;
/**
 * Later than this a reading is told with its arrival, ms. A device in its drawer is asked within
 * minutes; who looked during an hour or more did not see it, and must be able to tell why.
 */
const LATE_MS = 60 * 60_000;

/**
 * An instant as somebody at home says it: "today 07:31", "yesterday 07:31", else its date. Never how
 * long ago: a page that stays open would soon say it wrongly.
 */
export function whenText(ms: number, reader: Reader): string {
  const words = WHEN[reader.language];
  return put(reader.length === 'short' ? words.shortAt : words.at, {
    day: dayText(ms, reader),
    time: timeText(ms, reader),
  });
}

/** The day alone: "today", "yesterday", or its date. */
export function dayText(ms: number, reader: Reader): string {
  const words = WHEN[reader.language];
  const age = reader.now === undefined ? undefined : dayOf(reader.now, reader) - dayOf(ms, reader);
  if (age === 0) return words.today;
  if (age === 1) return words.yesterday;
  return dateText(ms, reader);
}

/** The date, with its year where that is not the present one. */
export function dateText(ms: number, reader: Reader): string {
  const words = WHEN[reader.language];
  const local = new Date(localMs(ms, reader.zone));
  const isShort = reader.length === 'short';
  const date = put(isShort ? words.shortDate : words.date, {
    weekday: (isShort ? words.shortWeekdays : words.weekdays)[local.getUTCDay()] ?? '',
    day: String(local.getUTCDate()),
    month: (isShort ? words.shortMonths : words.months)[local.getUTCMonth()] ?? '',
  });
  const year = local.getUTCFullYear();
  const isThisYear =
    reader.now !== undefined &&
    new Date(localMs(reader.now, reader.zone)).getUTCFullYear() === year;
  return isThisYear ? date : put(words.dateOfYear, { date, year: String(year) });
}

/** "24 Nov": a day on an axis. */
export function dayOfMonthText(ms: number, { zone, language }: Reader): string {
  const words = WHEN[language];
  const local = new Date(localMs(ms, zone));
  return put(words.dayOfMonth, {
    day: String(local.getUTCDate()),
    month: words.shortMonths[local.getUTCMonth()] ?? '',
  });
}

/** The time on the wall, to the minute; which of the two, in the hour that there was twice. */
function timeText(ms: number, { zone, language }: Reader): string {
  const words = WHEN[language];
  const text = new Date(localMs(ms, zone)).toISOString().slice(0, 19);
  const time = text.slice(11, 16);
  const meaning = localMeaning(text, zone);
  if (meaning.kind !== 'two') return time;
  const second = Math.floor(ms / 1_000) * 1_000;
  return `${time} (${second === meaning.earlier ? words.summerTime : words.winterTime})`;
}

/** When it was measured and, where it came late, when it came. */
export function measuredText(
  reading: { readonly measuredAt: number | undefined; readonly arrivedAt: number },
  reader: Reader,
): string {
  const words = WHEN[reader.language];
  const { measuredAt, arrivedAt } = reading;
  if (measuredAt === undefined) return words.measuredUnknown;
  const when = whenText(measuredAt, reader);
  if (arrivedAt - measuredAt <= LATE_MS) return put(words.measured, { when });
  const isSameDay = dayOf(measuredAt, reader) === dayOf(arrivedAt, reader);
  const arrived = isSameDay ? timeText(arrivedAt, reader) : whenText(arrivedAt, reader);
  return put(words.measuredLate, { when, arrived });
}

/** Number of the calendar day in the home, counted from 1970. */
export function dayOf(ms: number, { zone }: Pick<Reader, 'zone'>): number {
  return Math.floor(localMs(ms, zone) / DAY_MS);
}

function put(text: string, holes: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => holes[name] ?? hole);
}
