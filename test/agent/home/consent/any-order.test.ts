import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fc, SEED } from '../../../support/property.ts';
import { furnished } from './furnished.ts';
import { steps } from './steps.ts';
import { World } from './world.ts';

/** Thousands by hand, with the same property: CONSENT_RUNS=20000, and PROPERTY_SEED for others. */
const RUNS = Number(process.env.CONSENT_RUNS ?? 300);
const RUN_MS_MAX = 2_000;
/** With every other test on two cores: as many runs as there is time for, and some on any machine. */
const ALL_MS_MAX = process.env.CONSENT_RUNS === undefined ? 7_000 : RUNS * RUN_MS_MAX;
const RUNS_MIN = 10;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  rmSync((await furnished()).folder, { recursive: true, force: true });
});

test(
  'in any order of what people, devices, receivers, clocks and kills do, nothing leaves without a consent that covers it',
  async () => {
    let [handedOver, runs] = [0, 0];
    const end = performance.now() + ALL_MS_MAX;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        if (runs >= RUNS_MIN && performance.now() > end) return;
        const world = new World();
        await world.begin();
        for (const step of all) {
          await world.take(step);
          expect(world.judge.leaks).toEqual([]);
        }
        await world.end();
        expect(world.judge.leaks).toEqual([]);
        handedOver += world.judge.handedOver;
        runs += 1;
      }),
      { numRuns: RUNS },
    );
    // Else the property would hold for a program that sends nothing.
    expect(handedOver).toBeGreaterThan(runs / 4);
    console.log(`${runs} orders, ${handedOver} readings handed over, seed ${SEED}`);
  },
  60_000 + RUNS * RUN_MS_MAX,
);
