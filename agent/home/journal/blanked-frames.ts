import type { Database } from '../../store.ts';
import { onRollback } from './committer.ts';

/** Frames remembered: what belongs to one comes in the same visit, near it. */
const REMEMBERED_MAX = 500;

/** What a frame was, as far as others are joined to it. */
interface Blanked {
  readonly device: string;
  readonly session: string;
  readonly source: string;
  readonly bytes: Uint8Array;
}

/**
 * Frames of which nothing may be kept, since they hold an erased reading that its device sent again:
 * their row is emptied in the commit that made it, and of the first of two that belong together in the
 * next. What they held is known in memory only, and only for a visit, so that what follows of the same
 * record is known for the same.
 */
export function createBlankedFrames(db: Database) {
  const empty = db.prepare("UPDATE capture SET bytes = x'' WHERE id = ?");
  const remembered = new Map<number, Blanked>();
  // Row numbers are given again.
  onRollback(db, () => remembered.clear());
  return {
    blank(id: number, frame: Blanked): void {
      empty.run(id);
      // The oldest goes: a Map keeps the order.
      if (remembered.size >= REMEMBERED_MAX) {
        remembered.delete(remembered.keys().next().value ?? id);
      }
      remembered.set(id, frame);
    },
    isBlanked: (id: number) => remembered.has(id),
    /** A row with what it held, where that is remembered. */
    filled<T extends { readonly id: number; readonly bytes: Uint8Array }>(row: T): T {
      const known = row.bytes.length === 0 ? remembered.get(row.id) : undefined;
      return known ? { ...row, bytes: known.bytes } : row;
    },
    /** The newest of a connection that these octets stand in, from the second on. */
    numbered(
      { device, session }: Pick<Blanked, 'device' | 'session'>,
      source: string,
      octets: Buffer,
    ): number | undefined {
      for (const [id, one] of [...remembered].reverse()) {
        const isIts = one.device === device && one.session === session && one.source === source;
        if (isIts && octets.equals(one.bytes.subarray(1, 1 + octets.length))) return id;
      }
      return undefined;
    },
  };
}

export type BlankedFrames = ReturnType<typeof createBlankedFrames>;
