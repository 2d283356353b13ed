/** First and last millisecond, inclusive, that a FHIR date or dateTime can mean. */
export interface InstantRange {
  readonly low: number;
  readonly high: number;
}

const DATE_TIME =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

/**
 * The range that the text means by its precision (R4 search, 3.1.1.4.7). A time without a zone is
 * taken as UTC. Undefined when it is no date.
 */
export function instantRange(text: string): InstantRange | undefined {
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone = 'Z'] = match;
  const low = Date.parse(
    `${year}-${month ?? '01'}-${day ?? '01'}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}.${(fraction ?? '0').padEnd(3, '0').slice(0, 3)}${zone}`,
  );
  if (Number.isNaN(low)) return undefined;
  // Date.parse rolls 31 February over; a date that does not exist is no date.
  if (
    day &&
    new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() !== Number(day)
  ) {
    return undefined;
  }
  return { low, high: next({ low, year, month, day, minute, second, fraction }) - 1 };
}

function next(parts: {
  low: number;
  year: string | undefined;
  month: string | undefined;
  day: string | undefined;
  minute: string | undefined;
  second: string | undefined;
  fraction: string | undefined;
}): number {
  const { low, year, month, day, minute, second, fraction } = parts;
  if (fraction) return low + 1;
  if (second) return low + 1_000;
  if (minute) return low + 60_000;
  if (day) return low + 86_400_000;
  if (month) return Date.UTC(Number(year), Number(month), 1);
  return Date.UTC(Number(year) + 1, 0, 1);
}
