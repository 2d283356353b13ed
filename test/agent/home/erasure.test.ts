import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOME_MIGRATIONS } from '../../../agent/home/journal/schema.ts';
import { createOwnActs } from '../../../agent/home/own-acts.ts';
import { openStore } from '../../../agent/store.ts';
import { decrypted, makeLegible } from '../../support/decrypted.ts';
import { until } from '../../support/until.ts';
import { battery, bloodPressure, cuff } from './frames.ts';
import {
  agree,
  HOUR,
  type Household,
  KEY,
  openHousehold,
  settled,
  temporary,
  usual,
} from './household.ts';

/** Readings that fill some pages of each table. */
const HISTORY = 400;

/** Where the store is one whose every byte can be looked at. */
function legible() {
  const folder = temporary();
  makeLegible(join(folder, 'home.db'), KEY);
  return { folder };
}
const inStore = (home: Household) => decrypted(join(home.folder, 'home.db'), KEY);

const frame = (systolic: number) =>
  Buffer.from(bloodPressure({ systolic })).subarray(1, 7).toString('latin1');

/** Two people, a device of each and a shared one, everything sent and something on its way. */
async function household() {
  const one = await usual(legible());
  const { home, person } = one;
  const other = await home.decisions.addPerson('test', 'Ola Example');
  const shared = await home.adopt('00005e005302');
  await home.decisions.assignDevice('test', shared.id, { slots: { 1: person.id, 2: other.id } });
  await agree(home, other.id);
  const peripheral = '00005e005302';
  await cuff(home, bloodPressure({ systolic: 1771 }));
  await cuff(home, bloodPressure({ systolic: 1772, slot: 1, at: '2026-03-02T10:00:00' }), {
    peripheral,
  });
  // Sent again by the device: a frame more of the same.
  await cuff(home, bloodPressure({ systolic: 1772, slot: 1, at: '2026-03-02T10:00:00' }), {
    peripheral,
  });
  await cuff(home, bloodPressure({ systolic: 1881, slot: 2, at: '2026-03-02T10:00:00' }), {
    peripheral,
  });
  for (const held of home.readings.held()) {
    const text = JSON.stringify(held.content);
    await home.decisions.assignReading(
      'test',
      held.id,
      text.includes('1881') ? other.id : person.id,
    );
  }
  await home.committer.commit(() =>
    home.events.add('care', {
      ...{ kind: 'missing', cause: 'not-measured' },
      ...{ person: person.id, measurement: 'blood-pressure' },
    }),
  );
  home.outbox.wake();
  await settled(home, 3);
  return { ...one, other };
}

const pseudonymOf = (home: Household, person: string) =>
  home.db.prepare('SELECT pseudonym FROM pseudonym WHERE person = ?').pluck().get(person) as string;

test('an erased person is in no byte of the data folder, and another stays whole', async () => {
  const { home, person, other, device } = await household();
  home.db.prepare('UPDATE device SET name = ? WHERE id = ?').run('Kari’s cuff', device.id);
  const pseudonym = pseudonymOf(home, person.id);
  const traces = ['Kari', pseudonym, '"1771"', '"1772"', frame(1771), frame(1772)];
  home.db.pragma('wal_checkpoint(PASSIVE)');
  const before = inStore(home);
  for (const trace of traces) expect(before.includes(trace), trace).toBe(true);

  const done = await home.erasure.erase('test', person.id);
  expect(done).toMatchObject({
    erased: { readings: 2, frames: 3, permissions: 2, events: 2 },
    holders: [{ recipient: 'care', readings: 2 }],
    untold: [],
    endUntold: ['care'],
    logCleared: true,
  });
  expect(statSync(join(home.folder, 'home.db-wal')).size).toBe(0);
  const after = inStore(home);
  for (const trace of traces) expect(after.includes(trace), trace).toBe(false);
  for (const name of readdirSync(home.folder)) {
    const raw = readFileSync(join(home.folder, name), 'latin1');
    for (const trace of traces) expect(raw.includes(trace), `${name} ${trace}`).toBe(false);
  }
  for (const trace of ['Ola', pseudonymOf(home, other.id), '"1881"', frame(1881)]) {
    expect(after.includes(trace), trace).toBe(true);
  }
  expect(home.views.audit().firstBroken).toBeUndefined();
  expect(home.views.audit().entries.at(-1)).toMatchObject({
    action: 'person-erased',
    detail: { person: person.id },
  });
  await home.stop();
});

test('a reading counts once for who was sent it, however often it was told anew', async () => {
  const { home, person, other } = await household();
  const tell = home.db.prepare(`INSERT INTO delivery (id, reading, recipient, action, revision,
      person, recorded_at, state, updated_at, device, near)
    SELECT reading || ?, reading, recipient, ?, ?, person, 0, ?, 0, device, near
    FROM delivery WHERE action = 'new' AND revision = 0 AND person IN (?, ?)`);
  const people = [person.id, other.id] as const;
  for (const [n, action, revision, state] of [
    [1, 'correction', 0, 'received'],
    [2, 'correction', 0, 'withheld'],
    [3, 'new', 1, 'read'],
    [4, 'retraction', 0, 'received'],
  ] as const) {
    tell.run(n, action, revision, state, ...people);
  }
  // Of one only later words went.
  home.db.exec(`UPDATE delivery SET state = 'withdrawn' WHERE action = 'new' AND revision = 0
    AND seq = (SELECT min(seq) FROM delivery WHERE person = '${person.id}')`);
  expect(home.erasure.reach(person.id).holders).toEqual([{ recipient: 'care', readings: 2 }]);
  expect(home.erasure.reach(other.id).holders).toEqual([{ recipient: 'care', readings: 1 }]);
  await home.stop();
});

test('what a person wrote is in no byte of the data folder: typed in, changed, shown or told', async () => {
  const { home, person } = await usual(legible());
  const { committer, audit, readings, routing, time } = home;
  const wake = () => home.outbox.wake();
  const clock = { now: () => time.now, trusted: () => true };
  const acts = createOwnActs(home.db, {
    ...{ committer, audit, readings, routing, wake, clock, representation: home.representation },
  });
  const form = '0b0c0d0e-0000-4000-8000-00000000000';
  const typed = { kind: 'body-weight', at: '2026-03-02T10:00:00+01:00' } as const;
  const actor = `person ${person.id}`;
  const type = (one: number, weight: string, comment: string) =>
    home.typing.add(actor, person.id, {
      ...typed,
      form: `${form}${one}`,
      values: { weight },
      comment,
    });
  const { id } = await type(1, '77,125', 'etter trappene');
  const gone = await type(2, '77,375', 'angret');
  await acts.comment(actor, person.id, id, 'etter kaffe', true);
  await settled(home, 3);
  await acts.comment(actor, person.id, id, 'etter en hvil', true);
  await settled(home, 4);
  await home.decisions.removeReading('test', gone.id);
  await home.decisions.pauseSharing('test', { person: person.id, recipient: 'care' });
  const pseudonym = pseudonymOf(home, person.id);
  home.db.pragma('wal_checkpoint(PASSIVE)');
  const held = ['77.125', '77.375', 'etter en hvil', pseudonym, 'consent-paused'];
  const before = inStore(home);
  for (const trace of held) expect(before.includes(trace), trace).toBe(true);
  // Left by an outage: it has not been sent.
  expect(home.notices.due('care')).toHaveLength(1);

  await home.erasure.erase('test', person.id);
  expect(home.notices.due('care')).toEqual([]);
  const traces = [...held.slice(0, -1), 'etter trappene', 'etter kaffe', 'angret'];
  const after = inStore(home);
  for (const trace of traces) expect(after.includes(trace), trace).toBe(false);
  for (const name of readdirSync(home.folder)) {
    const raw = readFileSync(join(home.folder, name), 'latin1');
    for (const trace of traces) expect(raw.includes(trace), `${name} ${trace}`).toBe(false);
  }
  await home.stop();
});

test('what the devices of an erased person send again is no new reading, and what is new is a question', async () => {
  const { home, person } = await household();
  await home.erasure.erase('test', person.id);
  const count = () => home.readings.recent(99).length;
  const before = count();
  await cuff(home, bloodPressure({ systolic: 1772, slot: 1, at: '2026-03-02T10:00:00' }), {
    peripheral: '00005e005302',
  });
  expect(count()).toBe(before);
  await cuff(home, bloodPressure({ systolic: 1773 }));
  expect(home.readings.held()).toMatchObject([{ heldBecause: 'device-not-assigned' }]);
  expect(home.faults).toEqual([]);
  const sent = home.received().length;
  home.time.real += 60_000;
  home.outbox.wake();
  home.committer.flush();
  expect(home.received()).toHaveLength(sent);
  await home.stop();
});

test('one on the way is settled without its row; one who was removed before is erased by the id', async () => {
  const { home, person } = await household();
  home.transports.get('care')?.answer('silence');
  await cuff(home, bloodPressure({ systolic: 1774 }));
  await until(() => home.outbox.inFlightCount() === 1, 'the hand-over');
  const removed = await home.decisions.removePerson('test', person.id);
  expect(removed.alreadyPast).toHaveLength(3);
  await home.erasure.erase('test', person.id);
  home.outbox.wake();
  home.committer.flush();
  expect(home.faults).toEqual([]);
  expect(home.people.list()).toHaveLength(1);
  await expect(home.erasure.erase('test', person.id)).rejects.toMatchObject({
    code: 'person-unknown',
  });
  await home.stop();
});

test('who was to be told of a mistake and cannot be any more is named', async () => {
  const { home, person } = await household();
  home.transports.get('care')?.answer({ outcome: 'deferred', because: 'offline' });
  const [reading] = home.readings.ofPerson(person.id);
  await home.decisions.removeReading('test', reading?.id ?? '');
  const done = await home.erasure.erase('test', 'Kari Example');
  expect(done.untold).toEqual([{ recipient: 'care', readings: 1 }]);
  await home.stop();
});

test('a person whom nobody knows is not erased, and of two with one name neither', async () => {
  const home = openHousehold();
  await home.decisions.addPerson('test', 'Kari Example');
  await home.decisions.addPerson('test', 'Kari Example');
  await expect(home.erasure.erase('test', 'Nobody')).rejects.toMatchObject({
    code: 'person-unknown',
  });
  await expect(home.erasure.erase('test', 'Kari Example')).rejects.toMatchObject({
    code: 'person-ambiguous',
  });
  expect(home.people.list()).toHaveLength(2);
  await home.stop();
});

const frames = (home: Household, device: string) =>
  home.db
    .prepare('SELECT count(*) FROM capture WHERE device = ? AND length(bytes) > 0')
    .pluck()
    .get(device);

test('what their own device brought goes whole, and the code of their slot of another', async () => {
  const { home, person, device } = await usual(legible());
  const shared = await home.adopt('00005e005302');
  const other = await home.decisions.addPerson('test', 'Ola Example');
  const slots = { 1: person.id, 2: other.id };
  await home.decisions.assignDevice('test', shared.id, { slots });
  const code = home.db.prepare('INSERT INTO user_code VALUES (?, ?, 1234, NULL)');
  for (const user of [1, 2]) code.run(shared.id, user);
  // A fact, a frame that cannot be read, and one without a time that can be trusted: a question.
  await battery(home, 80);
  await cuff(home, Buffer.of(0xff));
  await cuff(home, bloodPressure({ at: '2020-01-01T00:00:00' }));
  expect(home.readings.held()).toHaveLength(1);
  await home.erasure.erase('test', person.id);
  expect(home.readings.held()).toEqual([]);
  expect(frames(home, device.id)).toBe(0);
  expect(home.db.prepare('SELECT user FROM user_code').pluck().all()).toEqual([2]);
  await home.stop();
});

test('what a device brought after its person was removed is not erased with them', async () => {
  const { home, person, device } = await usual(legible());
  await cuff(home, bloodPressure({ systolic: 1771 }));
  await home.decisions.removePerson('test', person.id);
  home.time.now += HOUR;
  await cuff(home, bloodPressure({ systolic: 1772 }));
  await home.erasure.erase('test', person.id);
  expect(home.readings.held()).toMatchObject([{ heldBecause: 'device-not-assigned' }]);
  expect(frames(home, device.id)).toBe(1);
  await home.stop();
});

test('a long history leaves nothing in the pages and gaps that it leaves free', async () => {
  const { home, person } = await usual(legible());
  // One in eight of another, so that pages stay in use with gaps where the others were.
  const other = await home.decisions.addPerson('test', 'Ola Example');
  const peripheral = '00005e005302';
  const theirs = await home.adopt(peripheral);
  await home.decisions.assignDevice('test', theirs.id, { owner: other.id });
  const values = Array.from({ length: HISTORY }, (_, n) => 1_100 + n);
  await Promise.all(
    values.map((systolic, n) =>
      cuff(home, bloodPressure({ systolic }), n % 8 === 0 ? { peripheral } : {}),
    ),
  );
  const [erased, kept] = [values.filter((_, n) => n % 8 > 0), values.filter((_, n) => n % 8 === 0)];
  const left = (from: readonly number[]) => {
    const bytes = inStore(home);
    return from.filter((one) => bytes.includes(frame(one)) || bytes.includes(`"${one}"`)).length;
  };
  home.db.pragma('wal_checkpoint(PASSIVE)');
  expect([left(erased), left(kept)]).toEqual([erased.length, kept.length]);
  await home.erasure.erase('test', person.id);
  expect([left(erased), left(kept)]).toEqual([0, kept.length]);
  await home.stop();
});

test('a log that another program was reading is emptied when it has ended', async () => {
  const { home, person } = await usual(legible());
  await cuff(home, bloodPressure({ systolic: 1771 }));
  await home.round.run();
  const reader = openStore({
    file: join(home.folder, 'home.db'),
    key: KEY,
    migrations: HOME_MIGRATIONS,
    readonly: true,
  });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM capture').get();
  expect(await home.erasure.erase('test', person.id)).toMatchObject({ logCleared: false });
  await home.round.run();
  expect(inStore(home)).toContain(frame(1771));
  reader.close();
  await home.round.run();
  expect(inStore(home)).not.toContain(frame(1771));
  await home.stop();
});
