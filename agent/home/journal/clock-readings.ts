import type { LocalDateTime } from '../../../adapters/measurement.ts';
import type { Database } from '../../store.ts';
import type { StoredCapture } from './captures.ts';

/** The device's clock beside the gateway's, as read once in a connection. */
export interface ClockReading {
  readonly deviceNow: LocalDateTime;
  /** Gateway clock at the same moment, ms UTC. */
  readonly gatewayAt: number;
}

/** A clock read in another connection still dates a record of the same timeline when it lies this near. */
const OTHER_SESSION_MS_MAX = 30 * 24 * 3_600_000;

/** Clock readings of devices; each belongs to a timeline (epoch), which a write to the clock ends. */
export function createClockReadings(db: Database) {
  const insert = db.prepare('INSERT OR REPLACE INTO clock_reading VALUES (?, ?, ?, ?, ?)');
  // Joined with the capture, whose instant is corrected once the gateway's clock is trusted.
  const inSession = db.prepare<[string, string, number], { device_now: string; at: number }>(
    `SELECT r.device_now, c.at FROM clock_reading r JOIN capture c ON c.id = r.capture
     WHERE r.device = ? AND r.session = ? AND r.epoch = ? AND c.trusted = 1 ORDER BY c.id LIMIT 1`,
  );
  const nearest = db.prepare<[string, number, number, number], { device_now: string; at: number }>(
    `SELECT r.device_now, c.at FROM clock_reading r JOIN capture c ON c.id = r.capture
     WHERE r.device = ? AND r.epoch = ? AND c.trusted = 1 AND c.at >= ? ORDER BY abs(c.at - ?) LIMIT 1`,
  );
  return {
    add(capture: StoredCapture, deviceNow: LocalDateTime, epoch: number): void {
      insert.run(capture.id, capture.device, capture.session, deviceNow, epoch);
    },
    /** The clock read in the capture's own connection, else the nearest later one of the same timeline. */
    nearest(capture: StoredCapture, epoch: number): ClockReading | undefined {
      const row =
        inSession.get(capture.device, capture.session, epoch) ??
        nearest.get(capture.device, epoch, capture.at, capture.at);
      if (!row || row.at - capture.at > OTHER_SESSION_MS_MAX) return undefined;
      return { deviceNow: row.device_now, gatewayAt: row.at };
    },
  };
}

export type ClockReadings = ReturnType<typeof createClockReadings>;
