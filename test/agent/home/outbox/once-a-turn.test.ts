import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { onceATurn } from '../../../../agent/home/outbox/once-a-turn.ts';

test('asked for often it is done at once, and once more in the next turn', async () => {
  let done = 0;
  const ask = onceATurn(() => {
    done += 1;
  });
  ask();
  expect(done).toBe(1);
  for (let n = 0; n < 5; n += 1) ask();
  expect(done).toBe(1);
  await nextTurn();
  expect(done).toBe(2);
  await nextTurn();
  await nextTurn();
  expect(done).toBe(2);
  ask();
  expect(done).toBe(3);
});
