import { expect, test } from 'vitest';
import { createWay } from '../../../../agent/home/outbox/way.ts';

const LIMITS = { retryMinMs: 1_000, retryMaxMs: 60_000 };

test.each([
  ['nothing', undefined, 2_000],
  ['no wait at all, which is not obeyed', 0, 2_000],
  ['a longer wait than our own', 30_000, 30_000],
])('a receiver that asks for %s is called after our own wait at the earliest', (_, asked, wait) => {
  let now = 1_000_000;
  const way = createWay({ limits: LIMITS, realNow: () => now, random: () => 1 });
  expect(way.failed('busy', way.mark(), asked)).toBe(true);
  expect(way.isResting()).toBe(true);
  now += wait - 1;
  expect(way.isResting()).toBe(true);
  now += 1;
  expect(way.isResting()).toBe(false);
});
