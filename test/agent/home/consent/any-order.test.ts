import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { steps } from './steps.ts';
import { World } from './world.ts';

/** Thousands by hand, with the same property: CONSENT_RUNS=20000, and CONSENT_SEED to repeat one. */
const RUNS = Number(process.env.CONSENT_RUNS ?? 250);
const SEED = Number(process.env.CONSENT_SEED ?? Date.now() % 2 ** 31);
const RUN_MS_MAX = 100;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test(
  'in any order of what people, devices, receivers, clocks and kills do, nothing leaves without a consent that covers it',
  async () => {
    let handedOver = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = new World();
        await world.begin();
        for (const step of all) {
          await world.take(step);
          expect(world.leaks).toEqual([]);
        }
        await world.end();
        expect(world.leaks).toEqual([]);
        handedOver += world.handedOver;
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // Else the property would hold for a program that sends nothing.
    expect(handedOver).toBeGreaterThan(RUNS);
  },
  10_000 + RUNS * RUN_MS_MAX,
);
