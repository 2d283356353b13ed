import { expect, test } from 'vitest';
import { bloodPressure, cuff } from './frames.ts';
import { DAY, hand, openHousehold, settled, usual } from './household.ts';

const month = 31 * DAY;
const held = async (home: Awaited<ReturnType<typeof usual>>) => {
  await home.decisions.assignDevice('test', home.device.id, { slots: {} });
  await cuff(home, bloodPressure({ systolic: 177 }));
};

test('held and unanswered: kept for thirty days, then erased and announced', async () => {
  const home = await usual();
  await held(home);
  home.time.now += 29 * DAY;
  await home.round.run();
  expect(home.readings.held()).toHaveLength(1);
  home.time.now += 2 * DAY;
  await home.round.run();
  expect(home.readings.held()).toHaveLength(0);
  expect(JSON.stringify(home.db.prepare('SELECT content FROM reading').all())).not.toContain(
    '"177"',
  );
  expect(home.db.prepare('SELECT length(bytes) FROM capture').pluck().all()).toEqual([0]);
  expect(home.events.recent(9)).toMatchObject([{ cause: 'removed-unanswered' }]);
  expect(home.views.audit().entries.at(-1)).toMatchObject({ action: 'held-removed-unanswered' });
  await home.stop();
});

test('by a clock that nobody vouches for nothing is deleted', async () => {
  const home = await usual();
  await held(home);
  Object.assign(home.time, { now: home.time.now + 3_650 * DAY, trusted: false });
  await home.round.run();
  expect(home.readings.held()).toHaveLength(1);
  await home.stop();
});

test('captured without a clock before a power cut: its age counts from what came after it', async () => {
  const time = hand();
  const home = await usual({ hand: time });
  Object.assign(time, { now: 1_000, trusted: false });
  await cuff(home, bloodPressure());
  Object.assign(time, { now: Date.parse('2026-03-03T09:00:00Z'), trusted: true });
  // Another boot: the machine's own time no longer says when it was.
  home.db.exec("UPDATE capture SET boot = 'before'");
  await home.round.clockTrusted();
  await home.round.run();
  expect(home.readings.held()).toMatchObject([{ heldBecause: 'gateway-clock-untrusted' }]);
  await cuff(home, bloodPressure({ systolic: 131 }));
  time.now += 31 * DAY;
  await home.round.run();
  expect(home.readings.held()).toHaveLength(0);
  await home.stop();
});

test('what waits for a receipt is not deleted, however long; what was received goes in time', async () => {
  const home = await usual();
  const transport = home.transports.get('care');
  await cuff(home, bloodPressure({ systolic: 131 }));
  await settled(home, 1);
  await home.outbox.store({ id: home.received()[0]?.id ?? '', state: 'received' });
  transport?.answer({ outcome: 'deferred', because: 'offline' });
  await cuff(home, bloodPressure({ systolic: 132 }));
  home.time.now += 100 * DAY;
  await home.round.run();
  expect(home.views.captures()).toEqual({ read: 1 });
  expect(home.readings.recent(9)).toHaveLength(2);
  home.time.now += 13 * month;
  await home.round.run();
  expect(home.readings.recent(9)).toHaveLength(1);
  expect(home.deliveries.recent(9)).toMatchObject([{ state: 'queued' }]);
  transport?.answer({ outcome: 'delivered' });
  home.time.real += 60_000;
  home.outbox.wake();
  await settled(home, 2);
  await home.stop();
});

test('cut off in the middle, nothing is gone; and once it is done, it is not done again that day', async () => {
  const home = await usual();
  await cuff(home, bloodPressure({ systolic: 131 }));
  await settled(home, 1);
  await home.outbox.store({ id: home.received()[0]?.id ?? '', state: 'received' });
  home.time.now += 14 * month;
  // The last of what it removes: all before it was already deleted in the same commit.
  home.db.exec(`CREATE TRIGGER cut BEFORE DELETE ON capture
    BEGIN SELECT RAISE(ABORT, 'cut'); END`);
  await expect(home.round.run()).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_TRIGGER' });
  expect(home.readings.recent(9)).toHaveLength(1);
  expect(home.deliveries.recent(9)).toHaveLength(1);
  home.db.exec('DROP TRIGGER cut');
  await home.round.run();
  expect(home.readings.recent(9)).toEqual([]);
  expect(home.deliveries.recent(9)).toEqual([]);
  expect(home.views.captures()).toEqual({});
  await home.stop();
});

test('what was taken back keeps what that needs until it is answered, however late', async () => {
  const home = await usual();
  const transport = home.transports.get('care');
  await cuff(home, bloodPressure({ systolic: 177 }));
  await settled(home, 1);
  await home.outbox.store({ id: home.received()[0]?.id ?? '', state: 'received' });
  transport?.answer({ outcome: 'deferred', because: 'offline' });
  await home.decisions.removeReading('test', home.readings.recent(1)[0]?.id ?? '');
  home.time.now += 20 * month;
  await home.round.run();
  transport?.answer({ outcome: 'delivered' });
  home.time.real += 60_000;
  home.outbox.wake();
  await settled(home, 2);
  expect(home.received()[1]?.body).toContain('entered-in-error');
  await home.stop();
});

test('a failing part of the round does not stop the others', async () => {
  const home = openHousehold({
    expectations: [{ person: 'nobody-we-know', kind: 'glucose', by: '00:00' }],
  });
  home.db.exec(`CREATE TRIGGER fault BEFORE INSERT ON meta WHEN NEW.name = 'retained'
    BEGIN SELECT RAISE(ABORT, 'fault'); END`);
  await expect(home.round.run()).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_TRIGGER' });
  expect(home.db.prepare("SELECT count(*) FROM meta WHERE name = 'listened'").pluck().get()).toBe(
    1,
  );
  await home.stop();
});
