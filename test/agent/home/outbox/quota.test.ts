import { expect, test } from 'vitest';
import { createRegistry } from '../../../../agent/home/metrics.ts';
import { fullInMs, type QueueSample, withSample } from '../../../../agent/home/outbox/forecast.ts';
import { fc } from '../../../support/property.ts';
import { until } from '../../../support/until.ts';
import { bloodPressure, cuff } from '../frames.ts';
import { again, DAY, HOUR, type Options, usual } from '../household.ts';

const LIMITS = { queueRowsMax: 1_000, queueBytesMax: 1_000_000 };
const hours = (rows: readonly number[], bytes?: readonly number[]): QueueSample[] =>
  rows.map((n, hour) => ({ at: hour * HOUR, rows: n, bytes: bytes?.[hour] }));

test('with no growth, or too little known, nothing is foretold', () => {
  expect(fullInMs([], LIMITS)).toBeUndefined();
  expect(fullInMs(hours([0, 100, 200, 300, 400]), LIMITS)).toBeUndefined();
  expect(fullInMs(hours(Array.from({ length: 30 }, () => 900)), LIMITS)).toBeUndefined();
  expect(fullInMs(hours(Array.from({ length: 30 }, (_, n) => 900 - n)), LIMITS)).toBeUndefined();
});

test('at a steady rate the instant is right, in rows and in bytes; an outage of one day is not hidden', () => {
  const steady = hours(Array.from({ length: 73 }, (_, n) => n * 5));
  expect(fullInMs(steady, LIMITS)).toBe(((1_000 - 360) / 5) * HOUR);
  const bytes = Array.from({ length: 25 }, (_, n) => n * 20_000);
  expect(
    fullInMs(
      hours(
        bytes.map(() => 7),
        bytes,
      ),
      LIMITS,
    ),
  ).toBe(26 * HOUR);
  const late = hours(Array.from({ length: 73 }, (_, n) => Math.max(0, n - 48) * 20));
  expect(fullInMs(late, LIMITS)).toBe(26 * HOUR);
});

test('whatever was sampled and however the clock went, it is never foretold wrongly signed, and samples stay few', () => {
  const step = fc.record({ ms: fc.integer({ min: -10 * DAY, max: 2 * DAY }), rows: fc.nat(2_000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let at = 100 * DAY;
      let samples: readonly QueueSample[] = [];
      for (const { ms, rows } of steps) {
        at += ms;
        samples = withSample(samples, { at, rows });
        const left = fullInMs(samples, LIMITS);
        expect(left === undefined || left >= 0).toBe(true);
        expect(samples.map((one) => one.at)).toEqual(
          samples.map((one) => one.at).sort((a, b) => a - b),
        );
      }
    }),
  );
});

/** A home whose recipient is away, with so many readings an hour for so many hours. */
async function filling(
  options: Options,
  each: number,
  count: number,
  because: 'offline' | 'timeout' = 'offline',
) {
  const home = await usual(options);
  home.transports.get('care')?.answer({ outcome: 'deferred', because });
  for (let hour = 0; hour < count; hour += 1) {
    for (let n = 0; n < each; n += 1) {
      home.time.now += HOUR / each;
      await cuff(home, bloodPressure({ systolic: 100 + n }));
    }
    await home.round.run();
  }
  return home;
}

const checksOf = ({ db, health }: Awaited<ReturnType<typeof usual>>) =>
  health
    .checks({ db, links: [], radio: false, tokens: [] } as never)
    .filter(({ name }) => name === 'queue');
const told = (home: Awaited<ReturnType<typeof usual>>) =>
  home.events.recent(100).map(({ cause }) => cause);

test('three days before it is said: by the doctor, in the metrics, and to the recipients once a day', async () => {
  const home = await filling({ room: { queueRowsMax: 200 } }, 2, 14);
  expect(checksOf(home)).toEqual([]);
  expect(told(home)).toEqual([]);
  home.time.now += 10 * HOUR;
  for (let n = 0; n < 24; n += 1) await cuff(home, bloodPressure({ systolic: 130 + n }));
  home.time.now += HOUR;
  await home.round.run();
  await home.round.run();
  expect(checksOf(home)).toMatchObject([{ ok: false, code: 'queue-full-in-3-days' }]);
  expect(told(home)).toEqual(['queue-filling']);
  const metrics = await createRegistry(home.health.figures).metrics();
  expect(metrics).toMatch(/iomt_queue_full_in_seconds \d{5,6}/);
  // Known again after a restart, and nothing is said once it is sent.
  home.cut();
  const after = again(home);
  await after.round.run();
  expect(checksOf(after as typeof home)).toEqual([]);
  await after.stop();
});

test('by a clock that nobody vouches for nothing is foretold', async () => {
  const home = await filling({ room: { queueRowsMax: 30 } }, 2, 10);
  home.time.trusted = false;
  home.time.now += 400 * DAY;
  const before = told(home);
  await home.round.run();
  expect(told(home)).toEqual(before);
  await home.stop();
});

test('at the limit nothing is given up unless the configuration says so', async () => {
  const home = await filling({ room: { queueRowsMax: 20 } }, 30, 1);
  void home.quota.room();
  await until(() => checksOf(home).length > 0, 'it is said');
  home.committer.flush();
  expect(checksOf(home)).toMatchObject([{ code: 'queue-full' }]);
  expect(home.deliveries.counts()).toMatchObject([{ state: 'queued', n: 30 }]);
  expect(told(home)).toContain('queue-full');
  home.quota.stop();
  await home.stop();
});

test('drop-oldest: the oldest never tried are given up, counted, told and in the trail; taking back never', async () => {
  const home = await filling(
    { room: { queueRowsMax: 20, whenFull: 'drop-oldest' } },
    10,
    1,
    'timeout',
  );
  const [tried] = home.readings.recent(100).toReversed();
  // It was tried, so it may have arrived: what takes it back has to leave.
  await home.decisions.removeReading('test', tried?.id ?? '');
  for (let n = 0; n < 30; n += 1) await cuff(home, bloodPressure({ systolic: 150 + n }));
  await home.quota.room();
  home.committer.flush();
  expect(home.deliveries.isQueueFull({ queueRowsMax: 20, queueBytesMax: 1e12 })).toBe(false);
  const counts = home.deliveries.counts();
  const dropped = counts.find(({ state }) => state === 'rejected')?.n ?? 0;
  expect(counts).toContainEqual({ recipient: 'care', state: 'queued', action: 'retraction', n: 1 });
  const trail = home.audit.list().filter(({ action }) => action === 'queue-dropped');
  expect(trail.map(({ detail }) => Number(detail.count)).reduce((a, b) => a + b, 0)).toBe(dropped);
  expect(home.audit.firstBroken()).toBeUndefined();
  expect(await createRegistry(home.health.figures).metrics()).toContain(
    `iomt_queue_dropped_total ${dropped}`,
  );
  expect(told(home)).toContain('queue-dropped');
  // The readings are there all the same.
  expect(home.readings.recent(100).length).toBe(40);
  const left = home.deliveries.queued('care', 0, 100).filter(({ action }) => action === 'new');
  const newest = home.deliveries.recent(left.length).map(({ seq }) => seq);
  expect(left.filter(({ reach }) => reach === 0).every(({ seq }) => newest.includes(seq))).toBe(
    true,
  );
  await home.stop();
});

test('events that give way unsent are counted; over HTTPS none waits for a way that there is not', async () => {
  const home = await usual({ overHttps: ['care'] });
  await home.committer.commit(() => {
    expect(home.events.add('care', { kind: 'radio', cause: 'gateway-offline' })).toBe(false);
  });
  expect(home.events.due('care', 9)).toEqual([]);
  expect(home.events.recent(9)).toMatchObject([{ cause: 'gateway-offline', sent: false }]);
  await home.stop();
  const other = await usual();
  await other.committer.commit(() => {
    for (let n = 0; n < 10_003; n += 1) {
      home.time.now += 1;
      other.events.add('care', { kind: 'radio', cause: 'gateway-offline' });
    }
  });
  expect(await createRegistry(other.health.figures).metrics()).toContain(
    'iomt_events_dropped_total 3',
  );
  await other.stop();
});
