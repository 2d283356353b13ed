import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOME_MIGRATIONS } from '../../../../agent/home/journal/schema.ts';
import { exportedLines } from '../../../../agent/home/store/export.ts';
import { mergeStore } from '../../../../agent/home/store/merge.ts';
import { openOrMend, storeIn } from '../../../../agent/home/store/open.ts';
import { openStore } from '../../../../agent/store.ts';
import { again, KEY, settled, temporary } from '../household.ts';
import { damagePage, leavesOf } from './damage.ts';
import { answering, lived, measure, readingIds } from './lived.ts';

const NOW = Date.parse('2026-03-03T10:00:00Z');

/** A home whose damaged store was kept aside; `copy` is the same file from before the damage. */
async function brokenOnce() {
  const home = await lived(80);
  const copy = join(temporary(), 'home.db');
  cpSync(storeIn(home.folder), copy);
  const whole = again(home);
  const ids = readingIds(whole);
  await whole.stop();
  const [capture = 0] = leavesOf(copy, 'capture');
  for (const leaf of [capture, ...leavesOf(copy, 'reading').slice(0, 6)]) {
    damagePage(storeIn(home.folder), leaf);
  }
  const { db, replaced } = openOrMend({ folder: home.folder, key: KEY, now: () => NOW });
  db.close();
  const after = again(home);
  answering(after);
  await after.round.deriveWaiting();
  await measure(after, 80, 5);
  await settled(after, 5);
  const present = readingIds(after);
  await after.stop();
  return { home, copy, ids, present, aside: replaced?.aside ?? '' };
}

test('what can be read later is added once, under the ids it had; nothing that was delivered is sent again', async () => {
  const { home, copy, ids, present } = await brokenOnce();
  const isLost = (id: string) => !present.includes(id);
  expect(ids.filter(isLost).length).toBeGreaterThan(0);
  const before = readFileSync(copy);
  const merge = () => mergeStore({ aside: copy, folder: home.folder, key: KEY, now: NOW });
  const first = merge();
  expect(first.tables.find(({ table }) => table === 'reading')).toEqual({
    table: 'reading',
    saved: ids.filter(isLost).length,
    lost: 0,
  });
  expect(readFileSync(copy)).toEqual(before);
  const second = merge();
  expect(second.tables.filter(({ saved }) => saved > 0)).toEqual([]);
  const after = again(home);
  answering(after);
  await after.round.deriveWaiting();
  await after.round.run();
  expect(readingIds(after)).toEqual([...new Set([...ids, ...present])].sort());
  expect(after.views.audit().firstBroken).toBeUndefined();
  await measure(after, 90, 1);
  await settled(after, 1);
  expect(after.received()).toHaveLength(1);
  await after.stop();
});

test('a permission that was withdrawn since does not come back with the former store', async () => {
  const { home, copy } = await brokenOnce();
  const present = again(home);
  await present.decisions.withdrawPermission('test', home.permission.id);
  await present.stop();
  mergeStore({ aside: copy, folder: home.folder, key: KEY, now: NOW });
  const after = again(home);
  answering(after);
  expect(after.permissions.list()).toMatchObject([{ permission: { state: 'withdrawn' } }]);
  await after.stop();
});

test('permissions that were lost with it are not merged back: who gave them may have thought otherwise since', async () => {
  const home = await lived(20);
  const copy = join(temporary(), 'home.db');
  cpSync(storeIn(home.folder), copy);
  damagePage(storeIn(home.folder), leavesOf(copy, 'permission')[0] ?? 0);
  openOrMend({ folder: home.folder, key: KEY, now: () => NOW }).db.close();
  mergeStore({ aside: copy, folder: home.folder, key: KEY, now: NOW });
  const after = again(home);
  expect(after.permissions.list()).toEqual([]);
  await after.stop();
});

test('a former store from before somebody was erased is not merged: it would bring them back', async () => {
  const { home, copy } = await brokenOnce();
  const present = again(home);
  await present.committer.commit(() =>
    present.audit.append({ at: NOW, actor: 'test', action: 'person-erased', detail: {} }),
  );
  const rows = present.readings.recent(999).length;
  await present.stop();
  expect(() => mergeStore({ aside: copy, folder: home.folder, key: KEY, now: NOW })).toThrow(
    expect.objectContaining({ code: 'store-before-erasure' }),
  );
  const after = again(home);
  expect(after.readings.recent(999)).toHaveLength(rows);
  await after.stop();
});

test('a device that was paired anew meanwhile: what the former store has of it is its own', async () => {
  const { home, copy, ids } = await brokenOnce();
  const folder = temporary();
  const other = again(home, { folder });
  const person = await other.decisions.addPerson('test', 'Kari Example');
  const { id } = await other.adopt();
  await other.decisions.assignDevice('test', id, { owner: person.id });
  await other.stop();
  mergeStore({ aside: copy, folder, key: KEY, now: NOW });
  const after = again(home, { folder });
  expect(readingIds(after)).toEqual(ids);
  expect(new Set(after.readings.recent(999).map(({ device }) => device))).toEqual(new Set([id]));
  expect(after.devices.list()).toHaveLength(1);
  await after.stop();
});

test('a former store of an older format is brought up to date beside it, and merged', async () => {
  const { home, copy, ids } = await brokenOnce();
  const folder = temporary();
  const old = join(folder, 'old.db');
  const db = openStore({ file: old, key: KEY, migrations: HOME_MIGRATIONS.slice(0, 3) });
  db.prepare("INSERT INTO person (id, name, added_at) VALUES ('somebody', 'Somebody', 1)").run();
  db.close();
  const report = mergeStore({ aside: old, folder: home.folder, key: KEY, now: NOW });
  expect(report.tables.filter(({ saved }) => saved > 0)).toEqual([
    { table: 'person', saved: 1, lost: 0 },
  ]);
  expect(ids.length).toBeGreaterThan(0);
  expect(copy).not.toBe(old);
});

test('an export has every row that can be read, says where some are missing, and holds no key', async () => {
  const { home, copy, aside, ids } = await brokenOnce();
  const gaps = new Set<string>();
  const rows = [...exportedLines({ file: aside, key: KEY, onGap: (table) => gaps.add(table) })].map(
    (line) => JSON.parse(line) as { table: string; id: string },
  );
  expect([...gaps].sort()).toEqual(['capture', 'reading']);
  const of = (table: string) => rows.filter((row) => row.table === table);
  expect(of('reading').length).toBeLessThan(ids.length);
  expect(of('reading').length).toBeGreaterThan(0);
  expect(of('person')).toMatchObject([{ name: 'Kari Example' }]);
  expect(of('permission')).toMatchObject([{ resource: { resourceType: 'Consent' } }]);
  const whole = [...exportedLines({ file: copy, key: KEY, onGap: () => gaps.add('none') })];
  expect(gaps.has('none')).toBe(false);
  expect(whole.join('\n')).not.toMatch(/gateway-key|advertisement_key|user_code/);
  expect(home.folder).not.toBe('');
});

test('an export holds events and what was told of sharing; an older store lacks a table, and no row of it', async () => {
  const folder = temporary();
  const rowsOf = (name: string, formats?: number) => {
    const file = join(folder, name);
    const migrations = HOME_MIGRATIONS.slice(0, formats);
    const db = openStore({ file, key: KEY, migrations });
    db.exec(`INSERT INTO person (id, name, added_at) VALUES ('kari', 'Kari Example', 1);
      INSERT INTO event (id, recipient, person, at, body)
        VALUES ('one', 'care', 'kari', 1, '{"kind":"missing"}')`);
    if (formats === undefined) {
      db.exec(`INSERT INTO sharing_notice
        VALUES ('kari', 'care', 7, 'two', 'consent-ended', 1, '{"kind":"sharing"}', NULL)`);
    }
    db.close();
    const gaps: string[] = [];
    const lines = [...exportedLines({ file, key: KEY, onGap: (table) => gaps.push(table) })];
    return { rows: lines.map((line) => JSON.parse(line)), gaps };
  };
  const now = rowsOf('now.db');
  expect(now.gaps).toEqual([]);
  expect(now.rows).toMatchObject([
    { table: 'person' },
    { table: 'event', id: 'one', body: { kind: 'missing' } },
    { table: 'sharing_notice', id: 'two', cause: 'consent-ended', body: { kind: 'sharing' } },
  ]);
  const old = rowsOf('old.db', 3);
  expect(old.gaps).toEqual([]);
  expect(old.rows.map(({ table }) => table)).toEqual(['person', 'event']);
});
