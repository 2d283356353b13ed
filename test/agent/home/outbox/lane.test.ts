import { expect, test } from 'vitest';
import type { DeliveryRow } from '../../../../agent/home/outbox/deliveries.ts';
import { createLane } from '../../../../agent/home/outbox/lane.ts';
import { createWay } from '../../../../agent/home/outbox/way.ts';
import { fc } from '../../../support/property.ts';

const NOW = 1_000_000;
const row = (seq: number, device: string, over: Partial<DeliveryRow> = {}): DeliveryRow =>
  ({
    ...{ seq, id: String(seq), device, recipient: 'care', action: 'new', attempts: 0 },
    ...{ notBefore: 0, urgent: false, ...over },
  }) as DeliveryRow;

/** A queue in memory, and a lane that reads it. */
function bench(rows: DeliveryRow[]) {
  const time = { now: NOW, releases: 0, entries: 0 };
  const busy = new Set<string>();
  const after = (from: number) => rows.filter(({ seq }) => seq > from);
  const lane = createLane('care', {
    deliveries: {
      queued: (_, from, limit) => after(from).slice(0, limit),
      queuedOfDevice: (_, device, from, limit) =>
        after(from)
          .filter((one) => one.device === device)
          .slice(0, limit),
      nextDevice: (_, from, which) =>
        rows
          .filter(({ urgent }) => which === 'any' || urgent)
          .map(({ device }) => device)
          .filter((device) => device > from)
          .sort()[0],
      releases: () => time.releases,
      entries: () => time.entries,
    },
    isBusy: (id) => busy.has(id),
    realNow: () => time.now,
  });
  /** Until there is none now, as the outbox asks. */
  const take = (count: number): number[] => {
    const taken: number[] = [];
    for (let one = lane.next(); one; one = lane.next()) {
      taken.push(one.seq);
      if (taken.length === count) break;
    }
    return taken;
  };
  return { rows, lane, busy, time, take };
}

const many = (count: number, device: string, from = 1) =>
  Array.from({ length: count }, (_, n) => row(from + n, device));

test('one that waits for its time holds its own device back, for a minute and five tries at most', () => {
  const waiting = (notBefore: number, attempts: number) =>
    bench([row(1, 'a', { notBefore, attempts }), row(2, 'a'), row(3, 'b')]).take(9);
  expect(waiting(NOW + 60_000, 5)).toEqual([3]);
  expect(waiting(NOW + 60_001, 1)).toEqual([2, 3]);
  expect(waiting(NOW + 1, 6)).toEqual([2, 3]);
  expect(waiting(NOW, 1)).toEqual([1, 2, 3]);
  // Written by a clock that has been set back since.
  expect(waiting(NOW + 90_000_000, 1)).toEqual([1, 2, 3]);
});

test('what is queued again in its old place is the next, for a scout too', () => {
  const { rows, lane, time, take } = bench(many(200, 'a', 301));
  expect(take(70)).toHaveLength(70);
  expect([lane.scout()?.seq, lane.scout()?.seq]).toEqual([301, 302]);
  rows.unshift(...many(200, 'a', 1));
  time.releases += 1;
  expect([take(2), lane.scout()?.seq]).toEqual([[1, 2], 1]);
});

test('while it is being written that it was put off nothing of its device overtakes it, but what takes back does', () => {
  const { lane, busy, take } = bench([
    row(1, 'a'),
    row(2, 'a'),
    row(3, 'b'),
    row(4, 'a', { action: 'retraction' }),
  ]);
  expect(take(1)).toEqual([1]);
  busy.add('1');
  lane.putOff('1');
  expect(take(9)).toEqual([3, 4]);
  busy.delete('1');
  lane.rewind();
  expect(take(9)).toEqual([1, 2, 3, 4]);
});

test('what is on its way holds nothing back', () => {
  const { busy, take } = bench([row(1, 'a'), row(2, 'a')]);
  busy.add('1');
  expect(take(9)).toEqual([2]);
});

test('a device that is held back with a hundred thousand does not have them all read for each other one', () => {
  const rows = [row(1, 'a', { notBefore: NOW + 1_000, attempts: 1 }), ...many(2_000, 'a', 2)];
  const { take } = bench([...rows, row(5_000, 'b')]);
  expect(take(1)).toEqual([5_000]);
});

test('what comes of another device has its turn, and one that was urgent no more than its own afterwards', () => {
  const devices = (seqs: number[]) =>
    seqs.map((seq) => rows.find((one) => one.seq === seq)?.device);
  const { rows, time, take } = bench([
    row(1, 'a', { urgent: true }),
    ...many(300, 'a', 2),
    ...many(300, 'b', 400),
  ]);
  expect(take(4)).toContain(1);
  rows.push(...many(300, 'c', 800));
  time.entries += 1;
  expect(devices(take(8))).toContain('c');
  // It left.
  rows.splice(0, 1);
  const shares = devices(take(40));
  for (const device of ['b', 'c']) {
    expect(shares.filter((one) => one === device).length).toBeGreaterThanOrEqual(6);
  }
});

test('in any mixture all leave, each once, each device in order', () => {
  const devices = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  fc.assert(
    fc.property(fc.array(devices, { minLength: 1, maxLength: 400 }), fc.nat(3), (of, urgent) => {
      const rows = of.map((device, n) =>
        row(n + 1, device, { urgent: device === ['a', 'b', 'c', 'd'][urgent] }),
      );
      const { lane, busy } = bench(rows);
      const left: DeliveryRow[] = [];
      for (let one = lane.next(); one; one = lane.next()) {
        busy.add(one.id);
        left.push(one);
      }
      expect(new Set(left.map(({ seq }) => seq)).size).toBe(rows.length);
      for (const device of new Set(of)) {
        const seqs = left.filter((one) => one.device === device).map(({ seq }) => seq);
        expect(seqs).toEqual(seqs.toSorted((x, y) => x - y));
      }
    }),
  );
});

test('the way: the first goes alone until something got through; others that get through make it the own trouble of one', () => {
  const limits = { retryMinMs: 1_000, retryMaxMs: 60_000 };
  const time = { now: NOW };
  const way = createWay({ limits, realNow: () => time.now, random: () => 1 });
  expect(way.isTroubled()).toBe(true);
  const before = way.mark();
  way.wasAccepted();
  expect(way.isTroubled()).toBe(false);
  expect(way.failed('timeout', before, undefined)).toBe(false);
  expect(way.isResting()).toBe(false);
  expect(way.failed('timeout', way.mark(), undefined)).toBe(true);
  expect([way.isTroubled(), way.isResting()]).toEqual([true, true]);
  time.now -= 1;
  expect(way.isResting()).toBe(false);
  time.now += 1;
  way.online();
  expect([way.isTroubled(), way.isResting()]).toEqual([true, false]);
  // Nothing gets through a way that is down, whatever did meanwhile.
  way.wasAccepted();
  expect(way.failed('offline', before, undefined)).toBe(true);
});

test('the way: unanswered is its trouble as long as none is answered', () => {
  const limits = { retryMinMs: 1_000, retryMaxMs: 60_000 };
  const way = createWay({ limits, realNow: () => NOW, random: () => 1 });
  const mark = way.mark();
  expect([way.wasSilent(mark), way.isSilent()]).toEqual([true, true]);
  way.wasAnswered();
  expect([way.wasSilent(mark), way.isSilent()]).toEqual([false, false]);
  // Of a former run, which nothing is known of.
  expect([way.wasSilent(undefined), way.isSilent()]).toEqual([true, false]);
});
