import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCommitter } from '../../../../agent/home/journal/committer.ts';
import { HOME_MIGRATIONS } from '../../../../agent/home/journal/schema.ts';
import { createReceiptSeq } from '../../../../agent/home/transport/receipt-seq.ts';
import { openStore } from '../../../../agent/store.ts';
import { KEY, temporary } from '../household.ts';

function bench() {
  const file = join(temporary(), 'home.db');
  const db = openStore({ file, key: KEY, migrations: HOME_MIGRATIONS });
  const committer = createCommitter(db, { onTrouble: () => undefined, onFault: () => undefined });
  return { db, committer, seq: createReceiptSeq(db, 'mqtt://broker.example') };
}

test('the number stops before a gap, passes it when it is filled, and outlives a restart', () => {
  const { db, seq } = bench();
  for (const [stored, current] of [
    [1, 1],
    [3, 1],
    [4, 1],
    [1, 1],
    [2, 4],
    [4, 4],
  ] as const) {
    seq.stored(stored);
    expect(seq.current()).toBe(current);
  }
  expect(createReceiptSeq(db, 'mqtt://broker.example').current()).toBe(4);
  expect(createReceiptSeq(db, 'mqtt://another.example').current()).toBe(0);
  db.close();
});

test('a number that the disk refused is not claimed, and is stored when the disk takes again', async () => {
  const { db, committer, seq } = bench();
  await committer.keep(() => seq.stored(1));
  db.pragma('query_only = ON');
  const kept = committer.keep(() => {
    // Written together with the receipt, which the disk refuses after the number was counted.
    seq.stored(2);
  });
  expect(committer.flush()).toBe(false);
  expect(seq.current()).toBe(1);
  db.pragma('query_only = OFF');
  await kept;
  expect(seq.current()).toBe(2);
  expect(createReceiptSeq(db, 'mqtt://broker.example').current()).toBe(2);
  db.close();
});

test('a commit that fails after the number was counted leaves no trace of it', async () => {
  const { db, committer, seq } = bench();
  const failed = committer.keep(() => {
    seq.stored(1);
    throw new Error('fault');
  });
  await expect(failed).rejects.toThrow('fault');
  expect(seq.current()).toBe(0);
  await committer.keep(() => seq.stored(1));
  expect(createReceiptSeq(db, 'mqtt://broker.example').current()).toBe(1);
  db.close();
});
