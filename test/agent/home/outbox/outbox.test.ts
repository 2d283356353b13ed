import { expect, onTestFinished, test, vi } from 'vitest';
import { backoffMs } from '../../../../agent/home/outbox/way.ts';
import { createFakeTransport } from '../../../support/fake-transport.ts';
import { fc } from '../../../support/property.ts';
import { until } from '../../../support/until.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { again, HOUR, LIMITS, settled, usual } from '../household.ts';
import { care, delivery, firstId, impatient, receipt, stored } from './care.ts';

test('the wait before the next try doubles, is bounded and never nothing', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const limits = { ...LIMITS, retryMinMs: 1_000, retryMaxMs: 60_000 };
      const wait = backoffMs(attempt, limits, () => random);
      expect(wait).toBeGreaterThanOrEqual(500);
      expect(wait).toBeLessThanOrEqual(60_000);
      expect(backoffMs(attempt + 1, limits, () => random)).toBeGreaterThanOrEqual(wait);
    }),
  );
});

test('sent, but not recorded when the power goes: sent again with the same id and the same body', async () => {
  const first = await usual();
  await cuff(first, bloodPressure());
  await until(() => first.received().length === 1, 'the first hand-over');
  first.cut();
  const home = again(first);
  expect(stored(home, firstId(first))?.state).toBe('queued');
  home.outbox.wake();
  await settled(home, 1);
  expect(home.received()).toEqual(first.received());
  await home.stop();
});

test('sent, not recorded when the power goes, and "not mine" before it is sent again: taken back', async () => {
  const home = await usual();
  await cuff(home, bloodPressure());
  await until(() => home.received().length === 1, 'the hand-over');
  home.cut();
  const away = createFakeTransport({ recipient: 'care', deliverTimeoutMs: 30 });
  away.answer({ outcome: 'deferred', because: 'offline' });
  const after = again(home, { transports: new Map([['care', away]]) });
  const [reading] = after.readings.recent(1);
  await after.decisions.removeReading('test', reading?.id ?? '');
  const actions = after.deliveries.ofReading(reading?.id ?? '').map(({ action }) => action);
  expect(actions).toEqual(['new', 'retraction']);
  await after.stop();
});

test('rejected, as an answer to a repeat of what was received, changes nothing', async () => {
  const home = await usual();
  await cuff(home, bloodPressure());
  await settled(home, 1);
  await home.outbox.store(receipt(firstId(home)));
  await home.outbox.store(receipt(firstId(home), 'rejected'));
  expect(delivery(home, firstId(home))?.state).toBe('received');
  await home.stop();
});

test('without a receipt it is sent again, the same, and counts as tried', async () => {
  const home = await usual();
  await cuff(home, bloodPressure());
  await settled(home, 1);
  expect(delivery(home, firstId(home))?.state).toBe('sent');
  home.time.real += LIMITS.receiptWaitMs + 1;
  await settled(home, 2);
  const [one, two] = home.received();
  expect(two).toEqual(one);
  expect(delivery(home, firstId(home))?.attempts).toBe(1);
  await home.stop();
});

test('whatever is queued is counted: new, released, or again for want of a receipt', async () => {
  const home = await usual();
  const { entries } = home.deliveries;
  await cuff(home, bloodPressure());
  expect(entries()).toBe(1);
  await settled(home, 1);
  home.time.real += LIMITS.receiptWaitMs + 1;
  await settled(home, 2);
  expect(entries()).toBe(2);
  await home.decisions.pausePermission('test', home.permission.id);
  home.time.now += HOUR;
  await cuff(home, bloodPressure({ systolic: 150 }));
  expect(entries()).toBe(2);
  const { kinds } = home.permission;
  const person = home.people.list()[0]?.id ?? '';
  await home.decisions.resumePermission('test', home.permission.id);
  const since = new Date(home.time.now - 2 * HOUR).toISOString();
  await home.decisions.givePermission('test', { person, recipient: 'care', kinds, from: since });
  expect(entries()).toBe(3);
  await home.stop();
});

test('a receipt that overtakes the answer of the transport stands', async () => {
  const home = await usual({ transports: impatient() });
  care(home).answer('silence');
  await cuff(home, bloodPressure());
  await until(() => home.received().length === 1, 'the hand-over');
  const id = firstId(home);
  await home.outbox.store(receipt(id));
  await until(() => home.outbox.inFlightCount() === 0, 'the answer');
  expect(delivery(home, id)?.state).toBe('received');
  await until(() => !home.outbox.inFlight(id), 'nothing in flight');
  expect(home.received()).toHaveLength(1);
  await home.stop();
});

test('a late `received` does not undo `read`; a receipt of nothing we know does no harm', async () => {
  const home = await usual();
  await cuff(home, bloodPressure());
  await settled(home, 1);
  const id = firstId(home);
  await home.outbox.store(receipt(id, 'read'));
  await home.outbox.store(receipt(id));
  await home.outbox.store(receipt('8c4a9f3e-8a53-4f0c-9a51-3f1c6c1f0009'));
  expect(delivery(home, id)?.state).toBe('read');
  await home.stop();
});

test('no more than the limit is unanswered, also when the broker takes all', async () => {
  const home = await usual();
  for (let n = 0; n < 10; n += 1) await cuff(home, bloodPressure({ systolic: 120 + n }));
  await settled(home, LIMITS.inFlightMax);
  home.outbox.wake();
  expect(home.received()).toHaveLength(LIMITS.inFlightMax);
  for (let n = 0; n < 10; n += 1) {
    await until(() => home.received().length > n, `envelope ${n}`);
    await home.outbox.store(receipt(home.received()[n]?.id ?? ''));
  }
  expect(new Set(home.received().map(({ id }) => id)).size).toBe(10);
  await home.stop();
});

test('a receipt frees its place at once, and costs no sync of its own', async () => {
  // A machine under load must not let the longest wait for a sync pass.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const home = await usual();
  for (let n = 0; n < 5; n += 1) await cuff(home, bloodPressure({ systolic: 120 + n }));
  await settled(home, LIMITS.inFlightMax);
  const { groups } = home.committer.stats;
  const storing = home.outbox.store(receipt(firstId(home)));
  await until(() => home.received().length === 5, 'the next hand-over');
  expect(home.committer.stats.groups).toBe(groups);
  expect(stored(home, firstId(home))?.state).toBe('sent');
  await cuff(home, bloodPressure({ systolic: 140 }));
  await storing;
  expect(home.committer.stats.groups).toBe(groups + 1);
  expect(stored(home, firstId(home))?.state).toBe('received');
  await home.stop();
});

test('a reading for which no envelope can be made is rejected, and stops no other', async () => {
  const home = await usual();
  await home.decisions.pausePermission('test', home.permission.id);
  await home.decisions.resumePermission('test', home.permission.id);
  home.db.exec(
    `CREATE TRIGGER spoil AFTER INSERT ON reading BEGIN
       UPDATE reading SET content = '{"measurements":[{"kind":"blood-pressure"}],"status":[]}' WHERE id = NEW.id; END`,
  );
  home.time.now += 1;
  await cuff(home, bloodPressure({ systolic: 140 }));
  home.db.exec('DROP TRIGGER spoil');
  await cuff(home, bloodPressure({ systolic: 141 }));
  const states = () => {
    home.committer.flush();
    return home.deliveries.recent(9).map(({ state }) => state);
  };
  await until(() => states().includes('sent') && states().includes('rejected'), 'one of each');
  expect(home.received()).toHaveLength(1);
  await home.stop();
});

test('while the disk refuses nothing is sent twice, and what was answered is stored when it takes again', async () => {
  const home = await usual();
  await cuff(home, bloodPressure());
  await until(() => home.received().length === 1, 'the hand-over');
  home.db.pragma('query_only = ON');
  expect(home.committer.flush()).toBe(false);
  const storing = home.outbox.store(receipt(firstId(home)));
  for (let n = 0; n < 20; n += 1) home.outbox.wake();
  expect(home.received()).toHaveLength(1);
  home.db.pragma('query_only = OFF');
  await storing;
  expect(delivery(home, firstId(home))?.state).toBe('received');
  expect(home.troubles).toEqual(['store-read-only', undefined]);
  await home.stop();
});

test('moved to another person: taken back where it may be, then new under the other pseudonym', async () => {
  const home = await usual();
  const other = await home.decisions.addPerson('test', 'Ola Example');
  await home.decisions.givePermission('test', {
    person: other.id,
    recipient: 'care',
    kinds: ['blood-pressure'],
    from: '2026-03-02T00:00:00Z',
  });
  await cuff(home, bloodPressure());
  await settled(home, 1);
  // No receipt came, it is queued again, and its person was wrong: it may be there all the same.
  care(home).answer({ outcome: 'deferred', because: 'offline' });
  home.time.real += LIMITS.receiptWaitMs + 1;
  await until(() => delivery(home, firstId(home))?.state === 'queued', 'queued again');
  const [reading] = home.readings.recent(1);
  await home.decisions.assignReading('test', reading?.id ?? '', other.id);
  care(home).answer({ outcome: 'delivered' });
  home.time.real += 60_000;
  home.outbox.wake();
  await settled(home, 3);
  const [, retraction, fresh] = home.received();
  expect(retraction?.body).toContain('entered-in-error');
  expect(retraction?.body).not.toContain('valueQuantity');
  expect(retraction?.body).toContain(home.people.pseudonym(home.person.id, 'care'));
  expect(fresh?.body).toContain(home.people.pseudonym(other.id, 'care'));
  expect(fresh?.body).not.toContain(home.people.pseudonym(home.person.id, 'care'));
  await home.stop();
});

test.each(['timeout', 'unavailable', 'garbage'] as const)(
  'tried, and no answer that tells whether it arrived (%s): withdrawal lists it',
  async (because) => {
    const home = await usual();
    care(home).answer({ outcome: 'deferred', because });
    await cuff(home, bloodPressure());
    await until(() => delivery(home, firstId(home))?.because === because, 'the answer');
    const { alreadyPast } = await home.decisions.withdrawPermission('test', home.permission.id);
    expect(alreadyPast).toEqual([firstId(home)]);
    await home.stop();
  },
);

test('a way out that is down is not tried with the whole queue, and at once when it is back', async () => {
  const home = await usual({ limits: { retryMinMs: 1_000, retryMaxMs: 60_000 } });
  let tries = 0;
  care(home).answer(() => {
    tries += 1;
    return { outcome: 'deferred', because: 'offline' };
  });
  for (let n = 0; n < 30; n += 1) await cuff(home, bloodPressure({ systolic: 120 + n }));
  home.committer.flush();
  home.outbox.wake();
  await until(() => home.outbox.inFlightCount() === 0, 'the answers');
  expect(tries).toBeLessThanOrEqual(LIMITS.inFlightMax);
  expect(tries).toBeGreaterThan(0);
  care(home).answer({ outcome: 'delivered' });
  home.outbox.wake();
  expect(home.received()).toHaveLength(0);
  home.outbox.online();
  await settled(home, LIMITS.inFlightMax);
  await home.stop();
});

test('a wait that is shorter than a look is kept to, though nothing wakes the outbox', async () => {
  const home = await usual({ limits: { retryMinMs: 500, retryMaxMs: 500 } });
  care(home).answer({ outcome: 'deferred', because: 'busy' });
  await cuff(home, bloodPressure());
  await until(() => delivery(home, firstId(home))?.because === 'busy', 'deferred');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  home.outbox.wake();
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  // Nothing is left but the timer of the next look.
  care(home).answer({ outcome: 'delivered' });
  const before = home.received().length;
  home.time.real += 600;
  await vi.advanceTimersByTimeAsync(500);
  expect(home.received()).toHaveLength(before + 1);
  vi.useRealTimers();
  await home.stop();
});

test("the machine's clock was years ahead and is set right: what waited until then is tried now", async () => {
  const home = await usual();
  const year = 365 * 24 * HOUR;
  home.time.real += year;
  care(home).answer({ outcome: 'deferred', because: 'busy' });
  await cuff(home, bloodPressure());
  await until(() => delivery(home, firstId(home))?.because === 'busy', 'deferred');
  home.time.real -= year;
  care(home).answer({ outcome: 'delivered' });
  home.outbox.wake();
  await settled(home, 2);
  home.time.real -= year;
  await until(() => {
    home.time.real += 10;
    return home.received().length === 3;
  }, 'sent again for want of a receipt');
  await home.stop();
});
