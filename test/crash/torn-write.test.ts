import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRandom } from '../../adapters/simulated/random.ts';
import { openStore } from '../../agent/store.ts';
import { tearWal } from './torn-write.ts';

const folder = mkdtempSync(join(tmpdir(), 'torn-write-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const key = new Uint8Array(32).fill(5);
const migrations = ['CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT) STRICT'];
const COMMITS = 5;

/** A store as kill -9 leaves it, torn; how many of its commits are there when it is opened again. */
function tornStore(seed: number, lastEffectAt: number, begun = 0) {
  const file = join(folder, `${seed}-${lastEffectAt}-${begun}.db`);
  const live = openStore({ file: `${file}.live`, key, migrations });
  const insert = live.prepare('INSERT INTO t (text) VALUES (?)');
  for (let n = 0; n < COMMITS; n += 1) insert.run('x'.repeat(6_000));
  for (const end of ['', '-wal']) copyFileSync(`${file}.live${end}`, `${file}${end}`);
  live.close();
  // The beginning of the next write.
  appendFileSync(`${file}-wal`, Buffer.alloc(begun, 1));
  const torn = tearWal(file, { lastEffectAt, random: createRandom(seed) });
  const db = openStore({ file, key, migrations });
  const left = db.prepare<[], number>('SELECT count(*) FROM t').pluck().get();
  db.close();
  return { torn, left };
}

test('what somebody was told of is never torn; a last transaction that nobody was told of may be', () => {
  const seeds = Array.from({ length: 12 }, (_, seed) => seed);
  for (const seed of seeds) {
    expect(tornStore(seed, Number.POSITIVE_INFINITY)).toEqual({ torn: 'beyond', left: COMMITS });
  }
  for (const seed of seeds)
    expect(tornStore(seed, 0, 24)).toEqual({ torn: 'beyond', left: COMMITS });
  const untold = seeds.map((seed) => tornStore(seed, 0));
  for (const { left } of untold) expect([COMMITS - 1, COMMITS]).toContain(left);
  expect(untold.some(({ torn, left }) => torn === 'transaction' && left === COMMITS - 1)).toBe(
    true,
  );
});
