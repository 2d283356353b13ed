import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Capture } from '../../../adapters/measurement.ts';
import { codeOf } from '../../errors.ts';
import type { Database } from '../../store.ts';
import { createBlankedFrames } from './blanked-frames.ts';
import { forgetRemembered, isWrittenAgain } from './committer.ts';
import { createRecordFrames } from './record-frames.ts';

export type CaptureState =
  | 'captured'
  | 'read'
  | 'repeat'
  | 'unreadable'
  | 'not-a-result'
  | 'fact'
  | 'thinned';

export interface StoredCapture {
  readonly id: number;
  readonly device: string;
  readonly session: string;
  /** Gateway clock at reception, ms UTC. */
  readonly at: number;
  readonly trusted: boolean;
  readonly source: Capture['source'];
  readonly bytes: Uint8Array;
}

interface Row {
  id: number;
  device: string;
  session: string;
  at: number;
  trusted: number;
  source: string;
  bytes: Buffer;
}

function stored(row: Row): StoredCapture {
  return { ...row, trusted: row.trusted === 1, source: JSON.parse(row.source) };
}

/** Monotonic over clock changes: which boot, and milliseconds since it. Dates captures once the clock is known. */
export interface BootTime {
  readonly boot: string;
  readonly uptimeMs: number;
}

export function bootTime(): BootTime {
  return { boot: BOOT, uptimeMs: Math.round(uptime() * 1000) };
}

const BOOT = readBoot();

function readBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `process-${process.pid}-${Date.now()}`;
  }
}

/**
 * Captures that something is still to be made of: a few of all. SQLite takes an index of some states only
 * where its whole condition is asked for, or it reads every capture there is.
 */
export const FEW = `capture INDEXED BY capture_state WHERE state IN ('captured', 'thinned')`;

/** Raw captures, as they came. Their state says what became of each; none is dropped in silence. */
export function createCaptures(db: Database) {
  const blanked = createBlankedFrames(db);
  const frames = createRecordFrames(db, blanked);
  const insert =
    db.prepare(`INSERT INTO capture (device, session, at, trusted, boot, uptime_ms, source, bytes, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const attempt = db.transaction((work: () => void) => work());
  const setState = db.prepare('UPDATE capture SET state = ? WHERE id = ?');
  const columns = 'id, device, session, at, trusted, source, bytes';
  const byId = db.prepare<[number], Row>(`SELECT ${columns} FROM capture WHERE id = ?`);
  const underived = db.prepare<[string], Row>(
    `SELECT ${columns} FROM ${FEW} AND state = 'captured' AND device = ? ORDER BY id`,
  );
  // Clock readings and timelines of the same captures go with them: their epochs are captures.
  const handOver = ['capture', 'clock_reading', 'timeline'].map((table) =>
    db.prepare(`UPDATE OR REPLACE ${table} SET device = ? WHERE device = ?`),
  );
  const waiting = db.prepare<[], Row>(
    `SELECT ${columns} FROM ${FEW} AND state = 'captured' ORDER BY id`,
  );
  const isWaiting = db
    .prepare<[number], number>("SELECT 1 FROM capture WHERE id = ? AND state = 'captured'")
    .pluck();
  const untrusted = db.prepare<[string], Row & { uptime_ms: number }>(
    `SELECT ${columns}, uptime_ms FROM capture WHERE trusted = 0 AND boot = ? ORDER BY id`,
  );
  const trust = db.prepare('UPDATE capture SET at = ?, trusted = 1 WHERE id = ?');
  const unread = db
    .prepare<[number, number], number>(
      "SELECT id FROM capture WHERE state IN ('unreadable', 'not-a-result') AND id > ? ORDER BY id LIMIT ?",
    )
    .pluck();
  const reopen = db.prepare("UPDATE capture SET state = 'captured' WHERE id = ?");
  const unreadIds = db
    .prepare<[string], number>("SELECT id FROM capture WHERE device = ? AND state = 'unreadable'")
    .pluck();
  const waitingOf = db.prepare<[string, number, number], Row>(
    `SELECT ${columns} FROM ${FEW} AND state = 'captured' AND device = ? AND id > ?
     ORDER BY id LIMIT ?`,
  );
  const lastUnread = db.prepare<[string, number], Row>(
    `SELECT ${columns} FROM capture WHERE device = ? AND state = 'unreadable'
     ORDER BY id DESC LIMIT ?`,
  );
  const lastId = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM capture').pluck();
  const measured = db
    .prepare<[string, number], number>(
      `SELECT 1 FROM capture WHERE device = ? AND id > ?
       AND state IN ('read', 'repeat', 'thinned') LIMIT 1`,
    )
    .pluck();
  const counts = db.prepare<[], { state: CaptureState; n: number }>(
    'SELECT state, count(*) AS n FROM capture GROUP BY state',
  );
  return {
    ...frames,
    isBlanked: blanked.isBlanked,
    /**
     * `received`: the machine's own time at reception, which the disk may have kept waiting since.
     * `state`: what becomes of it in this commit, as far as can be told; whoever finds another says so.
     */
    add(
      capture: Capture,
      device: string,
      trusted: boolean,
      received: BootTime = bootTime(),
      state: CaptureState = 'captured',
    ): StoredCapture {
      const { session, at, source, bytes } = capture;
      const { boot, uptimeMs } = received;
      const { lastInsertRowid } = insert.run(
        device,
        session,
        at,
        trusted ? 1 : 0,
        boot,
        uptimeMs,
        JSON.stringify(source),
        Buffer.from(bytes),
        state,
      );
      return { id: Number(lastInsertRowid), device, session, at, trusted, source, bytes };
    },
    get(id: number): StoredCapture | undefined {
      const row = byId.get(id);
      return row && stored(blanked.filled(row));
    },
    /** Nothing of it may be kept: emptied, with the context that came with it. */
    blank(capture: StoredCapture): void {
      const context = frames.contextOf(capture);
      for (const id of context === undefined ? [capture.id] : [capture.id, context]) {
        const row = byId.get(id);
        if (row && row.bytes.length > 0) blanked.blank(id, row);
      }
    },
    become: (id: number, state: CaptureState) => void setState.run(state, id),
    /** True when `work` was done; else nothing of it remains, and `failed` was told why. */
    attempt(work: () => void, failed: (code: string) => void): boolean {
      const isAlone = !isWrittenAgain(db);
      try {
        if (isAlone) attempt(work);
        else work();
        return true;
      } catch (error) {
        if (!isAlone) throw error;
        const code = codeOf(error);
        // The disk's refusal is the committer's business: it tries the whole group again.
        if (code.startsWith('SQLITE_') && !code.startsWith('SQLITE_CONSTRAINT')) throw error;
        forgetRemembered(db);
        failed(code);
        return false;
      }
    },
    /** Two devices turned out to be one. */
    handOver(from: string, to: string): void {
      for (const table of handOver) table.run(to, from);
      forgetRemembered(db);
    },
    underived: (device: string) => underived.all(device).map(stored),
    /** Not derived yet. */
    isWaiting: (id: number) => isWaiting.get(id) === 1,
    /** Of every device: a fault of ours kept them from being derived. */
    waiting: () => waiting.all().map(stored),
    /**
     * The clock has become trusted: captures of this boot get the instant they really came at.
     * Returns them with it.
     */
    trust(now: number, { boot, uptimeMs }: BootTime = bootTime()): StoredCapture[] {
      forgetRemembered(db);
      return untrusted.all(boot).map((row) => {
        const at = now - (uptimeMs - row.uptime_ms);
        trust.run(at, row.id);
        return stored({ ...row, at, trusted: 1 });
      });
    },
    /** Those that gave no reading, in the order they came, after the given one. */
    unread: (after: number, count: number) => unread.all(after, count),
    /** Those of one device that could not be read wait again: after a crash too they are derived. */
    reopen(device: string, which: (capture: StoredCapture) => boolean): void {
      for (const id of unreadIds.all(device)) {
        const row = byId.get(id);
        if (row && which(stored(row))) reopen.run(id);
      }
    },
    /** Those of one device that wait, in the order they came, after the given one. */
    waitingOf: (device: string, after: number, count: number) =>
      waitingOf.all(device, after, count).map(stored),
    /** The newest of one device that could not be read. */
    lastUnread: (device: string, count: number) => lastUnread.all(device, count).map(stored),
    lastId: () => lastId.get() ?? 0,
    /** Whether a measurement of the device came after the given capture, a repeated one too. */
    hasMeasured: (device: string, after: number) => measured.get(device, after) === 1,
    counts: () => Object.fromEntries(counts.all().map((row) => [row.state, row.n])),
  };
}

export type Captures = ReturnType<typeof createCaptures>;
