import type { Database } from '../../store.ts';

/** Content of a reading that was erased. */
const ERASED = '{"measurements":[],"status":[]}';

/** What was erased, in numbers. */
export interface ErasedRows {
  readonly readings: number;
  readonly frames: number;
  readonly deliveries: number;
  readonly events: number;
  readonly permissions: number;
}

/** Words of a name that make a device's name tell whose it is, letters. */
const NAME_WORD_MIN = 3;

/**
 * Erases one person from a store, inside the caller's transaction: what was measured, of whom, sent
 * to whom, and every pseudonym. What their own devices brought goes whole, of a shared device what is
 * theirs and what came twice. Of a reading its id stays, with its device and the day it came, until
 * retention takes it: a device sends its memory again for years, and it must not come back as new.
 * The trail of decisions stays too: who gave permission for what and when, by an id that leads to
 * nobody any more. `name`, where it is known, is also taken out of the names of devices.
 */
export function eraseRows(db: Database, person: string, name = ''): ErasedRows {
  const mine = '(SELECT id FROM device WHERE owner = @person)';
  const theirs = db
    .prepare<{ person: string }, { id: string; capture: number | null; device: string }>(
      `SELECT id, capture, device FROM reading
       WHERE person = @person OR (person IS NULL AND device IN ${mine})`,
    )
    .all({ person });
  const named = {
    person,
    readings: JSON.stringify(theirs.map(({ id }) => id)),
    captures: JSON.stringify(theirs.map(({ capture }) => capture)),
    devices: JSON.stringify([...new Set(theirs.map(({ device }) => device))]),
  };
  const run = (sql: string) => db.prepare(sql).run(named).changes;
  const among = (list: keyof typeof named) => `IN (SELECT value FROM json_each(@${list}))`;
  const readings = run(`UPDATE reading SET state = 'removed', held = NULL, held_because = NULL,
    person = NULL, basis = NULL, user_slot = NULL, measured_at = NULL, time = NULL,
    content = '${ERASED}' WHERE id ${among('readings')}`);
  // A frame stays where a reading of somebody else rests on it.
  const frames = run(`UPDATE capture SET bytes = x'',
      state = iif(state IN ('captured', 'thinned'), 'repeat', state)
    WHERE length(bytes) > 0 AND (device IN ${mine} OR id ${among('captures')}
      OR state IN ('repeat', 'thinned') AND device ${among('devices')})
    AND NOT EXISTS (SELECT 1 FROM reading r WHERE r.capture = capture.id
      AND r.content <> '${ERASED}')`);
  const deliveries = run(
    `DELETE FROM delivery WHERE person = @person OR reading ${among('readings')}`,
  );
  const events = run('DELETE FROM event WHERE person = @person');
  const permissions = run('DELETE FROM permission WHERE person = @person');
  run('DELETE FROM pseudonym WHERE person = @person');
  run("DELETE FROM meta WHERE name LIKE 'expected/' || @person || '/%'");
  releaseDevices(db, person, name);
  run('DELETE FROM person WHERE id = @person');
  return { readings, frames, deliveries, events, permissions };
}

interface DeviceNames {
  readonly id: string;
  readonly name: string;
  readonly owner: string | null;
  readonly slots: string;
}

/** Their devices are nobody's, their slots and the codes of these are gone, and no name tells of them. */
function releaseDevices(db: Database, person: string, name: string): void {
  const release = db.prepare(`UPDATE device SET owner = NULL,
    ownership = iif(owner IS NULL, ownership, 'unassigned'), slots = ?, name = ? WHERE id = ?`);
  const forgetCode = db.prepare('DELETE FROM user_code WHERE device = ? AND user = ?');
  const words = name.split(/[\s-]+/).filter((word) => word.length >= NAME_WORD_MIN);
  const tells = (text: string) =>
    words.some((word) => text.toLocaleLowerCase().includes(word.toLocaleLowerCase()));
  const devices = db.prepare<[], DeviceNames>('SELECT id, name, owner, slots FROM device').all();
  for (const device of devices) {
    const slots = Object.entries(JSON.parse(device.slots) as Record<string, string>);
    const left = slots.filter(([, bound]) => bound !== person);
    const isTheirs = device.owner === person || left.length < slots.length;
    if (!isTheirs && !tells(device.name)) continue;
    for (const [slot, bound] of slots) {
      if (bound === person) forgetCode.run(device.id, Number(slot));
    }
    // By its id it is told from the others.
    const shown = tells(device.name) ? `Device ${device.id.slice(0, 8)}` : device.name;
    const kept = JSON.stringify(Object.fromEntries(left));
    if (device.owner === null || device.owner === person) release.run(kept, shown, device.id);
    else db.prepare('UPDATE device SET name = ? WHERE id = ?').run(shown, device.id);
  }
}
