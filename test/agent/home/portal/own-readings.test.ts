import { expect, test } from 'vitest';
import type { Kind } from '../../../../adapters/measurement.ts';
import { createOwnReadings, OWN_READINGS_SQL } from '../../../../agent/home/portal/own-readings.ts';
import { createWays, WAY_SQL } from '../../../../agent/home/portal/way.ts';
import { DAY, HOUR, START } from '../household.ts';
import { KARI, OLA, pressure, put, single, stored, storeOfPeople } from './many-readings.ts';

const weight = (kg: string) => single('body-weight', 'weight', { value: kg, unit: 'kg' });

test('the latest of each kind goes by when it was measured, not by when it came', () => {
  const db = storeOfPeople();
  const late = stored(START - DAY, pressure(120), { capturedAt: START + HOUR });
  const last = stored(START, pressure(138), { state: 'corrected' });
  const scale = stored(START - 2 * DAY, weight('71.80'));
  put(db, [
    last,
    late,
    scale,
    stored(START + HOUR, pressure(150), { person: OLA }),
    stored(START + HOUR, pressure(151), { state: 'removed' }),
    stored(undefined, pressure(152), { state: 'held', held: 'clock' }),
  ]);
  const own = createOwnReadings(db);
  expect(own.latest(KARI).map(({ id }) => id)).toEqual([last.id, scale.id]);
  expect(own.latest(KARI)[1]?.measurements[0]?.quantities.weight).toEqual({
    value: '71.80',
    unit: 'kg',
  });
  expect(own.undated(KARI)).toHaveLength(1);
  expect(own.undated(OLA)).toEqual([]);
  db.close();
});

test('page after page shows each own reading once, also those of one instant, and nobody else’s', () => {
  const db = storeOfPeople();
  const mine = Array.from({ length: 60 }, (_, n) =>
    stored(START + Math.floor(n / 4) * HOUR, n % 3 === 0 ? weight('70') : pressure(120 + n)),
  );
  const others = mine.map((one) => stored(one.measuredAt, pressure(99), { person: OLA }));
  put(
    db,
    mine.flatMap((one, n) => [one, others[n] ?? one]),
  );
  const own = createOwnReadings(db);
  for (const kind of [undefined, 'blood-pressure'] as (Kind | undefined)[]) {
    const seen: string[] = [];
    const times: number[] = [];
    for (let after: string | undefined; ; ) {
      const page = own.page(KARI, { count: 7, ...(kind && { kind }), ...(after && { after }) });
      seen.push(...page.readings.map(({ id }) => id));
      times.push(...page.readings.map(({ measuredAt }) => measuredAt ?? 0));
      after = page.next;
      if (after === undefined || seen.length > mine.length) break;
    }
    const wanted = mine.filter((one) => kind === undefined || one.kind === kind);
    expect(seen.toSorted()).toEqual(wanted.map(({ id }) => id).toSorted());
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  }
  // Somebody else's reading is no place in the list to go on from.
  const first = own.page(KARI, { count: 7 });
  expect(own.page(KARI, { count: 7, after: others[40]?.id ?? '' })).toEqual(first);
  expect([...own.every(KARI)].map(({ id }) => id).toSorted()).toEqual(
    mine.map(({ id }) => id).toSorted(),
  );
  db.close();
});

test('a reading of somebody else is like one that is not there', () => {
  const db = storeOfPeople();
  const theirs = stored(START, pressure(138), { person: OLA });
  const nobodys = stored(START, pressure(138), {
    ...{ person: undefined, state: 'held', held: 'person' },
  });
  put(db, [theirs, nobodys]);
  const own = createOwnReadings(db);
  for (const id of [theirs.id, nobodys.id, 'unknown']) {
    expect(own.one(KARI, id)).toBeUndefined();
    expect(createWays(db)(KARI, id)).toEqual([]);
  }
  expect(own.one(OLA, theirs.id)?.measurements).toEqual([pressure(138)]);
  expect(own.latest(KARI)).toEqual([]);
  db.close();
});

test('of a removed reading no value is shown: it may be of somebody else', () => {
  const db = storeOfPeople();
  const removed = stored(START, pressure(138), { state: 'removed', status: ['irregular-pulse'] });
  put(db, [removed]);
  const shown = createOwnReadings(db).one(KARI, removed.id);
  expect(shown).toMatchObject({ state: 'removed', measurements: [], status: [] });
  db.close();
});

test('points of a period: its beginning is in it and its end is not, oldest first', () => {
  const db = storeOfPeople();
  put(
    db,
    [4, 0, 2, 1, 3].map((days) => stored(START + days * DAY, weight(`7${days}.0`))),
  );
  const period = { from: START + DAY, until: START + 4 * DAY };
  const { readings, spanMs } = createOwnReadings(db).points(KARI, 'body-weight', period);
  const values = readings.map(({ measurements }) => measurements[0]?.quantities.weight);
  expect(values.map((one) => one && 'value' in one && one.value)).toEqual(['71.0', '72.0', '73.0']);
  expect(spanMs).toBeUndefined();
  db.close();
});

test('of too many points the first of each span stands, as it was measured, and it is said', () => {
  const db = storeOfPeople();
  put(
    db,
    Array.from({ length: 10_080 }, (_, minute) =>
      stored(
        START + minute * 60_000,
        single('heart-rate', 'heart-rate', { value: String(60 + (minute % 40)), unit: '/min' }),
      ),
    ),
  );
  const period = { from: START, until: START + 7 * DAY };
  const { readings, spanMs } = createOwnReadings(db).points(KARI, 'heart-rate', period);
  expect(spanMs).toBe(Math.ceil((7 * DAY) / 250));
  expect(readings).toHaveLength(250);
  expect(readings[0]?.measuredAt).toBe(START);
  for (const { measuredAt = 0, measurements } of readings) {
    const minute = (measuredAt - START) / 60_000;
    expect(measurements[0]?.quantities['heart-rate']).toMatchObject({
      value: String(60 + (minute % 40)),
    });
  }
  db.close();
});

test('every query finds its rows by an index', () => {
  const db = storeOfPeople();
  for (const [name, sql] of Object.entries({ ...OWN_READINGS_SQL, way: WAY_SQL })) {
    const names = new Set([...sql.matchAll(/@(\w+)/g)].map((match) => match[1] ?? ''));
    const values = Object.fromEntries([...names].map((one) => [one, 'x']));
    const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
    const lines = names.size > 0 ? plan.all(values) : plan.all('x');
    expect(lines.length, name).toBeGreaterThan(0);
    for (const { detail } of lines) {
      expect(detail, name).not.toMatch(/\bSCAN\b|TEMP B-TREE FOR ORDER BY/);
    }
  }
  db.close();
});

test('fifty thousand readings: what each question takes', () => {
  const db = storeOfPeople();
  put(
    db,
    Array.from({ length: 50_000 }, (_, n) =>
      stored(START + n * 600_000, n % 5 === 0 ? weight('71.8') : pressure(100 + (n % 60)), {
        person: n % 10 === 9 ? OLA : KARI,
      }),
    ),
  );
  const own = createOwnReadings(db);
  const ways = createWays(db);
  const [newest] = own.latest(KARI);
  const middle = own.page(KARI, { count: 200 }).next ?? '';
  const end = newest?.measuredAt ?? 0;
  const questions: Record<string, () => unknown> = {
    latest: () => own.latest(KARI),
    'first page of all kinds': () => own.page(KARI, { count: 50 }),
    'later page of one kind': () =>
      own.page(KARI, { kind: 'blood-pressure', after: middle, count: 50 }),
    one: () => own.one(KARI, newest?.id ?? ''),
    way: () => ways(KARI, newest?.id ?? ''),
    'points of a week': () =>
      own.points(KARI, 'blood-pressure', { from: end - 7 * DAY, until: end }),
    'points of a year': () =>
      own.points(KARI, 'blood-pressure', { from: end - 365 * DAY, until: end }),
  };
  for (const [name, ask] of Object.entries(questions)) {
    const times = Array.from({ length: 15 }, () => {
      const start = performance.now();
      ask();
      return performance.now() - start;
    }).sort((a, b) => a - b);
    const [median, worst] = [times[7] ?? 0, times.at(-1) ?? 0];
    console.log(`${name}: median ${median.toFixed(2)} ms, longest ${worst.toFixed(2)} ms`);
  }
  expect(newest?.measuredAt).toBe(START + 49_998 * 600_000);
  db.close();
});
