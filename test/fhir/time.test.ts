import { describe, expect, test } from 'vitest';
import {
  instantText,
  isZone,
  localMeaning,
  localMs,
  offsetMinutes,
  offsetOf,
} from '../../fhir/time.ts';
import { fc } from '../support/property.ts';

const OSLO = 'Europe/Oslo';
const ms = (text: string) => Date.parse(text);

const DAY = 86_400_000;

test('an instant is written with the offset of that instant', () => {
  expect(instantText(ms('2026-11-20T06:31:12Z'), OSLO)).toBe('2026-11-20T07:31:12+01:00');
  expect(instantText(ms('2026-07-20T06:31:12Z'), OSLO)).toBe('2026-07-20T08:31:12+02:00');
  expect(instantText(ms('2026-11-20T06:12:20.318Z'), OSLO)).toBe('2026-11-20T07:12:20.318+01:00');
  expect(instantText(ms('2026-11-20T06:31:12Z'), 'UTC')).toBe('2026-11-20T06:31:12+00:00');
  expect(instantText(ms('2026-11-20T06:31:12Z'), 'America/St_Johns')).toBe(
    '2026-11-20T03:01:12-03:30',
  );
  expect(instantText(ms('2026-11-20T22:31:12Z'), 'Asia/Kathmandu')).toBe(
    '2026-11-21T04:16:12+05:45',
  );
});

test('the second of the change is already the new offset, the one before is not', () => {
  const change = ms('2026-10-25T01:00:00Z');
  expect(instantText(change - 1000, OSLO)).toBe('2026-10-25T02:59:59+02:00');
  expect(instantText(change, OSLO)).toBe('2026-10-25T02:00:00+01:00');
  const spring = ms('2026-03-29T01:00:00Z');
  expect(instantText(spring - 1000, OSLO)).toBe('2026-03-29T01:59:59+01:00');
  expect(instantText(spring, OSLO)).toBe('2026-03-29T03:00:00+02:00');
});

describe('a wall-clock time', () => {
  test('means one instant on most days', () => {
    expect(localMeaning('2026-11-20T07:31:12', OSLO)).toEqual({
      kind: 'one',
      ms: ms('2026-11-20T06:31:12Z'),
    });
  });
  test('means two when the clocks go back', () => {
    expect(localMeaning('2026-10-25T02:30:00', OSLO)).toEqual({
      kind: 'two',
      earlier: ms('2026-10-25T00:30:00Z'),
      later: ms('2026-10-25T01:30:00Z'),
    });
  });
  test('means none when the clocks go forward over it, or when it is unknown', () => {
    expect(localMeaning('2026-03-29T02:30:00', OSLO)).toEqual({ kind: 'none' });
    expect(localMeaning('0000-00-00T02:30:00', OSLO)).toEqual({ kind: 'none' });
  });
});

const zones = [
  'Europe/Oslo',
  'UTC',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
];

test('an instant survives writing, reading and its own wall clock, in every zone and season', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: ms('2000-01-01T00:00:00Z'), max: ms('2060-01-01T00:00:00Z') }),
      fc.constantFrom(...zones),
      (at, zone) => {
        const text = instantText(at, zone);
        expect(ms(text)).toBe(at);
        const meaning = localMeaning(text.replace(/[+-]\d\d:\d\d$/, ''), zone);
        const found =
          meaning.kind === 'one'
            ? [meaning.ms]
            : meaning.kind === 'two'
              ? [meaning.earlier, meaning.later]
              : [];
        expect(found).toContain(at);
        expect(localMs(at, zone) - at).toBe(offsetMinutes(at, zone) * 60_000);
      },
    ),
    { numRuns: 1000 },
  );
});

test('zones and offsets', () => {
  expect(isZone(OSLO)).toBe(true);
  expect(isZone('Europe/Nowhere')).toBe(false);
  expect(offsetOf('2026-11-20T07:31:12.318+01:00')).toBe('+01:00');
  expect(offsetOf('2026-11-20T07:31:12Z')).toBe('Z');
});

test('on a day of a change, and beside it, each quarter of an hour has its own offset', () => {
  // An hour, half an hour, a whole day, and one that goes back for Ramadan.
  const days = {
    'Europe/Oslo': ['2026-03-29', '2026-10-25'],
    'Australia/Lord_Howe': ['2026-04-04', '2026-10-03'],
    'Pacific/Apia': ['2011-12-30'],
    'Africa/Casablanca': ['2026-02-15', '2026-03-22'],
  };
  for (const [zone, changes] of Object.entries(days)) {
    const direct = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    const told = (at: number) => {
      const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(direct.format(at)) ?? [];
      return (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1);
    };
    for (const change of changes) {
      const from = Date.parse(`${change}T00:00:00Z`) - DAY;
      const offsets = new Set<number>();
      for (let at = from; at < from + 3 * DAY; at += 900_000) {
        expect([zone, at, offsetMinutes(at + 899_999, zone)]).toEqual([zone, at, told(at)]);
        offsets.add(told(at));
      }
      expect([zone, change, offsets.size]).toEqual([zone, change, 2]);
    }
  }
});
