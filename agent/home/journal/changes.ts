import type { Database } from '../../store.ts';

/** Something that an open page shows is different now. It holds no value. */
export interface Change {
  readonly what: 'reading' | 'delivery' | 'question' | 'device';
  /** Whom it is about. */
  readonly person?: string | undefined;
  /** Whose device it came from, where nobody is known; without either it may concern anybody. */
  readonly device?: string | undefined;
}

interface Watch {
  readonly listeners: Set<(changes: readonly Change[]) => void>;
  /** Written, and not yet known to be on disk. */
  pending: Change[];
}

/** More at once is said as "anything": pages then look at all they show. */
const PENDING_MAX = 200;
const ANYTHING: readonly Change[] = [
  { what: 'reading' },
  { what: 'delivery' },
  { what: 'question' },
  { what: 'device' },
];

const watches = new WeakMap<Database, Watch>();

/** Tells what was written, once it is on disk; the answer ends it. Without a listener nothing is noted. */
export function onChanges(
  db: Database,
  listener: (changes: readonly Change[]) => void,
): () => void {
  const watch = watches.get(db) ?? { listeners: new Set(), pending: [] };
  watches.set(db, watch);
  watch.listeners.add(listener);
  return () => watch.listeners.delete(listener);
}

/** Called by whoever writes, inside the commit. */
export function noteChange(db: Database, change: Change): void {
  const watch = watches.get(db);
  if (!watch || watch.listeners.size === 0 || watch.pending.length > PENDING_MAX) return;
  watch.pending.push(change);
}

/** Called by the committer when a group is on disk. */
export function tellChanges(db: Database): void {
  const watch = watches.get(db);
  if (!watch || watch.pending.length === 0) return;
  const changes = watch.pending.length > PENDING_MAX ? ANYTHING : watch.pending;
  watch.pending = [];
  for (const listener of watch.listeners) listener(changes);
}
