import { KINDS, type Kind } from '../../../adapters/measurement.ts';
import type { Database } from '../../store.ts';
import { createReadings, type StoredReading } from '../journal/readings.ts';

/**
 * What one person may see of the store. Every question names the person: another's readings are not
 * there, whatever is asked.
 */
export function createPersonReadings(db: Database) {
  const readings = createReadings(db);
  const latest = db
    .prepare<[string, Kind], string>(
      `SELECT id FROM reading WHERE person = ? AND kind = ? AND state IN ('ready', 'corrected')
       AND measured_at IS NOT NULL ORDER BY measured_at DESC LIMIT 1`,
    )
    .pluck();
  return {
    /** The latest of each kind by measured time. */
    latest: (person: string): StoredReading[] =>
      (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
        const id = latest.get(person, kind);
        return (id !== undefined && readings.get(id)) || [];
      }),
  };
}

export type PersonReadings = ReturnType<typeof createPersonReadings>;
