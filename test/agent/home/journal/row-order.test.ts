import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createReadings } from '../../../../agent/home/journal/readings.ts';
import { HOME_MIGRATIONS } from '../../../../agent/home/journal/schema.ts';
import { createDeliveries } from '../../../../agent/home/outbox/deliveries.ts';
import { openStore } from '../../../../agent/store.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { KEY, temporary, usual } from '../household.ts';

/** The last version in which readings lay in the order of their ids. */
const BY_ID = HOME_MIGRATIONS.findIndex((sql) => sql.includes('RENAME TO reading_by_id'));

test('readings of a store whose rows lay by their ids are all there, and lie as they came', () => {
  const file = join(temporary(), 'home.db');
  const old = openStore({ file, key: KEY, migrations: HOME_MIGRATIONS.slice(0, BY_ID) });
  old.exec(`INSERT INTO device (id, address, key, name, facts, adopted_at) VALUES ('d', 'a', 'k', 'n', '{}', 0);
    INSERT INTO person (id, name, added_at) VALUES ('p', 'n', 0)`);
  const content = '{"measurements":[],"status":[]}';
  const ids = ['cc', 'aa', 'bb'];
  for (const [at, id] of ids.entries()) {
    old
      .prepare(`INSERT INTO reading (id, capture, device, kind, state, person, captured_at, content, decoder)
        VALUES (?, ?, 'd', 'body-weight', 'ready', 'p', ?, ?, 1)`)
      .run(id, at + 7, at, content);
    old
      .prepare(`INSERT INTO delivery (id, reading, recipient, action, revision, person, recorded_at, state, updated_at)
        VALUES (?, ?, 'care', 'new', 0, 'p', 0, 'queued', 0)`)
      .run(`of ${id}`, id);
  }
  const before = old.prepare('SELECT * FROM reading ORDER BY id').all();
  old.close();
  const db = openStore({ file, key: KEY, migrations: HOME_MIGRATIONS });
  expect(db.prepare('SELECT * FROM reading ORDER BY id').all()).toMatchObject(before);
  expect(db.prepare('SELECT id FROM reading ORDER BY rowid').pluck().all()).toEqual(ids);
  const deliveries = createDeliveries(db);
  for (const id of ids) {
    expect(deliveries.ofReading(id).map((row) => row.id)).toEqual([`of ${id}`]);
  }
  expect(createReadings(db).unrouted('p', 'care', 0)).toEqual([]);
  db.close();
});

test('the deliveries of a reading are found without a look at those of others', async () => {
  const home = await usual();
  await cuff(home, bloodPressure());
  const plan = home.db
    .prepare(
      `EXPLAIN QUERY PLAN SELECT 1 FROM reading r WHERE EXISTS (
        SELECT 1 FROM delivery d WHERE d.near = r.near AND d.reading = r.id)`,
    )
    .all();
  expect(JSON.stringify(plan)).toContain('delivery_of_reading (near=?)');
  const [reading] = home.readings.recent(1);
  expect(home.deliveries.ofReading(reading?.id ?? '')).toHaveLength(1);
  await home.stop();
});

test('a reading that was changed in a commit that came to nothing is remembered as it is stored', async () => {
  const home = await usual();
  await cuff(home, bloodPressure());
  const id = home.readings.recent(1)[0]?.id ?? '';
  const stored = home.readings.get(id);
  const failing = home.committer.commit(() => {
    home.readings.erase(id);
    expect(home.readings.get(id)?.state).toBe('removed');
    throw new RangeError('a fault');
  });
  await expect(failing).rejects.toThrow(RangeError);
  expect(home.readings.get(id)).toEqual(stored);
  await home.committer.commit(() => home.readings.erase(id));
  expect(home.readings.get(id)?.state).toBe('removed');
  await home.stop();
});

test('that a device was heard is known at once, and written once a minute; its battery always', async () => {
  const home = await usual();
  const { id } = home.device;
  const written = () =>
    home.db.prepare('SELECT last_heard_at AS at, battery FROM device WHERE id = ?').get(id);
  const start = home.time.now;
  home.devices.heard(id, start);
  home.devices.heard(id, start + 59_999);
  expect(home.devices.byId(id)?.lastHeardAt).toBe(start + 59_999);
  expect(written()).toEqual({ at: start, battery: null });
  home.devices.heard(id, start + 60_000);
  expect(written()).toEqual({ at: start + 60_000, battery: null });
  home.devices.heard(id, start + 60_001, '80');
  expect(written()).toEqual({ at: start + 60_001, battery: '80' });
  // A clock that was set back must not stop the writing.
  home.devices.heard(id, start - 3_600_000);
  expect(written()).toEqual({ at: start - 3_600_000, battery: '80' });
  await home.stop();
});
