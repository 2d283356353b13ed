import { defineConfig } from 'vitest/config';

/**
 * How long a thing is waited for. Tests judge no durations, and a limit that is not reached costs
 * nothing: these are for a machine that is many times slower than one at rest, and short of what a
 * test may take, so that what did not come is named.
 */
const expectation = { poll: { timeout: 60_000 } };

/** Groups run one after another: what is timed or boots a machine has the cores to itself. */
export default defineConfig({
  test: {
    reporters: ['./test/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/radio/**', 'test/crash/**', 'test/pages/**'],
          sequence: { groupOrder: 1 },
          // They wait for the disk and for time more than for a core.
          maxWorkers: 4,
          testTimeout: 150_000,
          hookTimeout: 150_000,
          expect: expectation,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: ['test/integration/demo/**'],
          sequence: { groupOrder: 2 },
          // They wait for the disk and for each other's time more than for a core; each has ports of its own.
          maxWorkers: 3,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: expectation,
        },
      },
      {
        test: {
          name: 'demo',
          include: ['test/integration/demo/**/*.test.ts'],
          sequence: { groupOrder: 6 },
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
          expect: expectation,
        },
      },
      {
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          sequence: { groupOrder: 3 },
          // Each loads both cores; an emulated machine beside another program may not come up in time.
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
          expect: expectation,
        },
      },
      {
        test: {
          name: 'pages',
          include: ['test/pages/**/*.test.ts'],
          exclude: process.env.IOMT_PAGES === 'all' ? [] : ['test/pages/long-words.test.ts'],
          sequence: { groupOrder: 4 },
          // They wait for a page or a device more than for a core.
          maxWorkers: 3,
          testTimeout: 600_000,
          hookTimeout: 300_000,
          expect: expectation,
        },
      },
      {
        test: {
          name: 'radio',
          include: ['test/radio/**/*.test.ts'],
          sequence: { groupOrder: 5 },
          fileParallelism: false,
          testTimeout: 960_000,
          hookTimeout: 960_000,
        },
      },
    ],
  },
});
