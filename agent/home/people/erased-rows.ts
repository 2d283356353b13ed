import type { Database } from '../../store.ts';
import { ERASED, restingOn } from '../journal/readings.ts';
import { ENTRIES } from './devices.ts';

/** What was erased, in numbers. */
export interface ErasedRows {
  readonly readings: number;
  readonly frames: number;
  readonly deliveries: number;
  readonly events: number;
  readonly permissions: number;
}

/** Where what was typed in lies: rows that are no devices. */
const TYPED = `(SELECT id FROM device WHERE key LIKE '${ENTRIES}%')`;

/** Words of a name that make a device's name tell whose it is, letters. */
const NAME_WORD_MIN = 3;

/**
 * Erases one person from a store, inside the caller's transaction: what was measured, of whom, sent
 * to whom, and every pseudonym. What their own devices brought goes whole, of a shared device what is
 * theirs and what came twice. Of a reading its id stays, with its device and the day it came, until
 * retention takes it: a device sends its memory again for years, and it must not come back as new. Of
 * what was typed in no row stays: nothing sends it again, and its id is made of a few digits.
 * The trail of decisions stays too: who gave permission for what and when, by an id that leads to
 * nobody any more. `name`, where it is known, is also taken out of the names of devices. `until`: of a
 * person who was removed earlier, when: what their devices brought since may be somebody else's.
 */
export function eraseRows(
  db: Database,
  person: string,
  name = '',
  until = Number.MAX_SAFE_INTEGER,
): ErasedRows {
  const assigned = assignedLast(db, person);
  const own = { person, until, own: JSON.stringify(assigned.devices) };
  const mine = '(SELECT value FROM json_each(@own))';
  const theirs = db
    .prepare<typeof own, { id: string; capture: number | null; device: string }>(
      `SELECT id, capture, device FROM reading WHERE person = @person
       OR (person IS NULL AND device IN ${mine} AND captured_at <= @until)`,
    )
    .all(own);
  const named = {
    ...own,
    readings: JSON.stringify(theirs.map(({ id }) => id)),
    captures: JSON.stringify(withCompanions(db, theirs)),
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
    WHERE length(bytes) > 0 AND (device IN ${mine} AND at <= @until OR id ${among('captures')}
      OR state IN ('repeat', 'thinned') AND device ${among('devices')})
    AND NOT EXISTS (${restingOn('capture')} AND r.content <> '${ERASED}')`);
  const deliveries = run(
    `DELETE FROM delivery WHERE person = @person OR reading ${among('readings')}`,
  );
  const events =
    run('DELETE FROM event WHERE person = @person') +
    run('DELETE FROM sharing_notice WHERE person = @person');
  const permissions = run('DELETE FROM permission WHERE person = @person');
  run('DELETE FROM pseudonym WHERE person = @person');
  run("DELETE FROM meta WHERE name LIKE 'expected/' || @person || '/%' OR name = 'log-emptied'");
  releaseDevices(db, person, name);
  run(`DELETE FROM reading WHERE id ${among('readings')} AND device IN ${TYPED}`);
  run(`DELETE FROM capture AS c WHERE length(bytes) = 0 AND device IN ${TYPED}
    AND NOT EXISTS (${restingOn('c')})`);
  run(`DELETE FROM device AS d WHERE owner IS NULL AND id IN ${TYPED}
    AND NOT EXISTS (SELECT 1 FROM reading r WHERE r.device = d.id)
    AND NOT EXISTS (SELECT 1 FROM capture c WHERE c.device = d.id)`);
  forgetCodes(db, assigned.slots);
  run('DELETE FROM person WHERE id = @person');
  return { readings, frames, deliveries, events, permissions };
}

/**
 * Devices that were last said to be a person's own, and slots that were last bound to them: whoever is
 * removed has none any more, only the trail knows.
 */
function assignedLast(db: Database, person: string) {
  const last = new Map<string, { owner?: string; slots?: Record<string, string> }>();
  const owned = 'SELECT id FROM device WHERE owner = ?';
  for (const id of db.prepare<[string], string>(owned).pluck().all(person)) {
    last.set(id, { owner: person });
  }
  const told = "SELECT detail FROM audit WHERE action = 'device-assigned' ORDER BY seq";
  for (const text of db.prepare<[], string>(told).pluck().all()) {
    const { device, ...whose } = JSON.parse(text);
    last.set(device, whose);
  }
  const each = [...last];
  return {
    devices: each.filter(([, { owner }]) => owner === person).map(([device]) => device),
    slots: each.flatMap(([device, { slots = {} }]) =>
      Object.entries(slots)
        .filter(([, bound]) => bound === person)
        .map(([slot]) => ({ device, slot: Number(slot) })),
    ),
  };
}

const frameOf = (service: string, characteristic: string) =>
  `'${JSON.stringify({ service, characteristic })}'`;

/** Captures of readings, with what came in a frame of its own: a glucose context, a second half. */
function withCompanions(db: Database, readings: readonly { capture: number | null }[]): number[] {
  const captures = readings.flatMap(({ capture }) => capture ?? []);
  const ids = JSON.stringify(captures);
  const theirs = 'id IN (SELECT value FROM json_each(?))';
  const contexts = `WITH own AS MATERIALIZED (SELECT device, session, substr(bytes, 2, 2) AS number
      FROM capture WHERE ${theirs} AND source = ${frameOf('1808', '2a18')})
    SELECT c.id FROM capture c JOIN own ON own.device = c.device AND own.session = c.session
      AND own.number = substr(c.bytes, 2, 2)
    WHERE c.source = ${frameOf('1808', '2a34')}`;
  const halves = `SELECT c.id FROM capture own JOIN capture c ON c.id = (SELECT next.id
      FROM capture next WHERE next.device = own.device AND next.session = own.session
        AND next.source = own.source AND next.id > own.id ORDER BY next.id LIMIT 1)
    WHERE own.${theirs} AND own.source = ${frameOf('181b', '2a9c')} AND c.state = 'fact'`;
  const found = [contexts, halves].flatMap((sql) =>
    db.prepare<[string], number>(sql).pluck().all(ids),
  );
  return [...captures, ...found];
}

/** Codes under which a device knows a person: those of slots that are nobody's now. */
function forgetCodes(db: Database, slots: readonly { device: string; slot: number }[]): void {
  const forget = db.prepare(`DELETE FROM user_code WHERE device = @device AND user = @slot
    AND EXISTS (SELECT 1 FROM device WHERE id = @device AND slots ->> ('$."' || @slot || '"') IS NULL)`);
  for (const slot of slots) forget.run(slot);
}

interface DeviceNames {
  readonly id: string;
  readonly name: string;
  readonly owner: string | null;
  readonly slots: string;
}

/** Their devices are nobody's, their slots are gone, and no name tells of them. */
function releaseDevices(db: Database, person: string, name: string): void {
  const release = db.prepare(`UPDATE device SET owner = NULL,
    ownership = iif(owner IS NULL, ownership, 'unassigned'), slots = ?, name = ? WHERE id = ?`);
  const words = name.split(/[\s-]+/).filter((word) => word.length >= NAME_WORD_MIN);
  const tells = (text: string) =>
    words.some((word) => text.toLocaleLowerCase().includes(word.toLocaleLowerCase()));
  const devices = db.prepare<[], DeviceNames>('SELECT id, name, owner, slots FROM device').all();
  for (const device of devices) {
    const slots = Object.entries(JSON.parse(device.slots) as Record<string, string>);
    const left = slots.filter(([, bound]) => bound !== person);
    const isTheirs = device.owner === person || left.length < slots.length;
    if (!isTheirs && !tells(device.name)) continue;
    // By its id it is told from the others.
    const shown = tells(device.name) ? `Device ${device.id.slice(0, 8)}` : device.name;
    const kept = JSON.stringify(Object.fromEntries(left));
    if (device.owner === null || device.owner === person) release.run(kept, shown, device.id);
    else db.prepare('UPDATE device SET name = ? WHERE id = ?').run(shown, device.id);
  }
}
