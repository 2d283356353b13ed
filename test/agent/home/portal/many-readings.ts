import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Kind, Measurement, Quantity, StatusFlag } from '../../../../adapters/measurement.ts';
import { createReadings, type StoredReading } from '../../../../agent/home/journal/readings.ts';
import { HOME_MIGRATIONS } from '../../../../agent/home/journal/schema.ts';
import { type Database, openStore } from '../../../../agent/store.ts';
import { instantText } from '../../../../fhir/time.ts';
import { KEY, temporary, ZONE } from '../household.ts';

/** A store with people, a device and as many readings as a test wants, without the way they came. */

export const KARI = '00000000-0000-4000-8000-00000000000a';
export const OLA = '00000000-0000-4000-8000-00000000000b';
const DEVICE = '00000000-0000-4000-8000-0000000000d1';

export function storeOfPeople(device: { simulated?: boolean; name?: string } = {}): Database {
  const db = openStore({
    file: join(temporary(), 'home.db'),
    key: KEY,
    migrations: HOME_MIGRATIONS,
  });
  const facts = {
    key: 'k',
    manufacturer: 'Example',
    model: 'Cuff 1',
    regulated: 'unknown',
    hasClock: true,
  };
  db.prepare(`INSERT INTO device (id, address, key, name, facts, simulated, adopted_at)
    VALUES (?, '00005e005301', 'k', ?, ?, ?, 0)`).run(
    DEVICE,
    device.name ?? 'Blood pressure',
    JSON.stringify(facts),
    device.simulated ? 1 : 0,
  );
  const person = db.prepare('INSERT INTO person (id, name, added_at) VALUES (?, ?, 0)');
  person.run(KARI, 'Kari Eksempel');
  person.run(OLA, 'Ola Eksempel');
  return db;
}

export const pressure = (systolic: number, diastolic = 84, pulse = 71): Measurement => ({
  kind: 'blood-pressure',
  quantities: {
    systolic: { value: String(systolic), unit: 'mm[Hg]' },
    diastolic: { value: String(diastolic), unit: 'mm[Hg]' },
    'pulse-rate': { value: String(pulse), unit: '/min' },
  },
  attributes: {},
});

export const single = (kind: Kind, name: string, quantity: Quantity): Measurement => ({
  kind,
  quantities: { [name]: quantity },
  attributes: {},
});

/** Readings as they are stored. */
export function stored(
  measuredAt: number | undefined,
  measurement: Measurement,
  over: Partial<StoredReading> & { readonly status?: readonly StatusFlag[] } = {},
): StoredReading {
  const { status = [], ...rest } = over;
  return {
    id: randomUUID(),
    capture: undefined,
    device: DEVICE,
    kind: measurement.kind,
    userSlot: undefined,
    state: 'ready',
    held: undefined,
    heldBecause: undefined,
    person: KARI,
    basis: 'sole-owner',
    revision: 0,
    measuredAt,
    capturedAt: measuredAt ?? 0,
    content: { measurements: [measurement], status },
    time:
      measuredAt === undefined
        ? undefined
        : {
            basis: 'reception',
            effective: instantText(measuredAt, ZONE),
            deviceClockUnusable: false,
          },
    ...rest,
  };
}

/** Stores them in one transaction. */
export function put(db: Database, all: Iterable<StoredReading>): void {
  const readings = createReadings(db);
  db.transaction(() => {
    for (const one of all) readings.add(one);
  })();
}
