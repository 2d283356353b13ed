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
  // A device that is another's own asks its owner; a shared one those whose slots it has, or all.
  const questions = db
    .prepare<{ person: string }, number>(
      `SELECT count(*) FROM reading r JOIN device d ON d.id = r.device
       WHERE r.state = 'held' AND (d.ownership = 'unassigned' OR d.owner = @person
         OR d.ownership = 'shared' AND (d.slots = '{}'
           OR EXISTS (SELECT 1 FROM json_each(d.slots) WHERE value = @person)))`,
    )
    .pluck();
  return {
    /** The latest of each kind by measured time. */
    latest: (person: string): StoredReading[] =>
      (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
        const id = latest.get(person, kind);
        return (id !== undefined && readings.get(id)) || [];
      }),
    /** How many held readings this person could answer for. */
    questions: (person: string): number => questions.get({ person }) ?? 0,
  };
}

export type PersonReadings = ReturnType<typeof createPersonReadings>;
