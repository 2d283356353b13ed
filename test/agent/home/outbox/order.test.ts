import { expect, test } from 'vitest';
import type { Delivery, Envelope } from '../../../../agent/home/transport/transport.ts';
import { createFakeTransport, type FakeTransport } from '../../../support/fake-transport.ts';
import { until } from '../../../support/until.ts';
import { bloodPressure, bthome, cuff } from '../frames.ts';
import { type Household, usual } from '../household.ts';

/** In which order a backlog leaves: the oldest first, others not stuck behind it, each device's in order. */

const CUFF = '00005e005301';
const DOOR = '00005e005302';
const SECOND = '00005e005303';
const LIMITS = { inFlightMax: 4, receiptWaitMs: 30_000, retryMinMs: 1, retryMaxMs: 20 };
const RECEIVED = { state: 'received', at: '2026-03-02T09:00:00Z' } as const;

const down: Delivery = { outcome: 'deferred', because: 'offline' };
const accept = ({ id }: Envelope): Delivery => ({
  outcome: 'delivered',
  receipt: { id, ...RECEIVED },
});

/** A home of three devices whose receiver is away, over HTTPS as far as receipts go. */
async function away(limits: Partial<typeof LIMITS> = {}) {
  const transport = createFakeTransport({ recipient: 'care' });
  transport.answer(down);
  const home = await usual({
    transports: new Map([['care', transport]]),
    limits: { ...LIMITS, ...limits },
  });
  for (const address of [DOOR, SECOND]) {
    const device = await home.adopt(address);
    await home.decisions.assignDevice('test', device.id, { owner: home.person.id });
  }
  return { home, transport };
}

/** Systolic values, so many, of one cuff, oldest first. */
async function pressures(home: Household, from: number, count: number, peripheral = CUFF) {
  for (let n = from; n < from + count; n += 1) {
    home.time.now += 1_000;
    await cuff(home, bloodPressure({ systolic: n }), { peripheral });
  }
}

const opened = (home: Household) => bthome(home, '2d01', { peripheral: DOOR });
const SYSTOLIC = /"271649006|8480-6"[\s\S]*?"value":(\d+)/g;
const systolics = ({ body }: Envelope) => [...body.matchAll(SYSTOLIC)].map(([, n]) => Number(n));

/** What arrived, once each, in the order of its first arrival. */
function arrivals(transport: FakeTransport): number[] {
  return [...new Set(transport.received.flatMap(systolics))];
}

async function drained(home: Household) {
  await until(() => {
    home.time.real += 5;
    home.outbox.wake();
    home.committer.flush();
    return !home.deliveries.hasOpen();
  }, 'the queue is empty');
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);

test('of each device the order is kept, and another device does not wait behind a long backlog', async () => {
  const { home, transport } = await away();
  await pressures(home, 100, 150);
  await opened(home);
  await pressures(home, 410, 3, SECOND);
  transport.answer(accept);
  home.outbox.online();
  await drained(home);
  const all = arrivals(transport);
  expect(all.filter((n) => n < 400)).toEqual(range(100, 150));
  expect(all.filter((n) => n > 400)).toEqual(range(410, 3));
  const door = transport.received.findIndex(({ body }) => !body.includes('8480-6'));
  expect(door).toBeLessThan(8);
  expect(all.indexOf(412)).toBeLessThan(20);
  await home.stop();
});

test('alarms by the hundred leave the oldest half of what leaves', async () => {
  const { home, transport } = await away();
  await pressures(home, 100, 150);
  for (let n = 0; n < 150; n += 1) {
    home.time.now += 1_000;
    await bthome(home, n % 2 ? '2d01' : '2d00', { peripheral: DOOR });
  }
  transport.answer(accept);
  home.outbox.online();
  await drained(home);
  const first = transport.received.slice(0, 100).filter(({ body }) => body.includes('8480-6'));
  expect(first.length).toBeGreaterThanOrEqual(50);
  expect(arrivals(transport)).toEqual(range(100, 150));
  await home.stop();
});

test.each(['unavailable', 'timeout', 'busy', 'garbage', 'no-subscriber'] as const)(
  'an outage in which the way answers (%s) tries one at a time, and keeps the order',
  async (because) => {
    const { home, transport } = await away();
    transport.answer({ outcome: 'deferred', because });
    home.outbox.online();
    await pressures(home, 100, 100);
    for (let n = 0; n < 30; n += 1) {
      home.time.real += 25;
      home.outbox.wake();
      await until(() => home.outbox.inFlightCount() === 0, 'the answer');
    }
    // A window at first, then one by one.
    expect(transport.received.length).toBeLessThan(LIMITS.inFlightMax + 35);
    transport.received.length = 0;
    transport.answer(accept);
    await drained(home);
    const inOrder = arrivals(transport);
    // The one that was tried out of turn, to learn whose trouble it is, may be ahead.
    const ahead = inOrder.filter((n, at) => inOrder.slice(0, at).some((other) => other > n));
    expect(inOrder).toHaveLength(100);
    const late = inOrder.filter((n, at) => inOrder.slice(at + 1).some((other) => other < n));
    expect(late.length).toBeLessThanOrEqual(1);
    expect(ahead.length === 0 || late.length === 1).toBe(true);
    await home.stop();
  },
);

test('a refused one is passed by; one that is put off for ever stops neither its device nor others', async () => {
  const { home, transport } = await away();
  await pressures(home, 100, 90);
  await pressures(home, 400, 5, SECOND);
  const poison: Delivery = { outcome: 'deferred', because: 'unavailable' };
  transport.answer((envelope) => {
    const [n] = systolics(envelope);
    if (n === 110) return { outcome: 'rejected', because: 'invalid' };
    return n === 120 ? poison : accept(envelope);
  });
  home.outbox.online();
  await until(() => {
    home.time.real += 5;
    home.outbox.wake();
    home.committer.flush();
    return home.deliveries.counts().every(({ state, n }) => state !== 'queued' || n === 1);
  }, 'only the one waits');
  const before = arrivals(transport).filter((n) => n < 400 && n !== 120);
  expect(before).toEqual(range(100, 90).filter((n) => n !== 120));
  transport.answer(accept);
  await drained(home);
  expect(home.deliveries.counts()).toMatchObject([
    { state: 'received' },
    { state: 'rejected', n: 1 },
  ]);
  await home.stop();
});

test.each([
  ['again and again', undefined],
  ['for an hour', 3_600_000],
] as const)(
  'one that is put off %s holds its device back for a short time only',
  async (_, retryAfterMs) => {
    const { home, transport } = await away({ retryMinMs: 1_000, retryMaxMs: 300_000 });
    await pressures(home, 100, 20);
    await pressures(home, 400, 40, SECOND);
    const poison: Delivery = {
      outcome: 'deferred',
      because: 'busy',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
    transport.answer((envelope) => (systolics(envelope)[0] === 105 ? poison : accept(envelope)));
    home.outbox.online();
    let passed = 0;
    await until(() => {
      passed += 1_000;
      home.time.real += 1_000;
      home.outbox.wake();
      home.committer.flush();
      return home.deliveries.counts().some(({ state, n }) => state === 'received' && n === 59);
    }, 'all others');
    expect(passed).toBeLessThan(1_000_000);
    await home.stop();
  },
);

test('the first that is always put off does not pass for a way that is down', async () => {
  const { home, transport } = await away();
  await pressures(home, 100, 100);
  transport.answer((envelope) =>
    systolics(envelope)[0] === 100 ? { outcome: 'deferred', because: 'timeout' } : accept(envelope),
  );
  home.outbox.online();
  await until(() => {
    home.time.real += 25;
    home.outbox.wake();
    home.committer.flush();
    return home.deliveries.counts().some(({ state, n }) => state === 'received' && n === 99);
  }, 'all others');
  await home.stop();
});

test('nobody answers, for long: the order is kept, and one that is never answered does not stop the others', async () => {
  // Longer than the test lets pass: what waited for its turn by itself would come late.
  const { home, transport } = await away({ retryMinMs: 40_000, retryMaxMs: 80_000 });
  transport.answer({ outcome: 'delivered' });
  home.outbox.online();
  await pressures(home, 100, 12);
  for (let n = 0; n < 2; n += 1) {
    home.time.real += LIMITS.receiptWaitMs + 1;
    await until(() => transport.received.length >= (n + 1) * LIMITS.inFlightMax, 'a repeat');
  }
  transport.received.length = 0;
  // From now on all are answered but the very first.
  const answered = new Set<string>();
  await until(async () => {
    home.time.real += 1_000;
    for (const envelope of transport.received.slice()) {
      if (systolics(envelope)[0] === 100 || answered.has(envelope.id)) continue;
      answered.add(envelope.id);
      await home.outbox.store({ id: envelope.id, state: 'received' });
    }
    return answered.size === 11;
  }, 'all others are answered');
  const all = arrivals(transport).filter((n) => n !== 50);
  const late = all.filter((n, at) => all.slice(at + 1).some((other) => other < n));
  expect(late.length).toBeLessThanOrEqual(1);
  await home.stop();
});
