import { createHash } from 'node:crypto';
import type { Database } from '../store.ts';

/** One line of the audit trail: who did what to whom's data, when. Holds no measurement. */
export interface AuditEntry {
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly hash: string;
}

interface Row {
  seq: number;
  at: number;
  actor: string;
  action: string;
  detail: string;
  previous: string;
  hash: string;
}

const GENESIS = '0'.repeat(64);

function hashOf(row: Omit<Row, 'hash'>): string {
  const text = [row.seq, row.at, row.actor, row.action, row.detail, row.previous].join('\n');
  return createHash('sha256').update(text).digest('hex');
}

const markOf = ({ seq, hash }: Pick<Row, 'seq' | 'hash'>): string => `${seq}:${hash}`;

/**
 * Append-only, hash-chained trail of people's decisions (promises 3 and 4). Call `append` inside the
 * decision's own commit. A line that was changed, taken out or put elsewhere breaks the chain. That its
 * end was cut off, or all of it written anew, can only be seen against a mark kept elsewhere: every act
 * that ends sharing is answered with one, and `iomt audit --has` looks for it.
 */
export function createAudit(db: Database) {
  const last = db.prepare<[], Row>('SELECT * FROM audit ORDER BY seq DESC LIMIT 1');
  const insert = db.prepare(
    'INSERT INTO audit VALUES (@seq, @at, @actor, @action, @detail, @previous, @hash)',
  );
  const all = db.prepare<[], Row>('SELECT * FROM audit ORDER BY seq');
  return {
    /** The mark of the new line: its number and hash. */
    append(entry: {
      at: number;
      actor: string;
      action: string;
      detail: Record<string, unknown>;
    }): string {
      const before = last.get();
      const row = {
        seq: (before?.seq ?? 0) + 1,
        at: entry.at,
        actor: entry.actor,
        action: entry.action,
        detail: JSON.stringify(entry.detail),
        previous: before?.hash ?? GENESIS,
      };
      const hash = hashOf(row);
      insert.run({ ...row, hash });
      return markOf({ ...row, hash });
    },
    /** The mark of the last line. */
    head(): string | undefined {
      const row = last.get();
      return row && markOf(row);
    },
    list(): AuditEntry[] {
      return all.all().map((row) => ({ ...row, detail: JSON.parse(row.detail) }));
    },
    /** The first entry whose hash or link is wrong, or undefined when the chain holds. */
    firstBroken(): number | undefined {
      let previous = GENESIS;
      let seq = 0;
      for (const row of all.iterate()) {
        seq += 1;
        if (row.seq !== seq || row.previous !== previous || row.hash !== hashOf(row))
          return row.seq;
        previous = row.hash;
      }
      return undefined;
    },
  };
}

export type Audit = ReturnType<typeof createAudit>;
