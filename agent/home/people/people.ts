import { randomUUID } from 'node:crypto';
import type { PersonBasis } from '../../../fhir/reading.ts';
import { CodedError } from '../../errors.ts';
import type { Database } from '../../store.ts';
import { onRollback } from '../journal/committer.ts';
import type { DeviceRow } from './devices.ts';

export interface Person {
  readonly id: string;
  readonly name: string;
}

/** Whose reading it is: certain, or a question (promise 3). */
export type Attribution =
  | { readonly person: string; readonly basis: PersonBasis }
  | { readonly held: 'device-not-assigned' | 'slot-unknown' | 'slot-guessed' | 'before-pairing' };

/**
 * Decides whose a reading is, by certainty only: a device marked *mine only*, or a bound slot that
 * people choose on the device. A guessed slot, a weight range, the last user or living alone are
 * not certain. Records from before the pairing are nobody's until a person says so.
 */
export function attribute(
  device: Pick<DeviceRow, 'ownership' | 'owner' | 'slotKind' | 'slots' | 'adoptedAt'>,
  reading: { readonly userIndex: number | undefined; readonly measuredAt: number | undefined },
): Attribution {
  if (reading.measuredAt !== undefined && reading.measuredAt < device.adoptedAt) {
    return { held: 'before-pairing' };
  }
  if (device.ownership === 'mine' && device.owner) {
    return { person: device.owner, basis: 'sole-owner' };
  }
  if (device.ownership !== 'shared') return { held: 'device-not-assigned' };
  const bound = reading.userIndex === undefined ? undefined : device.slots[reading.userIndex];
  if (bound === undefined) return { held: 'slot-unknown' };
  if (device.slotKind !== 'chosen') return { held: 'slot-guessed' };
  return { person: bound, basis: 'chosen-slot' };
}

/** People of the household and their pseudonyms, one per recipient. Names never leave the store. */
export function createPeople(db: Database, options: { readonly now: () => number }) {
  const byId = db.prepare<[string], Person>(
    'SELECT id, name FROM person WHERE id = ? AND removed_at IS NULL',
  );
  const all = db.prepare<[], Person>(
    'SELECT id, name FROM person WHERE removed_at IS NULL ORDER BY added_at, id',
  );
  const insert = db.prepare('INSERT INTO person (id, name, added_at) VALUES (?, ?, ?)');
  const visible = db.prepare<[], Person>(
    'SELECT id, name FROM person WHERE visible = 1 AND removed_at IS NULL ORDER BY added_at, id',
  );
  const setVisible = db.prepare('UPDATE person SET visible = ? WHERE id = ? AND visible <> ?');
  const remove = db.prepare('UPDATE person SET removed_at = ?, name = ? WHERE id = ?');
  const pseudonymOf = db
    .prepare<[string, string], string>(
      'SELECT pseudonym FROM pseudonym WHERE person = ? AND recipient = ?',
    )
    .pluck();
  const addPseudonym = db.prepare('INSERT INTO pseudonym VALUES (?, ?, ?)');
  /** Asked for with every envelope. */
  const pseudonyms = new Map<string, string>();
  onRollback(db, () => pseudonyms.clear());

  function get(id: string): Person {
    const person = byId.get(id);
    if (person) return person;
    throw new CodedError('person-unknown', 'There is no such person', 'See `iomt people list`.');
  }

  return {
    get,
    list: () => all.all(),
    /** Those whom the others of the household may name: nobody who has not chosen it. */
    visible: () => visible.all(),
    /** False when it was so already. */
    setVisible(id: string, is: boolean): boolean {
      const flag = is ? 1 : 0;
      return setVisible.run(flag, id, flag).changes > 0;
    },
    /** By id, or by name where only one bears it. */
    find(text: string): Person {
      const named = all.all().filter((person) => person.id === text || person.name === text);
      const [only] = named;
      if (only && named.length === 1) return only;
      throw new CodedError(
        named.length === 0 ? 'person-unknown' : 'person-ambiguous',
        named.length === 0 ? 'There is no such person' : 'More than one person has that name',
        'See `iomt people list` and give the id.',
      );
    },
    add(name: string): Person {
      const person = { id: randomUUID(), name: name.trim() };
      if (person.name === '' || person.name.length > 80) {
        throw new CodedError(
          'name-invalid',
          'The name is empty or too long',
          'Give 1 to 80 characters.',
        );
      }
      insert.run(person.id, person.name, options.now());
      return person;
    },
    /** Forgets the name; readings and deliveries follow retention. */
    remove(id: string): void {
      get(id);
      remove.run(options.now(), '', id);
    },
    /** The person's random UUID at this recipient, made at first use. */
    pseudonym(person: string, recipient: string): string {
      const name = `${person} ${recipient}`;
      const known = pseudonyms.get(name) ?? pseudonymOf.get(person, recipient);
      const made = known ?? randomUUID();
      if (known === undefined) addPseudonym.run(person, recipient, made);
      pseudonyms.set(name, made);
      return made;
    },
  };
}

export type People = ReturnType<typeof createPeople>;
