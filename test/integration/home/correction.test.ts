import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ask } from '../../../agent/cli/control.ts';
import { HOME_MIGRATIONS } from '../../../agent/home/journal/schema.ts';
import type { Reread } from '../../../agent/home/reread.ts';
import { type Database, openStore } from '../../../agent/store.ts';
import { until } from '../../support/until.ts';
import {
  clockFrame,
  createCleanup,
  cuffFrame,
  furnish,
  KEY,
  panels,
  startHomeBench,
  startReceiver,
} from './bench.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

const reread = (data: string) => ask<Reread>(data, 'POST', '/api/readings/reread');

function inStore<T>(data: string, work: (db: Database) => T): T {
  const db = openStore({ file: join(data, 'home.db'), key: KEY, migrations: HOME_MIGRATIONS });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** The device's clock was read wrongly by this much, says the test. */
const shiftClock = (data: string, seconds: number) =>
  inStore(data, (db) =>
    db
      .prepare("UPDATE clock_reading SET device_now = strftime('%Y-%m-%dT%H:%M:%S', device_now, ?)")
      .run(`${seconds} seconds`),
  );

async function setUp() {
  const hospital = await startReceiver(cleanup);
  const recipients = [
    { id: 'ward', name: 'Test ward', transport: { type: 'https', url: hospital.fhirUrl } },
    { id: 'other', name: 'Nobody', transport: { type: 'https', url: hospital.fhirUrl } },
  ];
  const first = await startHomeBench(cleanup, { recipients });
  await furnish(first.home, ['ward'], new Date(first.now() - 3_600_000).toISOString());
  const at = first.now();
  await first.hand([clockFrame(at), cuffFrame({ systolic: 143, at })]);
  await until(() => first.home.views.summary().received === 1, 'the reading is received');
  const restart = () => startHomeBench(cleanup, { recipients, data: first.data });
  return { first, hospital, restart };
}

test('a clock read anew corrects the time at who holds the reading, and only there, and only once', async () => {
  const { first, hospital, restart } = await setUp();
  const unchanged = await reread(first.data);
  expect(unchanged).toEqual({ looked: 1, changed: 0, corrections: 0, recovered: 0, doubtful: 0 });
  const [before] = await panels(hospital.fhirUrl);
  expect(before?.status).toBe('final');

  await first.stop();
  shiftClock(first.data, 120);
  const second = await restart();
  expect(await reread(first.data)).toMatchObject({ looked: 1, changed: 1, corrections: 1 });
  await until(
    async () => (await panels(hospital.fhirUrl))[0]?.status === 'corrected',
    'the correction is there',
  );
  const at = await panels(hospital.fhirUrl);
  expect(at).toHaveLength(1);
  expect(at[0]).toMatchObject({ systolic: 143, subject: before?.subject });
  const moved = Date.parse(at[0]?.effective ?? '') - Date.parse(before?.effective ?? '');
  expect(moved).toBe(-120_000);
  expect(await reread(first.data)).toMatchObject({ changed: 0, corrections: 0 });
  await until(
    () => second.home.views.outcomes().every(({ waiting }) => waiting === 0),
    'nothing waits',
  );
  expect(second.home.views.audit().firstBroken).toBeUndefined();
});

test('a time that goes there and back and there again is three corrections', async () => {
  const { first, hospital, restart } = await setUp();
  let bench = first;
  const [before] = await panels(hospital.fhirUrl);
  for (const [seconds, away] of [
    [120, -120_000],
    [-120, 0],
    [120, -120_000],
  ] as const) {
    await bench.stop();
    shiftClock(first.data, seconds);
    bench = await restart();
    expect(await reread(first.data)).toMatchObject({ corrections: 1 });
    await until(
      async () =>
        Date.parse((await panels(hospital.fhirUrl))[0]?.effective ?? '') -
          Date.parse(before?.effective ?? '') ===
        away,
      `moved by ${away} ms`,
    );
  }
  expect(await panels(hospital.fhirUrl)).toEqual([
    expect.objectContaining({ status: 'corrected', systolic: 143 }),
  ]);
  const [reading] = bench.home.views.readings('all');
  expect(reading?.deliveries.filter(({ action }) => action === 'correction')).toHaveLength(3);
});

test('a corrected reading is taken back as any other', async () => {
  const { first, hospital, restart } = await setUp();
  await first.stop();
  shiftClock(first.data, 60);
  const second = await restart();
  await reread(first.data);
  await second.home.decisions.removeReading('test', second.home.views.readings('all')[0]?.id ?? '');
  await until(
    async () => (await panels(hospital.fhirUrl))[0]?.status === 'entered-in-error',
    'it is in error',
  );
  await until(
    () => second.home.views.outcomes().every(({ waiting }) => waiting === 0),
    'nothing waits',
  );
  expect(await panels(hospital.fhirUrl)).toEqual([
    expect.objectContaining({ status: 'entered-in-error', systolic: undefined }),
  ]);
});

test('what a decoder could not read, and now can, becomes a reading', async () => {
  const { first, hospital, restart } = await setUp();
  await first.stop();
  inStore(first.data, (db) => {
    // As if the decoder of that time had refused the frame.
    db.exec("UPDATE capture SET state = 'unreadable' WHERE state = 'read'");
    db.exec('DELETE FROM delivery');
    db.exec('DELETE FROM reading');
  });
  const second = await restart();
  expect(second.home.views.summary().captured).toBe(0);
  expect(await reread(first.data)).toMatchObject({ recovered: 1 });
  await until(() => second.home.views.summary().received === 1, 'it is received');
  // The same identity: the receiver has it once.
  expect(await panels(hospital.fhirUrl)).toHaveLength(1);
});

test('a corrected time outside the permission stays at home', async () => {
  const { first, restart } = await setUp();
  await first.stop();
  shiftClock(first.data, 2 * 3_600);
  const second = await restart();
  await reread(first.data);
  const [reading] = second.home.views.readings('all');
  expect(reading?.deliveries.at(-1)).toEqual({
    recipient: 'ward',
    action: 'correction',
    state: 'withheld',
    because: 'out-of-scope',
  });
});
