import type { LocalDateTime } from '../adapters/measurement.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Offsets change on a quarter of an hour at the earliest, so one answer holds for this long. */
const OFFSET_STEP_MS = 15 * MINUTE_MS;

const formats = new Map<string, Intl.DateTimeFormat>();
/** Answers kept for each zone: a page of a year's readings asks for each of its days. */
const STEPS_MAX = 1_000;
const offsets = new Map<string, Map<number, number>>();

function format(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const fresh = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(zone, fresh);
  return fresh;
}

/** The zone of this process, if it was told. */
let own: string | undefined;

/**
 * Makes a home's zone that of this process, as `TZ` would: its offsets are then told by Date, for which
 * nothing of Intl is loaded, 8 MB and a sixth of a start. A zone that goes by another name in the database
 * of this runtime is left to Intl. For a program to call, once.
 */
export function setOwnZone(zone: string): void {
  if (!Intl.supportedValuesOf('timeZone').includes(zone)) return;
  process.env.TZ = zone;
  own = zone;
}

/** True for a zone of the IANA database that this runtime knows. */
export function isZone(zone: string): boolean {
  try {
    format(zone);
    return true;
  } catch {
    return false;
  }
}

/** Minutes to add to UTC for wall-clock time in the zone at that instant. Throws on an unknown zone. */
export function offsetMinutes(ms: number, zone: string): number {
  const day = Math.floor(ms / DAY_MS) * DAY_MS;
  const begins = offsetAt(day, zone);
  // No zone of the database ever changed twice in one day of UTC: what both its ends have, all of it has.
  if (begins === offsetAt(day + DAY_MS, zone)) return begins;
  return offsetAt(Math.floor(ms / OFFSET_STEP_MS) * OFFSET_STEP_MS, zone);
}

function offsetAt(at: number, zone: string): number {
  const known = offsets.get(zone) ?? new Map<number, number>();
  const told = known.get(at);
  if (told !== undefined) return told;
  const minutes = zone === own ? 0 - new Date(at).getTimezoneOffset() : formatted(at, zone);
  if (known.size >= STEPS_MAX) known.clear();
  offsets.set(zone, known.set(at, minutes));
  return minutes;
}

function formatted(at: number, zone: string): number {
  const part: Record<string, string> = {};
  for (const { type, value } of format(zone).formatToParts(at)) part[type] = value;
  const local = Date.parse(
    `${part.year?.padStart(4, '0')}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}Z`,
  );
  return Math.round((local - at) / MINUTE_MS);
}

/** Wall-clock time in the zone, as if it were UTC: for differences with a device's own time. */
export function localMs(ms: number, zone: string): number {
  return ms + offsetMinutes(ms, zone) * MINUTE_MS;
}

/**
 * Instant as FHIR wants it, with the zone's offset at that instant: `2026-11-20T07:31:12+01:00`.
 * Milliseconds are written when there are any, as they were known.
 */
export function instantText(ms: number, zone: string): string {
  const minutes = offsetMinutes(ms, zone);
  const local = new Date(ms + minutes * MINUTE_MS).toISOString();
  const time = local.endsWith('.000Z') ? local.slice(0, -5) : local.slice(0, -1);
  const away = Math.abs(minutes);
  const pad = (n: number) => String(n).padStart(2, '0');
  return `${time}${minutes < 0 ? '-' : '+'}${pad(Math.floor(away / 60))}:${pad(away % 60)}`;
}

/** What a wall-clock time can mean in a zone. */
export type LocalMeaning =
  | { readonly kind: 'one'; readonly ms: number }
  /** The clocks were set back: it was that time twice. */
  | { readonly kind: 'two'; readonly earlier: number; readonly later: number }
  /** The clocks were set forward over it: it never was that time. */
  | { readonly kind: 'none' };

/**
 * Instants, ms UTC, at which the zone's clocks showed that time. Nothing is chosen here: on the night
 * of the change the caller must know more (standards 3.3). An unreadable time has no meaning.
 */
export function localMeaning(local: LocalDateTime, zone: string): LocalMeaning {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return { kind: 'none' };
  const around = new Set([asUtc - DAY_MS, asUtc + DAY_MS].map((ms) => offsetMinutes(ms, zone)));
  const found = [...around]
    .map((minutes) => asUtc - minutes * MINUTE_MS)
    .filter((ms) => localMs(ms, zone) === asUtc)
    .sort((a, b) => a - b);
  const [earlier, later] = found;
  if (earlier === undefined) return { kind: 'none' };
  return later === undefined ? { kind: 'one', ms: earlier } : { kind: 'two', earlier, later };
}

/** Offset part of an instant: `+01:00`. */
export function offsetOf(instant: string): string {
  return /(?:Z|[+-]\d\d:\d\d)$/.exec(instant)?.[0] ?? 'Z';
}
