import { expect, test } from 'vitest';
import { ageText } from '../../../../agent/home/portal/times.ts';

const ZONE = 'Europe/Oslo';
const at = (text: string) => Date.parse(text);
const age = (then: string, now: string, language: 'nb' | 'nn' | 'en' = 'en') =>
  ageText(at(then), at(now), ZONE, language, 'just now');

test('an age goes by the calendar of the home: yesterday is never today, nor some hours ago', () => {
  expect(age('2026-03-02T22:59:00Z', '2026-03-02T23:01:00Z')).toBe('yesterday');
  expect(age('2026-03-02T23:01:00Z', '2026-03-03T22:59:00Z')).toBe('23 hours ago');
  expect(age('2026-03-02T12:00:00Z', '2026-03-02T12:00:40Z')).toBe('just now');
  expect(age('2026-03-02T12:00:00Z', '2026-03-02T12:59:59Z')).toBe('59 minutes ago');
  expect(age('2026-02-25T12:00:00Z', '2026-03-02T12:00:00Z')).toBe('5 days ago');
  // A night of 23 hours and one of 25.
  expect(age('2026-03-28T12:00:00Z', '2026-03-29T11:00:00Z')).toBe('yesterday');
  expect(age('2026-10-24T12:00:00Z', '2026-10-25T13:00:00Z')).toBe('yesterday');
});

test('each language has its own, and what lies ahead of the clock has no age', () => {
  expect(age('2026-03-01T12:00:00Z', '2026-03-02T12:00:00Z', 'nb')).toBe('i går');
  expect(age('2026-03-02T12:00:00Z', '2026-03-02T12:05:00Z', 'nn')).toBe('for 5 minutt sidan');
  expect(age('2026-03-02T12:10:00Z', '2026-03-02T12:00:00Z')).toBeUndefined();
});
