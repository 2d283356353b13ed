import { expect, test } from 'vitest';
import { hasMosquitto } from '../support/mosquitto.ts';
import { type GateResult, judge, median, quantile, type Scale } from './gate.ts';
import { memory } from './memory.ts';
import { buildSubject } from './subject.ts';

test('the median and the quantiles of what was measured', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(quantile([5, 1, 4, 2, 3], 0.99)).toBe(5);
  expect(quantile([5, 1, 4, 2, 3], 0)).toBe(1);
  expect(median([])).toBeNaN();
});

test('a gate is met by its median, with the goal on either side; what was not measured is not met', () => {
  const result = (goal: string, ...values: number[]): GateResult => ({ name: 'g', goal, values });
  expect(judge(result('<= 1.2', 1, 1.2, 9))).toEqual({
    ...{ name: 'g', goal: '<= 1.2', value: 1.2 },
    ...{ met: true, min: 1, max: 9 },
  });
  expect(judge(result('<= 1.2', 1.3)).met).toBe(false);
  expect(judge(result('>= 0.6', 0.6)).met).toBe(true);
  expect(judge(result('>= 0.6', 0.5, 0.5, 7)).met).toBe(false);
  expect(judge(result('<= 2', Number.NaN)).met).toBe(false);
});

const TINY: Scale = {
  rounds: 1,
  burst: 50,
  backlog: 50,
  slow: 10,
  fast: 50,
  starts: 1,
  grown: [10, 20],
};

test.skipIf(!hasMosquitto())(
  'the bench delivers: the built gateway, fed, with receipts stored, gives a figure for each gate',
  async () => {
    await buildSubject();
    const results = await memory.run(TINY);
    expect(results.map(({ name }) => name)).toEqual([
      'idle RSS / bare node',
      'peak RSS in a burst / idle',
    ]);
    // Never judged by size here: only that each was measured.
    for (const { values } of results) {
      expect(values).toHaveLength(1);
      expect(values.every((value) => Number.isFinite(value) && value > 0)).toBe(true);
    }
  },
);
