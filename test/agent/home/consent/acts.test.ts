import { expect, test } from 'vitest';
import type { Delivery } from '../../../../agent/home/transport/transport.ts';
import { createFakeTransport, type FakeTransport } from '../../../support/fake-transport.ts';
import { until } from '../../../support/until.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { again, agree, DAY, HOUR, settled, usual } from '../household.ts';

/** A way out whose connection comes when the test says so. */
function connecting() {
  const fake = createFakeTransport({ recipient: 'care' });
  const waiting: (() => void)[] = [];
  const transport: FakeTransport = {
    ...fake,
    deliver: (envelope, signal, mayLeave) =>
      new Promise<Delivery>((resolve) => {
        const cancelled = () => resolve({ outcome: 'deferred', because: 'cancelled' });
        signal.addEventListener('abort', cancelled);
        waiting.push(() => {
          if (!signal.aborted) void fake.deliver(envelope, signal, mayLeave).then(resolve);
        });
      }),
  };
  return { transport, waiting, connect: () => waiting.splice(0).forEach((go) => void go()) };
}

const later = (home: Awaited<ReturnType<typeof usual>>) => {
  home.time.real += 60_000;
  home.outbox.wake();
};

test.each(['withdrawn', 'removed'])(
  'what waits for its connection when it is %s never leaves, and is neither listed nor taken back',
  async (how) => {
    const { transport, waiting, connect } = connecting();
    const home = await usual({ transports: new Map([['care', transport]]) });
    await cuff(home, bloodPressure());
    await until(() => waiting.length === 1, 'it at the transport');
    const [reading] = home.readings.recent(1);
    if (how === 'removed') await home.decisions.removeReading('test', reading?.id ?? '');
    else {
      const { alreadyPast } = await home.decisions.withdrawPermission('test', home.permission.id);
      expect(alreadyPast).toEqual([]);
    }
    connect();
    await until(() => home.outbox.inFlightCount() === 0, 'it settled');
    later(home);
    home.committer.flush();
    connect();
    expect(transport.received).toEqual([]);
    expect(home.deliveries.recent(9)).toHaveLength(1);
    await home.stop();
  },
);

test('a consent that ends by the clock alone stops what waits for its connection', async () => {
  const { transport, waiting, connect } = connecting();
  const home = await usual({ transports: new Map([['care', transport]]) });
  await home.decisions.withdrawPermission('test', home.permission.id);
  await home.decisions.givePermission('test', {
    ...{ person: home.person.id, recipient: 'care', kinds: ['blood-pressure'] },
    until: new Date(home.time.now + HOUR).toISOString(),
  });
  await cuff(home, bloodPressure());
  await until(() => waiting.length === 1, 'it at the transport');
  home.time.now += HOUR + 1;
  connect();
  expect(transport.received).toEqual([]);
  await home.stop();
});

test('withdrawal lists what left and was not answered, though its last try found no connection', async () => {
  const home = await usual();
  const transport = home.transports.get('care');
  transport?.answer({ outcome: 'deferred', because: 'timeout' });
  await cuff(home, bloodPressure());
  await settled(home, 1);
  transport?.answer({ outcome: 'deferred', because: 'offline' });
  later(home);
  await until(() => home.outbox.inFlightCount() === 0, 'the second try');
  home.committer.flush();
  const { alreadyPast } = await home.decisions.withdrawPermission('test', home.permission.id);
  expect(alreadyPast).toEqual([home.received()[0]?.id]);
  await home.stop();
});

test('killed after the hand-over: withdrawal before it is sent again lists it', async () => {
  const first = await usual();
  await cuff(first, bloodPressure());
  await until(() => first.received().length === 1, 'the hand-over');
  first.cut();
  const home = again(first, {
    transports: new Map([['care', createFakeTransport({ recipient: 'care' })]]),
  });
  home.committer.flush();
  const { alreadyPast } = await home.decisions.withdrawPermission('test', first.permission.id);
  expect(alreadyPast).toEqual([first.received()[0]?.id]);
  await home.stop();
});

test('moved to another person and then removed: the first recipient is told all the same', async () => {
  const home = await usual();
  const other = await home.decisions.addPerson('test', 'Ola Example');
  await cuff(home, bloodPressure());
  await settled(home, 1);
  home.transports.get('care')?.answer({ outcome: 'deferred', because: 'offline' });
  const [reading] = home.readings.recent(1);
  await home.decisions.assignReading('test', reading?.id ?? '', other.id);
  await home.decisions.removeReading('test', reading?.id ?? '');
  home.transports.get('care')?.answer({ outcome: 'delivered' });
  later(home);
  await until(() => home.received().length === 2, 'the taking back');
  expect(home.received()[1]?.body).toContain('entered-in-error');
  await home.stop();
});

test('an event of before a consent does not leave under it', async () => {
  const told: string[] = [];
  const publishEvent = (_: string, { id }: { id: string }) => {
    told.push(id);
    return Promise.resolve<Delivery>({ outcome: 'delivered' });
  };
  const home = await usual({ publishEvent });
  const missing = () =>
    home.committer.commit(() =>
      home.events.add('care', {
        ...{ kind: 'missing', cause: 'not-measured' },
        ...{ person: home.person.id, measurement: 'blood-pressure' },
      }),
    );
  await missing();
  await home.decisions.withdrawPermission('test', home.permission.id);
  home.time.now += DAY;
  await agree(home, home.person.id);
  await home.schedule.sendEvents();
  expect(told).toEqual([]);
  await missing();
  await home.schedule.sendEvents();
  expect(told).toHaveLength(1);
  await home.stop();
});
