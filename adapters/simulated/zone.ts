/** Making one takes a thousand times as long as asking it. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/**
 * What a wall clock in the zone shows at an instant, minus UTC, in milliseconds.
 * @param instant milliseconds since 1970 UTC
 */
export function zoneOffsetMs(zone: string, instant: number): number {
  const format =
    FORMATS.get(zone) ??
    new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  FORMATS.set(zone, format);
  const parts = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName');
  // `GMT`, `GMT+01:00`, `GMT-03:30`
  const match = /([+-])(\d{2}):(\d{2})/.exec(parts?.value ?? '');
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}
