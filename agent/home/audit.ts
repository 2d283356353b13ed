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

/** Append-only, hash-chained trail of people's decisions (promises 3 and 4). Call `append` inside the decision's own commit. */
export function createAudit(db: Database) {
  const last = db.prepare<[], Row>('SELECT * FROM audit ORDER BY seq DESC LIMIT 1');
  const insert = db.prepare(
    'INSERT INTO audit VALUES (@seq, @at, @actor, @action, @detail, @previous, @hash)',
  );
  const all = db.prepare<[], Row>('SELECT * FROM audit ORDER BY seq');
  return {
    append(entry: {
      at: number;
      actor: string;
      action: string;
      detail: Record<string, unknown>;
    }): void {
      const before = last.get();
      const row = {
        seq: (before?.seq ?? 0) + 1,
        at: entry.at,
        actor: entry.actor,
        action: entry.action,
        detail: JSON.stringify(entry.detail),
        previous: before?.hash ?? GENESIS,
      };
      insert.run({ ...row, hash: hashOf(row) });
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
