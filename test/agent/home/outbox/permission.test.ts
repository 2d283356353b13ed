import { expect, test } from 'vitest';
import { createFakeTransport } from '../../../support/fake-transport.ts';
import { until } from '../../../support/until.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { again, HOUR, LIMITS, settled, usual } from '../household.ts';
import { care, delivery, firstId, impatient, queuedId, receipt } from './care.ts';

test('its receipt comes before the sending is on disk: the permission under which it left is kept', async () => {
  const home = await usual();
  care(home).answer({ outcome: 'deferred', because: 'offline' });
  await cuff(home, bloodPressure());
  await until(() => delivery(home, queuedId(home))?.because === 'offline', 'put off');
  const { id, kinds } = home.permission;
  const change = { kinds: [...kinds, 'glucose' as const], representative: undefined };
  await home.committer.commit(() => home.permissions.change(id, change, home.time.now));
  expect(delivery(home, queuedId(home))?.permission).toBe(`${id}/1`);
  care(home).answer({ outcome: 'delivered' });
  home.outbox.online();
  await until(() => home.received().length === 1, 'the hand-over');
  const storing = home.outbox.store(receipt(firstId(home)));
  home.committer.flush();
  await storing;
  expect(delivery(home, firstId(home))).toMatchObject({ state: 'received', permission: `${id}/2` });
  await home.stop();
});

test('withdrawal lists what is past the hand-over, and none of it is sent again', async () => {
  const home = await usual({ transports: impatient() });
  care(home).answer('silence');
  await cuff(home, bloodPressure());
  await until(() => home.received().length === 1, 'the hand-over');
  const { alreadyPast } = await home.decisions.withdrawPermission('test', home.permission.id);
  expect(alreadyPast).toEqual([firstId(home)]);
  await until(() => {
    home.time.real += 10;
    return delivery(home, firstId(home))?.state === 'withheld';
  }, 'withheld');
  expect(delivery(home, firstId(home))?.because).toBe('withdrawn');
  expect(home.received()).toHaveLength(1);
  await home.stop();
});

test('ended while it waited: withheld, not sent', async () => {
  const home = await usual();
  await home.decisions.withdrawPermission('test', home.permission.id);
  care(home).answer({ outcome: 'deferred', because: 'offline' });
  await home.decisions.givePermission('test', {
    person: home.person.id,
    recipient: 'care',
    kinds: ['blood-pressure'],
    until: new Date(home.time.now + HOUR).toISOString(),
  });
  await cuff(home, bloodPressure());
  await until(() => home.outbox.inFlightCount() === 0, 'the answer');
  home.committer.flush();
  home.time.now += 2 * HOUR;
  care(home).answer({ outcome: 'delivered' });
  home.time.real += 1_000;
  home.outbox.wake();
  await until(() => {
    home.committer.flush();
    return home.deliveries.recent(1)[0]?.state === 'withheld';
  }, 'withheld');
  expect(home.received()).toHaveLength(0);
  expect(home.deliveries.recent(1)).toMatchObject([{ because: 'expired' }]);
  await home.stop();
});

test('without a trusted clock no consent with an end is in force', async () => {
  const home = await usual();
  await home.decisions.pausePermission(
    'test',
    home.permission.id,
    new Date(home.time.now + HOUR).toISOString(),
  );
  home.time.now += 2 * HOUR;
  await cuff(home, bloodPressure());
  await settled(home, 1);
  home.time.real += LIMITS.receiptWaitMs + 1;
  home.time.trusted = false;
  await until(() => delivery(home, firstId(home))?.state === 'withheld', 'withheld');
  expect(home.received()).toHaveLength(1);
  home.time.trusted = true;
  await home.round.run();
  home.outbox.wake();
  await settled(home, 2);
  await home.stop();
});

test('consent that ends while the transport still connects calls the envelope back', async () => {
  const slow = createFakeTransport({ recipient: 'care', deliverTimeoutMs: HOUR });
  const home = await usual({ transports: new Map([['care', slow]]) });
  care(home).answer('silence');
  await cuff(home, bloodPressure());
  await until(() => home.outbox.inFlightCount() === 1, 'the hand-over');
  const { alreadyPast } = await home.decisions.withdrawPermission('test', home.permission.id);
  await until(() => home.outbox.inFlightCount() === 0, 'called back');
  expect(alreadyPast).toEqual([firstId(home)]);
  await home.stop();
});

test('after a restart what was sent and not answered counts as past the hand-over', async () => {
  const first = await usual();
  for (let n = 0; n < 10; n += 1) await cuff(first, bloodPressure({ systolic: 120 + n }));
  await settled(first, LIMITS.inFlightMax);
  const before = first.received().map(({ id }) => id);
  first.cut();
  const home = again(first);
  home.outbox.wake();
  await settled(home, LIMITS.inFlightMax);
  expect(home.received().map(({ id }) => id)).toEqual(before);
  await home.stop();
});
