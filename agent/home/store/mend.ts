import type { Database } from '../../store.ts';
import { createAudit } from '../audit.ts';
import { ERASED } from '../journal/readings.ts';
import { hasLoss, type TableReport } from './salvage.ts';

/** Numbers of captures that a lost page may have held, at most: a gap so wide is left free. */
const CAPTURES_LOST_MAX = 1_000_000;
/** Decisions of people about single readings, as the trail names them. */
const DECIDED = ['reading-removed', 'reading-assigned', 'reading-dated'];

export interface Mended {
  /** Permissions could not be read whole: none is in force, people have to give them again. */
  readonly permissionsLost: boolean;
  /** Rows that name a device that is lost: they stay in the file that was kept aside. */
  readonly leftBehind: number;
  /** Captures whose readings were lost: derived again at the next start, with the same ids. */
  readonly reopened: number;
}

/**
 * Makes what was salvaged a store that keeps the promises. Never leaked: a permission whose later
 * versions may be lost could be one that was withdrawn, so they are all there or none is. Never
 * doubled: no capture gets a number that another had, since timelines and readings are named by them.
 * Never lost: captures whose readings are gone are derived again, but for those that a person decided
 * about. Run in the same transaction, or before the store is in place; foreign keys off.
 */
export function mend(
  db: Database,
  reports: readonly TableReport[],
  told: { readonly reason: string; readonly now: number },
): Mended {
  const permissionsLost = hasLoss(reports, 'permission');
  if (permissionsLost) db.exec('DELETE FROM permission');
  signOutAll(db);
  namelessPeople(db);
  const leftBehind = dropOrphans(db);
  const reopened = reopen(db, reports);
  numberOn(db, told.now);
  const lost = Object.fromEntries(
    reports.filter((one) => one.lost !== 0).map((one) => [one.table, one.lost]),
  );
  createAudit(db).append({
    at: told.now,
    actor: 'gateway',
    action: 'store-salvaged',
    detail: { reason: told.reason, lost, permissionsLost, leftBehind, reopened },
  });
  return { permissionsLost, leftBehind, reopened };
}

/**
 * A session that was ended, or a passkey that was removed, may be read again from a page of before: the
 * PIN remains. Older formats have none.
 */
function signOutAll(db: Database): void {
  const has = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  for (const table of ['session', 'access_code', 'passkey']) {
    if (has.get(table)) db.exec(`DELETE FROM ${table}`);
  }
}

/** A person whose row is lost is still somebody: their readings are not another's, nor nobody's. */
function namelessPeople(db: Database): void {
  for (const [table, column] of [
    ['device', 'owner'],
    ['reading', 'person'],
    ['permission', 'person'],
    ['pseudonym', 'person'],
  ]) {
    db.exec(`INSERT OR IGNORE INTO person (id, name, added_at)
      SELECT DISTINCT ${column}, '?', 0 FROM ${table} WHERE ${column} IS NOT NULL`);
  }
}

interface Orphans {
  readonly table: string;
  readonly parent: string;
  readonly fkid: number;
}

/** What names a row that is lost; again while that leaves others without theirs. */
function dropOrphans(db: Database): number {
  let dropped = 0;
  for (;;) {
    const orphans = db.pragma('foreign_key_check') as Orphans[];
    const kinds = new Map(orphans.map((one) => [`${one.table} ${one.fkid}`, one]));
    let now = 0;
    for (const { table, parent, fkid } of kinds.values()) {
      const keys = db.pragma(`foreign_key_list(${table})`) as {
        id: number;
        from: string;
        to: string;
      }[];
      const { from, to } = keys.find(({ id }) => id === fkid) ?? {};
      if (from === undefined || to === undefined) continue;
      const drop = `DELETE FROM ${table} WHERE ${from} IS NOT NULL
        AND ${from} NOT IN (SELECT ${to} FROM ${parent})`;
      now += db.prepare(drop).run().changes;
    }
    if (now === 0) return dropped;
    dropped += now;
  }
}

/**
 * What a person decided about a reading stands only in its row: where that is lost, an empty removed
 * one takes its place, so that the reading is not derived and sent anew. Without a whole trail nobody
 * knows which these are.
 */
function reopen(db: Database, reports: readonly TableReport[]): number {
  if (!hasLoss(reports, 'reading') || hasLoss(reports, 'audit')) return 0;
  const marks = DECIDED.map(() => '?').join(', ');
  db.prepare(
    `WITH decided AS (
       SELECT detail ->> 'reading' AS id FROM audit WHERE action IN (${marks})
       UNION SELECT j.value FROM audit, json_each(detail, '$.also') j WHERE action IN (${marks}))
     INSERT OR IGNORE INTO reading (id, device, kind, state, captured_at, content, decoder, near)
     SELECT decided.id, d.id, 'battery', 'removed', 0, '${ERASED}', 1,
       coalesce((SELECT max(near) FROM delivery WHERE reading = decided.id), 0)
     FROM decided, (SELECT id FROM device LIMIT 1) d WHERE decided.id IS NOT NULL`,
  ).run(...DECIDED, ...DECIDED);
  return db
    .prepare(
      `UPDATE capture SET state = 'captured' WHERE state = 'read' AND length(bytes) > 0
       AND id NOT IN (SELECT capture FROM reading WHERE capture IS NOT NULL)`,
    )
    .run().changes;
}

/** Above every number that was ever given, also by rows that are lost: seconds since 1970 outrun any count. */
function numberOn(db: Database, now: number): void {
  const known = db
    .prepare<[], number>(
      `SELECT max(coalesce((SELECT max(id) FROM capture), 0),
        coalesce((SELECT max(capture) FROM reading), 0),
        coalesce((SELECT max(epoch) FROM timeline), 0),
        coalesce((SELECT max(capture) FROM sealed_frame), 0),
        coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'capture'), 0))`,
    )
    .pluck()
    .get();
  const next = Math.max((known ?? 0) + CAPTURES_LOST_MAX, Math.floor(now / 1000));
  const sent = db
    .prepare<[], number>(
      `SELECT max(coalesce((SELECT max(seq) FROM delivery), 0),
        coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'delivery'), 0))`,
    )
    .pluck()
    .get();
  for (const [table, seq] of [
    ['capture', next],
    ['delivery', Math.max((sent ?? 0) + CAPTURES_LOST_MAX, Math.floor(now / 1000))],
  ] as const) {
    db.prepare('DELETE FROM sqlite_sequence WHERE name = ?').run(table);
    db.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(table, seq);
  }
}
