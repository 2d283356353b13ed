import { expect, test, vi } from 'vitest';
import { createQueueLimit } from '../../../../agent/home/outbox/queue-limit.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { settled, usual } from '../household.ts';

function bench() {
  const at = { full: false, ms: 0 };
  const said: boolean[] = [];
  const queue = createQueueLimit({
    isReached: () => at.full,
    monotonic: () => at.ms,
    onChange: (full) => said.push(full),
  });
  return { at, said, queue };
}

test('at its limit the queue keeps the adapter waiting, says so, and lets it go when there is room', async () => {
  vi.useFakeTimers();
  const { at, said, queue } = bench();
  await queue.room();
  Object.assign(at, { full: true, ms: 60_000 });
  const after: string[] = [];
  const waits = queue.room().then(() => after.push('room'));
  await vi.advanceTimersByTimeAsync(300_000);
  expect(after).toEqual([]);
  expect([queue.full(), said]).toEqual([true, [true]]);
  at.full = false;
  await vi.advanceTimersByTimeAsync(60_000);
  await waits;
  expect([queue.full(), said]).toEqual([false, [true, false]]);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test('who waits is let go when the gateway stops', async () => {
  const { at, queue } = bench();
  at.full = true;
  const waits = queue.room();
  queue.stop();
  await waits;
  await queue.room();
});

test('what waits to leave or for a receipt fills the queue, in rows and bytes; what was received does not', async () => {
  const home = await usual();
  const much = 1_000_000_000;
  const full = (queueRowsMax: number, queueBytesMax: number) =>
    home.deliveries.isQueueFull({ queueRowsMax, queueBytesMax });
  await cuff(home, bloodPressure());
  await settled(home, 1);
  expect([full(1, much), full(2, much), full(2, 100), full(2, 10_000)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  await home.outbox.store({ id: home.received()[0]?.id ?? '', state: 'received' });
  expect([full(1, much), full(1, 100)]).toEqual([false, false]);
  await home.stop();
});
