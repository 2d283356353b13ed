import { expect, test } from 'vitest';
import { createJoining } from '../../../../agent/home/outbox/joining.ts';
import type { Delivery, Envelope } from '../../../../agent/home/transport/transport.ts';
import { createFakeTransport } from '../../../support/fake-transport.ts';
import { until } from '../../../support/until.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { usual } from '../household.ts';

const RECEIVED = { state: 'received', at: '2026-03-02T09:00:00Z' } as const;
const accept = ({ id }: Envelope): Delivery => ({
  outcome: 'delivered',
  receipt: { id, ...RECEIVED },
});
const refuse: Delivery = { outcome: 'rejected', because: 'invalid' };
const SYSTOLIC = /"8480-6"[\s\S]*?"value":(\d+)/g;
const systolics = ({ body }: Envelope) => [...body.matchAll(SYSTOLIC)].map(([, n]) => Number(n));

/** So many blood pressures of one person wait for a receiver that takes several as one. */
async function waiting(count: number) {
  const transport = createFakeTransport({ recipient: 'care', joinMax: 50, bytesMax: 512 * 1024 });
  transport.answer({ outcome: 'deferred', because: 'offline' });
  const limits = { inFlightMax: 50, receiptWaitMs: 30_000, retryMinMs: 1, retryMaxMs: 20 };
  const home = await usual({ transports: new Map([['care', transport]]), limits });
  for (let n = 0; n < count; n += 1) {
    home.time.now += 1_000;
    await cuff(home, bloodPressure({ systolic: 100 + n }));
  }
  const drain = async (how: (envelope: Envelope) => Delivery) => {
    transport.received.length = 0;
    transport.answer(how);
    home.outbox.online();
    await until(() => {
      home.time.real += 25;
      home.outbox.wake();
      home.committer.flush();
      return !home.deliveries.hasOpen();
    }, 'nothing waits');
  };
  const states = () => home.deliveries.counts().map(({ state, n }) => [state, n]);
  return { home, transport, drain, states };
}

test('a backlog leaves fifty at a time, in order, each with its own receipt; one person, one device', async () => {
  const { home, transport, drain, states } = await waiting(120);
  await drain(accept);
  expect(transport.received.flatMap(systolics)).toEqual(
    Array.from({ length: 120 }, (_, n) => 100 + n),
  );
  expect(transport.received.length).toBeLessThan(6);
  expect(states()).toEqual([['received', 120]]);
  const large = transport.received.find((envelope) => systolics(envelope).length === 50);
  const { entry } = JSON.parse(large?.body ?? '{}') as {
    entry: { resource: { resourceType: string } }[];
  };
  const types = entry.map(({ resource }) => resource.resourceType);
  expect(types.filter((type) => type === 'Patient')).toHaveLength(1);
  expect(types.filter((type) => type === 'Device')).toHaveLength(2);
  await home.stop();
});

test('refused, it is halved until the offender stands alone: that one is rejected, all others received', async () => {
  const { home, transport, drain, states } = await waiting(100);
  await drain((envelope) => (systolics(envelope).includes(137) ? refuse : accept(envelope)));
  expect(states()).toEqual([
    ['received', 99],
    ['rejected', 1],
  ]);
  expect(transport.received.length).toBeLessThan(25);
  await home.stop();
});

test('a receiver that takes no joined ones gets each alone, without a refusal before each', async () => {
  const { home, transport, drain, states } = await waiting(60);
  await drain((envelope) => (systolics(envelope).length > 1 ? refuse : accept(envelope)));
  expect(states()).toEqual([['received', 60]]);
  expect(
    transport.received.filter((envelope) => systolics(envelope).length > 1).length,
  ).toBeLessThan(9);
  await home.stop();
});

test('consent that ended while they waited keeps each at home, and one that ends on the way calls all back', async () => {
  const { home, transport, drain } = await waiting(10);
  await home.decisions.withdrawPermission('test', home.permission.id);
  transport.answer(accept);
  home.outbox.online();
  await until(() => !home.deliveries.hasOpen(), 'withheld');
  expect(transport.received).toEqual([]);
  await home.decisions.givePermission('test', {
    person: home.person.id,
    recipient: 'care',
    kinds: ['blood-pressure'],
    from: '2026-03-02T00:00:00Z',
  });
  await drain(accept);
  expect(transport.received.flatMap(systolics)).toHaveLength(10);
  await home.stop();
});

test('halves after a refusal, grows after what passes, and remembers what a receiver does not take', () => {
  const joining = createJoining(50);
  joining.refused(50);
  expect(joining.size()).toBe(25);
  joining.settled(25, false);
  expect(joining.size()).toBe(25);
  joining.settled(25, false);
  joining.settled(25, false);
  expect(joining.size()).toBe(25);
});
