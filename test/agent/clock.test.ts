import { expect, test } from 'vitest';
import { acceleratedClock, systemClock, systemClockOf } from '../../agent/clock.ts';

test('an accelerated clock runs on from its start, as fast as told', () => {
  const realStart = Date.now() - 1_000;
  const clock = acceleratedClock({ startsAt: 5_000_000, realStart, speed: 60 });
  const elapsed = Date.now() - realStart;
  expect(clock.now() - 5_000_000).toBeGreaterThanOrEqual(elapsed * 60);
  expect(clock.trusted()).toBe(true);
});

test('the machine is asked whether its clock is synchronised, and once it is, no more', () => {
  const clock = systemClockOf('system');
  const first = clock.trusted();
  expect(typeof first).toBe('boolean');
  // Within the wait it is not asked again: the answer stays.
  expect(clock.trusted()).toBe(first);
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(60_000);
});

test('a clock may be trusted by configuration', () => {
  expect(systemClockOf('assume-trusted')).toBe(systemClock);
  expect(systemClock.trusted()).toBe(true);
});
