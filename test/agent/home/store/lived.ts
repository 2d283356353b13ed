import { bloodPressure, cuff } from '../frames.ts';
import { type Household, type Options, settled, usual } from '../household.ts';

/** Answers as a municipality does, with a receipt. */
export function answering(home: Household): void {
  home.transports.get('care')?.answer(({ id }) => ({
    outcome: 'delivered',
    receipt: { id, state: 'received', at: '2026-03-02T09:00:00Z' },
  }));
}

/** Measurements, each its own, a minute apart. */
export async function measure(home: Household, from: number, count: number): Promise<void> {
  for (let n = from; n < from + count; n += 1) {
    home.time.now += 60_000;
    await cuff(home, bloodPressure({ systolic: 100 + (n % 100) }));
  }
}

/** A home with its own cuff and readings that were delivered, closed. */
export async function lived(count = 60, options: Options = {}) {
  const home = await usual(options);
  answering(home);
  await measure(home, 0, count);
  await settled(home, count);
  await home.stop();
  return home;
}

/** Identities that a receiver tells Observations apart by. */
export const readingIds = (home: Household): string[] =>
  home.readings
    .recent(9_999)
    .map(({ id }) => id)
    .sort();
