import type { LocalDateTime } from '../../../adapters/measurement.ts';
import type { Database } from '../../store.ts';
import type { StoredCapture } from './captures.ts';
import { onRollback } from './committer.ts';

/** The device's clock beside the gateway's, as read once in a connection. */
export interface ClockReading {
  readonly deviceNow: LocalDateTime;
  /** Gateway clock at the same moment, ms UTC. */
  readonly gatewayAt: number;
}

/** A clock read in another connection still dates a record of the same timeline when it lies this near. */
const OTHER_SESSION_MS_MAX = 30 * 24 * 3_600_000;
/** A record may leave out its seconds: so much before its timeline began it is still on it. */
const START_SLACK_MS = 60_000;
/** A clock that differs by more from when it was read last was set by somebody: bad ones lose 10 s a day. */
const JUMP_MS = 180_000;
const DRIFT_MS_PER_DAY = 10_000;
const DAY_MS = 24 * 3_600_000;

/** Visits whose clock is remembered; a home is in a few at once. */
const VISITS_MAX = 64;

interface Timeline {
  readonly epoch: number;
  readonly starts: string;
}

interface Row {
  device_now: string;
  at: number;
}

const readingOf = (row: Row): ClockReading => ({ deviceNow: row.device_now, gatewayAt: row.at });
const msOf = (local: LocalDateTime) => Date.parse(`${local}Z`);

/** Too far apart for a clock that only drifts. */
function isSetBetween(then: Row, now: Row): boolean {
  const passed = now.at - then.at;
  const shown = msOf(now.device_now) - msOf(then.device_now);
  return Math.abs(shown - passed) > JUMP_MS + (Math.abs(passed) / DAY_MS) * DRIFT_MS_PER_DAY;
}

/**
 * Clock readings of devices; each belongs to a timeline, which a write to the clock ends. A timeline
 * is named by the write's capture (its epoch); the first is 0.
 */
export function createClockReadings(db: Database) {
  const insert = db.prepare('INSERT OR REPLACE INTO clock_reading VALUES (?, ?, ?, ?, ?)');
  const begin = db.prepare('INSERT OR REPLACE INTO timeline VALUES (?, ?, ?)');
  const timelines = db.prepare<[string], Timeline>(
    'SELECT epoch, starts FROM timeline WHERE device = ? ORDER BY epoch DESC',
  );
  // Joined with the capture, whose instant is corrected once the gateway's clock is trusted.
  const read = `SELECT r.device_now, c.at FROM clock_reading r JOIN capture c ON c.id = r.capture
    WHERE r.device = ? AND r.epoch = ? AND c.trusted = 1`;
  const inVisit = db.prepare<[string, number, string], Row>(
    `${read.replace(' r JOIN', ' r INDEXED BY clock_reading_session JOIN')} AND r.session = ?
     ORDER BY r.capture LIMIT 1`,
  );
  const later = db.prepare<[string, number, number, number], Row>(
    `${read} AND c.at >= ? ORDER BY abs(c.at - ?) LIMIT 1`,
  );
  const last = db.prepare<[string, number], Row>(`${read} ORDER BY r.capture DESC LIMIT 1`);
  const before = db.prepare<[string, number, string, number], Row>(
    `${read} AND r.session != ? AND r.capture < ? ORDER BY r.capture DESC LIMIT 1`,
  );

  const notLater = db.prepare<[string, number, string], Row & { id: number }>(
    `${read.replace('SELECT', 'SELECT c.id,')} AND r.device_now <= ? ORDER BY r.capture DESC LIMIT 1`,
  );
  const after = db.prepare<[string, number, number], Row>(
    `${read} AND r.capture > ? ORDER BY r.capture LIMIT 1`,
  );

  /** Each record of a visit asks for the same: the timelines of its device, and the clock read in it. */
  const begun = new Map<string, readonly Timeline[]>();
  const visits = new Map<string, Row | undefined>();
  function forget(): void {
    begun.clear();
    visits.clear();
  }
  onRollback(db, forget);

  /** Timelines that had begun when it was captured, newest first. */
  function timelinesOf({ device, id }: StoredCapture): Timeline[] {
    const all = begun.get(device) ?? timelines.all(device);
    begun.set(device, all);
    return [...all.filter(({ epoch }) => epoch < id), { epoch: 0, starts: '' }];
  }

  /** The clock as read in a connection, on that timeline. */
  function inSession(device: string, epoch: number, session: string): Row | undefined {
    const name = `${device} ${epoch} ${session}`;
    if (visits.has(name)) return visits.get(name);
    const row = inVisit.get(device, epoch, session);
    if (visits.size >= VISITS_MAX) visits.clear();
    visits.set(name, row);
    return row;
  }

  const current = (capture: StoredCapture) => timelinesOf(capture)[0]?.epoch ?? 0;

  /**
   * The clock shows a time from before it was written: it has begun again since (a new battery), and
   * what is not later than what it shows was measured after that.
   */
  function fellBack(
    { device, session }: StoredCapture,
    written: Timeline | undefined,
    deviceTime: LocalDateTime | undefined,
  ): boolean {
    if (!written || written.starts === '' || !deviceTime) return false;
    const shown = inSession(device, written.epoch, session)?.device_now;
    if (shown === undefined || msOf(shown) >= msOf(written.starts) - START_SLACK_MS) return false;
    return msOf(deviceTime) <= msOf(shown) + START_SLACK_MS;
  }

  return {
    add(capture: StoredCapture, deviceNow: LocalDateTime): void {
      insert.run(capture.id, capture.device, capture.session, deviceNow, current(capture));
      forget();
    },
    /** The gateway wrote the clock; what the device says from now on is on a timeline of its own. */
    begin(capture: StoredCapture, starts: LocalDateTime): void {
      begin.run(capture.device, capture.id, starts);
      forget();
    },
    /**
     * The timeline of a record by its own time, first; then the others, since a device sends records
     * again that it dated before its clock was written, or before it forgot that time.
     */
    epochsOf(capture: StoredCapture, deviceTime: LocalDateTime | undefined): number[] {
      const all = timelinesOf(capture);
      const from = fellBack(capture, all[0], deviceTime)
        ? 0
        : all.findIndex(
            ({ starts }) =>
              starts === '' || !deviceTime || msOf(deviceTime) >= msOf(starts) - START_SLACK_MS,
          );
      const own = all.slice(Math.max(0, from));
      return [...own, ...all.slice(0, Math.max(0, from))].map(({ epoch }) => epoch);
    },
    /**
     * The clock read in the capture's own connection, else the nearest later one of the same
     * timeline; of a timeline that has ended the last one.
     */
    nearest(capture: StoredCapture, epoch: number): ClockReading | undefined {
      const { device, session, at } = capture;
      const own = inSession(device, epoch, session) ?? later.get(device, epoch, at, at);
      const ended = own === undefined && epoch !== current(capture);
      const row = ended ? last.get(device, epoch) : own;
      if (!row || row.at - at > OTHER_SESSION_MS_MAX) return undefined;
      return readingOf(row);
    },
    /** The clock as it was read last on this timeline; undefined where it never was. */
    latest(device: string, epoch: number): ClockReading | undefined {
      const row = last.get(device, epoch);
      return row && readingOf(row);
    },
    /** The device's clock was set by somebody else since it was read before this connection. */
    wasReset(capture: StoredCapture, epoch: number): boolean {
      const { device, session, id } = capture;
      const now = inSession(device, epoch, session);
      const then = before.get(device, epoch, session, id);
      return now !== undefined && then !== undefined && isSetBetween(then, now);
    },
    /**
     * The clock as read before and after the device's own time, with nobody setting it between: it
     * drifted evenly. Undefined where one of the two is not there.
     */
    around(
      { device }: StoredCapture,
      epoch: number,
      deviceTime: LocalDateTime | undefined,
    ): readonly [ClockReading, ClockReading] | undefined {
      const from = deviceTime && notLater.get(device, epoch, deviceTime);
      const to = from && after.get(device, epoch, from.id);
      if (!to || isSetBetween(from, to) || msOf(to.device_now) < msOf(deviceTime)) return undefined;
      return [readingOf(from), readingOf(to)];
    },
  };
}

export type ClockReadings = ReturnType<typeof createClockReadings>;
