import { expect, test } from 'vitest';
import type { Recognised } from '../../../../agent/home/people/recognised.ts';
import { createFinder, nearnessOf } from '../../../../agent/home/portal/found.ts';
import { withoutIds } from '../../../support/without-ids.ts';

const NOW = Date.parse('2026-03-02T09:00:00Z');
const one = (n: number, over: Partial<Recognised> = {}): Recognised => ({
  address: `00005e00530${n}`,
  services: ['1810'],
  rssi: -60,
  connectable: true,
  at: NOW,
  ...over,
});

/** A finder whose radio and clocks are in the test's hand. */
function stage(...heard: Recognised[]) {
  const air = { heard, now: NOW, real: 0 };
  const finder = createFinder({
    seen: () => air.heard,
    secret: new Uint8Array(32).fill(1),
    now: () => air.now,
    realNow: () => air.real,
  });
  return { air, finder };
}
const none = () => false;

test('what fits comes nearest first, what fits another kind not at all, and what fits none apart', () => {
  const { finder } = stage(
    one(1, { rssi: -80 }),
    one(2, { rssi: -50 }),
    one(3, { services: ['181d'] }),
    one(4, { services: ['feff'], name: 'A lamp' }),
    one(5, { rssi: -40 }),
  );
  const list = finder.list('cuff', (address) => address === '00005e005305');
  expect(list.fitting.map(({ signal, look }) => [signal, look])).toEqual([
    [3, 'cuff'],
    [1, 'cuff'],
  ]);
  expect(list.others.map(({ name }) => name)).toEqual(['A lamp']);
  expect(finder.list(undefined, none).fitting).toHaveLength(4);
});

test('a model that is known by its name counts as what it is, whatever it offers', () => {
  const scale = one(1, { services: ['ffff'], name: 'BF720', modelKey: 'beurer-bf720' });
  const { finder } = stage(scale);
  expect(finder.list('scale', none).fitting).toHaveLength(1);
  expect(finder.list('cuff', none)).toEqual({ fitting: [], others: [] });
});

test('a page holds a handle instead of the address, and it leads back while the device is heard', () => {
  const { air, finder } = stage(one(1));
  const [found] = finder.list('cuff', none).fitting;
  expect(withoutIds(JSON.stringify(found))).not.toContain('5e0053');
  expect(finder.resolve(found?.handle ?? '')?.address).toBe('00005e005301');
  air.heard = [];
  expect(finder.resolve(found?.handle ?? '')).toBeUndefined();
});

test('one that is carried to the box, or away from it, is told from those that lie still', () => {
  const { air, finder } = stage(one(1, { rssi: -72 }), one(2, { rssi: -72 }));
  const moved = () => {
    const list = finder.list('cuff', none).fitting;
    return Object.fromEntries(
      list.map((found) => [finder.resolve(found.handle)?.address, found.moved]),
    );
  };
  expect(moved()).toEqual({ '00005e005301': undefined, '00005e005302': undefined });
  air.real = 3_000;
  air.heard = [one(1, { rssi: -48 }), one(2, { rssi: -75 })];
  expect(moved()).toEqual({ '00005e005301': 'closer', '00005e005302': undefined });
  air.real = 60_000;
  expect(moved()).toEqual({ '00005e005301': undefined, '00005e005302': undefined });
  air.real = 63_000;
  air.heard = [one(1, { rssi: -48 }), one(2, { rssi: -90 })];
  expect(moved()).toEqual({ '00005e005301': undefined, '00005e005302': 'farther' });
});

test('one that fell asleep says for how long', () => {
  const { air, finder } = stage(one(1));
  air.now += 14_000;
  expect(finder.list('cuff', none).fitting[0]?.asleepSeconds).toBeUndefined();
  air.now += 20_000;
  expect(finder.list('cuff', none).fitting[0]?.asleepSeconds).toBe(34);
});

test('nearness has four words', () => {
  expect([-100, -85, -70, -55, -30].map(nearnessOf)).toEqual([0, 1, 2, 3, 3]);
});
