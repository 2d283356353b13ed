import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { openOrMend, storeIn } from '../../../../agent/home/store/open.ts';
import { setAside } from '../../../../agent/home/store/replacement.ts';
import { again, bloodPressure, cuff, type Household, KEY, settled, usual } from '../household.ts';
import { damagePage, leavesOf } from './damage.ts';

const open = (folder: string, now = Date.parse('2026-03-03T10:00:00Z')) =>
  openOrMend({ folder, key: KEY, now: () => now });

/** Answers as a municipality does, with a receipt. */
function answering(home: Household): void {
  home.transports.get('care')?.answer(({ id }) => ({
    outcome: 'delivered',
    receipt: { id, state: 'received', at: '2026-03-02T09:00:00Z' },
  }));
}

async function taken(home: Household, from: number, count: number) {
  for (let n = from; n < from + count; n += 1) {
    home.time.now += 60_000;
    await cuff(home, bloodPressure({ systolic: 100 + (n % 100) }));
  }
}

/** A home with its own cuff and many readings, delivered, and closed. */
async function lived(count = 120) {
  const home = await usual();
  answering(home);
  await taken(home, 0, count);
  await settled(home, count);
  await home.stop();
  return home;
}

test('a damaged page: the file is kept as it is, the rest is copied, and capturing goes on', async () => {
  const home = await lived();
  const file = storeIn(home.folder);
  const [, leaf = 0] = leavesOf(file, 'capture');
  damagePage(file, leaf);
  const before = readFileSync(file);
  const { db, replaced } = open(home.folder);
  expect(replaced?.reason).toBe('corrupt');
  expect(basename(replaced?.aside ?? '')).toBe('home.db.corrupt-20260303T100000Z');
  expect(readFileSync(replaced?.aside ?? '')).toEqual(before);
  const lost = replaced?.tables.filter((one) => one.lost !== 0);
  expect(lost?.map(({ table }) => table)).toEqual(['capture']);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
  const after = again(home);
  expect(after.readings.recent(999)).toHaveLength(120);
  await taken(after, 120, 3);
  await settled(after, 3);
  expect(after.received()).toHaveLength(3);
  await after.stop();
  expect(setAside(file)).toHaveLength(1);
  expect(existsSync(join(home.folder, 'home.db.draft'))).toBe(false);
});
