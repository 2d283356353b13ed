import { expect, test } from 'vitest';
import { instantText, localMeaning, offsetMinutes, setOwnZone } from '../../fhir/time.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The offset as a fresh format of Intl tells it. */
function told(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  return (at) => {
    const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
  };
}

test.each([
  'Europe/Oslo',
  'Arctic/Longyearbyen',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Pacific/Apia',
  'Asia/Kathmandu',
])('%s as the zone of the process: the same offsets as Intl tells', (zone) => {
  setOwnZone(zone);
  const other = told(zone);
  const wrong: string[] = [];
  const look = (at: number) => {
    if (offsetMinutes(at, zone) !== other(at)) wrong.push(new Date(at).toISOString());
  };
  for (let at = Date.UTC(1980); at < Date.UTC(2040); at += 5 * DAY_MS) look(at);
  // Each quarter of an hour of the days on which clocks are changed.
  for (let at = Date.UTC(2026, 0); at < Date.UTC(2027, 0); at += DAY_MS) {
    if (other(at) === other(at + DAY_MS)) continue;
    for (let past = 0; past <= DAY_MS; past += HOUR_MS / 4) look(at + past);
  }
  expect(wrong).toEqual([]);
});

test('it is told by Date, and others by Intl as before', () => {
  setOwnZone('Europe/Oslo');
  expect(new Date('2026-07-01T00:00:00Z').getHours()).toBe(2);
  expect(instantText(Date.parse('2026-11-20T06:31:12Z'), 'America/St_Johns')).toBe(
    '2026-11-20T03:01:12-03:30',
  );
  expect(localMeaning('2026-10-25T02:30:00', 'Europe/Oslo')).toEqual({
    kind: 'two',
    earlier: Date.parse('2026-10-25T00:30:00Z'),
    later: Date.parse('2026-10-25T01:30:00Z'),
  });
});

test('a name that this runtime lists under another is left to Intl', () => {
  setOwnZone('Europe/Oslo');
  setOwnZone('Europe/Nowhere');
  expect(process.env.TZ).toBe('Europe/Oslo');
  expect(() => offsetMinutes(0, 'Europe/Nowhere')).toThrow(RangeError);
});
