import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createCommitter, onRollback } from '../../../../agent/home/journal/committer.ts';
import { openStore } from '../../../../agent/store.ts';
import { until } from '../../../support/until.ts';
import { KEY, temporary } from '../household.ts';

function bench() {
  const db = openStore({
    file: join(temporary(), 'home.db'),
    key: KEY,
    migrations: ['CREATE TABLE line (text TEXT NOT NULL UNIQUE)'],
  });
  const troubles: (string | undefined)[] = [];
  const faults: string[] = [];
  const committer = createCommitter(db, {
    onTrouble: (code) => troubles.push(code),
    onFault: (code) => faults.push(code),
  });
  const insert = db.prepare('INSERT INTO line VALUES (?)');
  const lines = () => db.prepare('SELECT text FROM line ORDER BY rowid').pluck().all();
  return { db, committer, troubles, faults, write: (text: string) => insert.run(text), lines };
}

test('what comes together shares one sync, in the order it came', async () => {
  const { committer, write, lines } = bench();
  committer.ride(() => write('derived'));
  const all = ['a', 'b', 'c'].map((text) => committer.commit(() => write(text)));
  expect(lines()).toEqual([]);
  await Promise.all(all);
  expect(lines()).toEqual(['derived', 'a', 'b', 'c']);
  expect(committer.stats.groups).toBe(1);
});

test("a work that throws takes its own writes with it and nobody else's, and caches forget", async () => {
  const { db, committer, write, lines, faults } = bench();
  let forgotten = 0;
  onRollback(db, () => {
    forgotten += 1;
  });
  const bad = committer.commit(() => {
    write('half');
    throw new RangeError('a fault');
  });
  const good = committer.keep(() => void write('good'));
  let after = 0;
  committer.ride(
    () => write('good too') && write('good too'),
    () => {
      after += 1;
    },
  );
  await expect(bad).rejects.toThrow(RangeError);
  await good;
  expect(lines()).toEqual(['good']);
  expect(forgotten).toBe(2);
  expect(faults).toEqual(['SQLITE_CONSTRAINT_UNIQUE']);
  expect(after).toBe(1);
});

test('a disk that refuses: decisions are told so, captures wait and are written when it takes', async () => {
  const { db, committer, write, lines, troubles } = bench();
  let forgotten = 0;
  onRollback(db, () => {
    forgotten += 1;
  });
  db.pragma('query_only = ON');
  const capture = committer.keep(() => void write('capture'));
  const decision = committer.commit(() => write('decision'));
  let rode = false;
  committer.ride(
    () => write('derived'),
    () => {
      rode = true;
    },
  );
  await expect(decision).rejects.toMatchObject({ code: 'store-read-only' });
  expect(committer.trouble).toBe('store-read-only');
  expect(rode).toBe(false);
  expect(forgotten).toBeGreaterThan(0);
  db.pragma('query_only = OFF');
  await capture;
  expect(lines()).toEqual(['derived', 'capture']);
  expect(rode).toBe(true);
  expect(troubles).toEqual(['store-read-only', undefined]);
});

test('what may ride is on disk soon without anybody waiting', async () => {
  const { committer, write, lines } = bench();
  committer.ride(() => write('derived'));
  await until(() => lines().length === 1, 'the ride');
});

test('closed under way: who still waits is told, nothing is tried for ever', async () => {
  const { db, committer, write } = bench();
  const waiting = committer.keep(() => void write('late'));
  db.close();
  await expect(waiting).rejects.toMatchObject({ code: 'store-unavailable' });
});

test('of captures that come together one that throws is told so, and every other is written once', async () => {
  const { committer, write, lines } = bench();
  const first = committer.keep(() => void write('first'));
  const refused = committer.keep(() => {
    write('half');
    throw new RangeError('a fault');
  });
  const last = committer.keep(() => void write('last'));
  await expect(refused).rejects.toThrow(RangeError);
  await Promise.all([first, last]);
  expect(lines()).toEqual(['first', 'last']);
  expect(committer.stats.groups).toBe(1);
});

test('a decision is taken once, also when something beside it throws', async () => {
  const { committer, write } = bench();
  let taken = 0;
  const refused = committer.keep(() => {
    throw new RangeError('a fault');
  });
  const decision = committer.commit(() => {
    taken += 1;
    write('decision');
  });
  await expect(refused).rejects.toThrow(RangeError);
  await decision;
  expect(taken).toBe(1);
});

test('what rides waits for a sync of others, but a hundred are worth one', async () => {
  const { committer, write } = bench();
  const ride = (count: number) => {
    for (let at = 0; at < count; at += 1) committer.ride(() => write(`${count} ${at}`));
  };
  ride(99);
  await nextTurn();
  await nextTurn();
  expect(committer.stats.groups).toBe(0);
  ride(1);
  await nextTurn();
  await nextTurn();
  expect(committer.stats.groups).toBe(1);
});
