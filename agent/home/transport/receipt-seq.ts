import type { Database } from '../../store.ts';
import { onRollback } from '../journal/committer.ts';

/**
 * The highest receipt number below which none is missing, per municipality. It is what the retained
 * status tells: later ones are sent again, so a lost receipt, also a `read`, comes again.
 */
export function createReceiptSeq(db: Database, link: string) {
  const name = `receipt-seq/${link}`;
  const load = db.prepare<[string], number>('SELECT value FROM counter WHERE name = ?').pluck();
  const save = db.prepare(
    'INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  let highest = load.get(name) ?? 0;
  /** Stored, but with a gap before them; forgotten at a restart: then they come again. */
  const ahead = new Set<number>();
  // Told to the municipality, a number that the disk refused would be a `read` lost for good.
  onRollback(db, () => {
    highest = load.get(name) ?? 0;
    ahead.clear();
  });
  return {
    current: () => highest,
    /** Call inside the commit that stores the receipt. */
    stored(seq: number): void {
      if (seq <= highest) return;
      ahead.add(seq);
      let next = highest;
      while (ahead.delete(next + 1)) next += 1;
      if (next !== highest) save.run(name, next);
      highest = next;
    },
  };
}
