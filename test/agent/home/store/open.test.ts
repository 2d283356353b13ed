import {
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { createHouseholdCopy } from '../../../../agent/home/store/household-copy.ts';
import { openOrMend, storeIn } from '../../../../agent/home/store/open.ts';
import { setAside } from '../../../../agent/home/store/replacement.ts';
import { codeOf } from '../../../support/code-of.ts';
import { again, agree, KEY, settled, temporary } from '../household.ts';
import { bytesIn, damagePage, leavesOf } from './damage.ts';
import { lived, measure, readingIds } from './lived.ts';

const NOW = Date.parse('2026-03-03T10:00:00Z');
const open = (folder: string, key = KEY) => openOrMend({ folder, key, now: () => NOW });
const lostOf = (replaced: ReturnType<typeof open>['replaced']) =>
  replaced?.tables.filter(({ lost }) => lost !== 0).map(({ table }) => table);

/** As {@link lived}, with the household's copy that a running gateway keeps. */
async function livedWithCopy(count = 60) {
  const home = await lived(count);
  const { db } = open(home.folder);
  createHouseholdCopy(db, home.folder, KEY).refresh();
  db.close();
  return home;
}

test('a damaged page: the file is kept as it is, the rest is copied, and capturing goes on', async () => {
  const home = await lived(120);
  const file = storeIn(home.folder);
  const [, leaf = 0] = leavesOf(file, 'capture');
  damagePage(file, leaf);
  const before = readFileSync(file);
  const { db, replaced } = open(home.folder);
  expect(replaced?.reason).toBe('corrupt');
  expect(basename(replaced?.aside ?? '')).toBe('home.db.corrupt-20260303T100000Z');
  expect(readFileSync(replaced?.aside ?? '')).toEqual(before);
  expect(lostOf(replaced)).toEqual(['capture']);
  expect(replaced?.tables.find(({ table }) => table === 'capture')?.saved).toBeGreaterThan(60);
  db.close();
  const after = again(home);
  expect(after.readings.recent(999)).toHaveLength(120);
  expect(after.views.audit().firstBroken).toBeUndefined();
  await measure(after, 120, 3);
  await settled(after, 3);
  // What was delivered is not sent again.
  expect(after.received()).toHaveLength(3);
  await after.stop();
  expect(setAside(file)).toHaveLength(1);
  expect(existsSync(join(home.folder, 'home.db.draft'))).toBe(false);
});

test('lost readings are derived again from their captures, with the same ids; no number is given twice', async () => {
  const home = await lived(120);
  const file = storeIn(home.folder);
  const whole = again(home);
  const ids = readingIds(whole);
  await whole.stop();
  const [, leaf = 0] = leavesOf(file, 'reading');
  damagePage(file, leaf);
  const { db, replaced } = open(home.folder);
  expect(lostOf(replaced)).toEqual(['reading']);
  expect(replaced?.reopened).toBeGreaterThan(0);
  db.close();
  const after = again(home);
  await after.round.deriveWaiting();
  expect(readingIds(after)).toEqual(ids);
  const last = after.captures.lastId();
  await measure(after, 120, 1);
  expect(after.captures.lastId()).toBeGreaterThan(last + 1_000);
  await after.stop();
});

test('what a person took back stays taken back, though its row is lost', async () => {
  const home = await lived(120);
  const before = again(home);
  const ids = readingIds(before);
  for (const id of ids) await before.decisions.removeReading('test', id);
  await before.stop();
  const [, leaf = 0] = leavesOf(storeIn(home.folder), 'reading');
  damagePage(storeIn(home.folder), leaf);
  open(home.folder).db.close();
  const after = again(home);
  await after.round.deriveWaiting();
  expect(readingIds(after)).toEqual(ids);
  expect(after.readings.counts()).toEqual([{ state: 'removed', held: null, n: 120 }]);
  await after.stop();
});

test('permissions that cannot be read whole are not in force: nothing leaves until one is given', async () => {
  const home = await lived(20);
  const [leaf = 0] = leavesOf(storeIn(home.folder), 'permission');
  damagePage(storeIn(home.folder), leaf);
  const { db, replaced } = open(home.folder);
  expect(replaced?.permissionsLost).toBe(true);
  db.close();
  const after = again(home);
  expect(after.permissions.list()).toEqual([]);
  await measure(after, 20, 2);
  after.committer.flush();
  expect(after.received()).toEqual([]);
  expect(after.views.outbox()).toContainEqual(expect.objectContaining({ state: 'withheld', n: 2 }));
  await after.decisions.givePermission('test', {
    person: after.people.list()[0]?.id ?? '',
    recipient: 'care',
    kinds: ['blood-pressure'],
    from: new Date(home.time.now - 600_000).toISOString(),
  });
  await settled(after, 2);
  await after.stop();
});

test('of many permissions one page is lost: those left may be what was withdrawn later, so none is in force', async () => {
  const home = await lived(5);
  const before = again(home);
  for (let n = 0; n < 12; n += 1) {
    const { id } = await agree(before, home.person.id);
    await before.decisions.withdrawPermission('test', id);
  }
  await before.stop();
  const leaves = leavesOf(storeIn(home.folder), 'permission');
  expect(leaves.length).toBeGreaterThan(2);
  damagePage(storeIn(home.folder), leaves[1] ?? 0);
  const { db, replaced } = open(home.folder);
  const report = replaced?.tables.find(({ table }) => table === 'permission');
  expect(report?.saved).toBeGreaterThan(0);
  expect(db.prepare('SELECT count(*) FROM permission').pluck().get()).toBe(0);
  db.close();
});

test('the first page is damaged: with the household copy it is told from a wrong key, and devices stay known', async () => {
  const home = await livedWithCopy();
  const file = storeIn(home.folder);
  damagePage(file, 1);
  const { db, replaced } = open(home.folder);
  expect(replaced?.reason).toBe('first-page');
  expect(replaced?.tables).toContainEqual({ table: 'person', saved: 1, lost: 'some' });
  db.close();
  const after = again(home);
  expect(after.devices.list()).toMatchObject([{ owner: home.person.id, address: '00005e005301' }]);
  expect(after.permissions.list()).toEqual([]);
  await measure(after, 60, 1);
  expect(after.readings.recent(9)).toMatchObject([{ person: home.person.id }]);
  await after.stop();
});

test('a wrong key, and a first page that nothing vouches for, stop it and change nothing', async () => {
  const home = await livedWithCopy(5);
  const before = bytesIn(home.folder);
  expect(codeOf(() => open(home.folder, new Uint8Array(32).fill(9)))).toBe('store-wrong-key');
  rmSync(join(home.folder, 'household.db'));
  damagePage(storeIn(home.folder), 1);
  const damaged = readFileSync(storeIn(home.folder));
  expect(codeOf(() => open(home.folder))).toBe('store-wrong-key');
  expect(bytesIn(home.folder)).toEqual(
    Object.fromEntries(
      Object.entries({ ...before, 'home.db': damaged }).filter(([name]) => name !== 'household.db'),
    ),
  );
});

test('a file that was cut short: what is before the cut is saved, and capturing goes on', async () => {
  const home = await livedWithCopy(120);
  const file = storeIn(home.folder);
  const { size } = statSync(file);
  for (const part of [0.9, 0.3, 0.02]) {
    const folder = temporary();
    cpSync(home.folder, folder, { recursive: true });
    truncateSync(storeIn(folder), Math.floor(size * part) + 1);
    const before = readFileSync(storeIn(folder));
    const { db, replaced } = open(folder);
    expect(readFileSync(replaced?.aside ?? ''), `${part}`).toEqual(before);
    const saved = Number(db.prepare('SELECT count(*) FROM capture').pluck().get());
    if (part > 0.5) expect(saved).toBeGreaterThan(0);
    db.close();
    const after = again(home, { folder });
    expect(after.devices.list(), `${part}`).toHaveLength(1);
    await measure(after, 120, 1);
    await after.stop();
  }
});

test('twice in one second, as a box without a clock has it: both files are kept', async () => {
  const home = await lived(5);
  const file = storeIn(home.folder);
  const kept: Buffer[] = [];
  for (let n = 0; n < 2; n += 1) {
    damagePage(file, leavesOf(file, 'audit')[0] ?? 0);
    kept.push(readFileSync(file));
    open(home.folder).db.close();
  }
  expect(setAside(file).map((one) => readFileSync(one))).toEqual(kept);
});

test('a log whose store is gone is kept, not thrown away', async () => {
  const home = await livedWithCopy(5);
  const file = storeIn(home.folder);
  rmSync(file);
  writeFileSync(`${file}-wal`, 'what was committed last');
  const { db, replaced } = open(home.folder);
  db.close();
  expect(readFileSync(`${replaced?.aside}-wal`, 'utf8')).toBe('what was committed last');
  expect(setAside(file)).toEqual([replaced?.aside]);
  expect(again(home).devices.list()).toHaveLength(1);
});

test('any page: it opens or says why not, the damaged file is kept, and what is there is whole', async () => {
  const home = await livedWithCopy(40);
  const pages = statSync(storeIn(home.folder)).size / 4096;
  const whole = again(home);
  const ids = new Set(readingIds(whole));
  const lastCapture = whole.captures.lastId();
  await whole.stop();
  let mended = 0;
  for (let page = 1; page <= pages; page += Math.ceil(pages / 20)) {
    const folder = temporary();
    cpSync(home.folder, folder, { recursive: true });
    damagePage(storeIn(folder), page);
    const before = readFileSync(storeIn(folder));
    const { db, replaced } = open(folder);
    expect(db.pragma('integrity_check', { simple: true }), `page ${page}`).toBe('ok');
    expect(db.pragma('foreign_key_check'), `page ${page}`).toEqual([]);
    db.close();
    if (!replaced) continue;
    mended += 1;
    expect(readFileSync(replaced.aside), `page ${page}`).toEqual(before);
    const after = again(home, { folder });
    await after.round.deriveWaiting();
    expect(
      readingIds(after).filter((id) => !ids.has(id)),
      `page ${page}`,
    ).toEqual([]);
    expect(after.devices.list(), `page ${page}`).toHaveLength(1);
    await measure(after, 40, 1);
    expect(after.captures.lastId(), `page ${page}`).toBeGreaterThan(lastCapture + 1);
    await after.stop();
    rmSync(folder, { recursive: true });
  }
  expect(mended).toBeGreaterThan(10);
});
