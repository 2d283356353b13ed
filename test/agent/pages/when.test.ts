import { expect, test } from 'vitest';
import { LANGUAGE_TAGS } from '../../../agent/pages/language.ts';
import { measuredText, type Reader, WHEN, whenText } from '../../../agent/pages/when.ts';
import { fc } from '../../support/property.ts';

const ZONE = 'Europe/Oslo';
const at = (text: string) => Date.parse(text);
const reader = (now: string, over: Partial<Reader> = {}): Reader => ({
  now: at(now),
  zone: ZONE,
  language: 'en',
  length: 'short',
  ...over,
});

test.each([
  ['2026-11-24T23:59:00+01:00', '2026-11-24T07:31:00+01:00', 'today 07:31'],
  // A minute later it was yesterday, though less than a day has gone.
  ['2026-11-25T00:01:00+01:00', '2026-11-24T07:31:00+01:00', 'yesterday 07:31'],
  ['2026-11-25T00:01:00+01:00', '2026-11-24T23:59:00+01:00', 'yesterday 23:59'],
  // In UTC both are one day, and in the other case two.
  ['2026-11-25T00:30:00+01:00', '2026-11-25T00:10:00+01:00', 'today 00:10'],
  ['2026-11-26T07:00:00+01:00', '2026-11-24T07:31:00+01:00', 'Tue 24 Nov 07:31'],
  ['2027-01-02T07:00:00+01:00', '2026-12-29T07:31:00+01:00', 'Tue 29 Dec 2026 07:31'],
  ['2027-01-01T07:00:00+01:00', '2026-12-31T07:31:00+01:00', 'yesterday 07:31'],
  // A clock that was set back: what lies ahead is no day that has a name.
  ['2026-11-24T07:00:00+01:00', '2026-11-25T07:31:00+01:00', 'Wed 25 Nov 07:31'],
  // The day on which the clocks are set forward has 23 hours, the other 25.
  ['2026-03-30T00:10:00+02:00', '2026-03-29T00:20:00+01:00', 'yesterday 00:20'],
  ['2026-03-29T23:50:00+02:00', '2026-03-29T00:20:00+01:00', 'today 00:20'],
  ['2026-10-25T23:50:00+01:00', '2026-10-25T00:10:00+02:00', 'today 00:10'],
  ['2026-10-26T00:10:00+01:00', '2026-10-25T00:10:00+02:00', 'yesterday 00:10'],
  ['2026-10-25T12:00:00+01:00', '2026-10-25T02:30:00+02:00', 'today 02:30 (summer time)'],
  ['2026-10-25T12:00:00+01:00', '2026-10-25T02:30:07.250+01:00', 'today 02:30 (winter time)'],
])('at %s what was at %s is "%s"', (now, ms, text) => {
  expect(whenText(at(ms), reader(now))).toBe(text);
});

test.each([
  ['nb', 'målt i dag kl. 07:31', 'målt tirsdag 24. november kl. 07:31, kom hit i går kl. 10:05'],
  ['nn', 'målt i dag kl. 07:31', 'målt tysdag 24. november kl. 07:31, kom hit i går kl. 10:05'],
  [
    'en',
    'measured today at 07:31',
    'measured Tuesday 24 November at 07:31, arrived yesterday at 10:05',
  ],
] as const)('in %s', (language, today, late) => {
  const now = reader('2026-11-28T12:00:00+01:00', { language, length: 'long' });
  const measuredAt = at('2026-11-28T07:31:00+01:00');
  expect(measuredText({ measuredAt, arrivedAt: measuredAt + 60_000 }, now)).toBe(today);
  const early = at('2026-11-24T07:31:00+01:00');
  const arrivedAt = at('2026-11-27T10:05:00+01:00');
  expect(measuredText({ measuredAt: early, arrivedAt }, now)).toBe(late);
  expect(measuredText({ measuredAt: undefined, arrivedAt }, now)).toBe(
    WHEN[language].measuredUnknown,
  );
});

test('late is more than an hour; on the same day only the time of arrival is told', () => {
  const now = reader('2026-11-24T20:00:00+01:00');
  const measuredAt = at('2026-11-24T07:31:00+01:00');
  const hour = 3_600_000;
  expect(measuredText({ measuredAt, arrivedAt: measuredAt + hour }, now)).toBe(
    'measured today 07:31',
  );
  expect(measuredText({ measuredAt, arrivedAt: measuredAt + hour + 60_000 }, now)).toBe(
    'measured today 07:31, arrived 08:32',
  );
  // Past midnight within the hour is not late.
  const night = at('2026-11-23T23:50:00+01:00');
  expect(measuredText({ measuredAt: night, arrivedAt: night + 20 * 60_000 }, now)).toBe(
    'measured yesterday 23:50',
  );
});

test('while no clock is sure of the day, no day is today', () => {
  const unsure = { zone: ZONE, language: 'nb', now: undefined } as const;
  expect(whenText(at('2026-11-24T07:31:00+01:00'), unsure)).toBe(
    'tirsdag 24. november 2026 kl. 07:31',
  );
});

test('"today" is said of the calendar day of now in the home, and of no other', () => {
  const zones = ['Europe/Oslo', 'America/New_York', 'Pacific/Apia', 'Australia/Lord_Howe', 'UTC'];
  const day = (ms: number, zone: string) =>
    new Intl.DateTimeFormat('sv', { timeZone: zone, dateStyle: 'short' }).format(ms);
  fc.assert(
    fc.property(
      fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') }),
      fc.integer({ min: 0, max: 60 * 3_600_000 }),
      fc.constantFrom(...zones),
      (now, ago, zone) => {
        const text = whenText(now - ago, { now, zone, language: 'en' });
        expect(text.startsWith('today')).toBe(day(now, zone) === day(now - ago, zone));
      },
    ),
  );
});

test('every language has all days and months, and every hole of the others', () => {
  for (const language of LANGUAGE_TAGS) {
    const words = WHEN[language];
    expect(words.weekdays).toHaveLength(7);
    expect(words.shortWeekdays).toHaveLength(7);
    expect(new Set(words.months)).toHaveProperty('size', 12);
    expect(new Set(words.shortMonths)).toHaveProperty('size', 12);
    for (const [key, text] of Object.entries(words)) {
      if (typeof text !== 'string') continue;
      const holes = (of: unknown) => String(of).match(/\{\w+\}/g) ?? [];
      expect([key, holes(text).sort()]).toEqual([
        key,
        holes(WHEN.en[key as keyof typeof WHEN.en]).sort(),
      ]);
    }
  }
});
