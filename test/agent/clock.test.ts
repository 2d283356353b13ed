import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { acceleratedClock, systemClock, systemClockOf } from '../../agent/clock.ts';
import { until } from '../support/until.ts';

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

test('a receiver that says the same time vouches for the clock; one that says another does not', () => {
  vi.stubEnv('PATH', '/nowhere');
  try {
    const clock = systemClockOf('system');
    if (existsSync('/run/systemd/timesync/synchronized')) return;
    expect(clock.trusted()).toBe(false);
    for (const off of [-121_000, 121_000, Number.NaN]) clock.vouch?.(Date.now() + off);
    expect(clock.trusted()).toBe(false);
    clock.vouch?.(Date.now() - 100_000);
    expect(clock.trusted()).toBe(true);
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a clock may be trusted by configuration', () => {
  expect(systemClockOf('assume-trusted')).toBe(systemClock);
  expect(systemClock.trusted()).toBe(true);
});

test.skipIf(existsSync('/run/systemd/timesync/synchronized'))(
  'while the clock is not synchronised the machine is asked again, and nobody waits for its answer',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clock-'));
    const machine = (says: string) =>
      writeFileSync(join(folder, 'timedatectl'), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      machine('echo no');
      const clock = systemClockOf('system');
      expect(clock.trusted()).toBe(false);
      // Its answer comes only when somebody opens the gate: who waited for it would wait in vain.
      machine(
        `echo asked >> ${folder}/asked; while [ ! -e ${folder}/gate ]; do sleep 0.01; done; echo yes`,
      );
      expect(clock.trusted()).toBe(false);
      vi.advanceTimersByTime(10_001);
      expect(clock.trusted()).toBe(false);
      writeFileSync(join(folder, 'gate'), '');
      vi.useRealTimers();
      await until(() => clock.trusted(), 'the answer');
      // It was the first one's answer: nobody gave up waiting and asked anew.
      expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('asked\n');
    } finally {
      vi.useRealTimers();
      vi.unstubAllEnvs();
    }
  },
);
