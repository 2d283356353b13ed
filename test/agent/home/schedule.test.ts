import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { usual } from './household.ts';

const MINUTE = 60_000;

afterEach(() => vi.useRealTimers());

test('all that is due is done at the start, and again every five minutes until the end', async () => {
  vi.useFakeTimers({
    now: Date.parse('2026-03-02T09:01:00Z'),
    toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  });
  const home = await usual();
  /** What is stored meanwhile goes by no clock of ours. */
  const done = async (rounds: number) => {
    while (home.rounds() < rounds) await turn();
    expect(home.rounds()).toBe(rounds);
  };
  home.schedule.start();
  await done(1);
  await vi.advanceTimersByTimeAsync(10_000);
  // Read from the disk.
  await import('node-cron');
  await turn();
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  await done(2);
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  await done(3);
  home.schedule.stop();
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  await turn();
  await done(3);
  vi.useRealTimers();
  await home.stop();
});
