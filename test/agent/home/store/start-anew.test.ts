import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Keep } from '../../../../adapters/adapter.ts';
import type { BluetoothAdapter } from '../../../../adapters/bluetooth/bluetooth.ts';
import { systemClock } from '../../../../agent/clock.ts';
import { type Home, startHome } from '../../../../agent/home/home.ts';
import { createCommitter } from '../../../../agent/home/journal/committer.ts';
import { HOME_MIGRATIONS } from '../../../../agent/home/journal/schema.ts';
import { storeIn } from '../../../../agent/home/store/open.ts';
import { setAside } from '../../../../agent/home/store/replacement.ts';
import { keepRunning } from '../../../../agent/home/store/start-anew.ts';
import { openStore } from '../../../../agent/store.ts';
import { configSchema } from '../../../../config/schema.ts';
import { freePort } from '../../../support/free-port.ts';
import { until } from '../../../support/until.ts';
import { bloodPressure } from '../frames.ts';
import { KEY, temporary } from '../household.ts';
import { damagePage, leavesOf } from './damage.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const CUFF = '00005e005301';

/** Ends when what it handed over is on disk or refused, as the real one does. */
function radio(): BluetoothAdapter & { hand(systolic: number): void } {
  let running: Keep | undefined;
  const handed: Promise<unknown>[] = [];
  return {
    name: 'scripted',
    async run(keep, signal) {
      running = keep;
      await new Promise<void>((done) => signal.addEventListener('abort', () => done()));
      await Promise.allSettled(handed);
    },
    hand(systolic) {
      const capture = {
        peripheral: CUFF,
        at: Date.now(),
        session: `session-${systolic}`,
        source: { service: '1810', characteristic: '2a35' },
        bytes: bloodPressure({ systolic }),
      };
      if (running) handed.push(running(capture).catch(() => undefined));
    },
    seen: () => [],
    pair: () => Promise.reject(new Error('no')),
    unpair: () => Promise.resolve(),
    record: () => Promise.resolve([]),
    states: () => [],
    visiting: () => 0,
  };
}

/** The disk loses the page that the next capture goes to, while the store is open. */
function loseLastPage(file: string): void {
  // Another's commit makes the gateway read its pages anew.
  const other = openStore({ file, key: KEY, migrations: HOME_MIGRATIONS });
  other.prepare("INSERT INTO meta VALUES ('somebody', 'else')").run();
  other.pragma('wal_checkpoint(TRUNCATE)');
  other.close();
  damagePage(file, leavesOf(file, 'capture').at(-1) ?? 0);
}

test('a page that cannot be read concerns the whole group: it is told, and what must be kept waits', async () => {
  const db = openStore({ file: storeIn(temporary()), key: KEY, migrations: HOME_MIGRATIONS });
  const troubles: unknown[] = [];
  const faults: string[] = [];
  const committer = createCommitter(db, {
    onTrouble: (code) => troubles.push(code),
    onFault: (code) => faults.push(code),
  });
  let isDamaged = true;
  const kept = committer.keep(() => {
    if (isDamaged) throw Object.assign(new Error('a page'), { code: 'SQLITE_CORRUPT_VTAB' });
  });
  const refused = committer.commit(() => undefined);
  await expect(refused).rejects.toMatchObject({ code: 'store-corrupt' });
  expect(troubles).toEqual(['store-corrupt']);
  isDamaged = false;
  await kept;
  expect({ troubles, faults }).toEqual({ troubles: ['store-corrupt', undefined], faults: [] });
  db.close();
});

test('damaged while it runs: set aside, started anew, and what was handed over meanwhile is in the new store', async () => {
  const folder = temporary();
  const file = storeIn(folder);
  const { home: config } = configSchema.parse({
    home: {
      data: folder,
      zone: 'Europe/Oslo',
      clock: 'assume-trusted',
      http: { port: await freePort() },
    },
  });
  if (!config) throw new Error('no home');
  const device = radio();
  const homes: Home[] = [];
  const ended = Promise.withResolvers<void>();
  const running = keepRunning({
    start: async (how) => {
      const home = await startHome({
        ...{ config, key: KEY, clock: systemClock, log: silent, version: '0.0.0' },
        bluetooth: () => device,
        ...how,
      });
      homes.push(home);
      return home;
    },
    ended: ended.promise,
    pauseMs: 1,
  });
  await until(() => homes.length === 1, 'the first start');
  const [first] = homes;
  await first?.adoption.adopt('test', { address: CUFF, name: 'Cuff', slotKind: 'chosen' });
  for (let n = 0; n < 60; n += 1) device.hand(100 + n);
  await until(() => first?.views.captures().read === 60, 'sixty readings');
  const { id } = first?.identity ?? {};
  loseLastPage(file);
  device.hand(190);
  device.hand(191);
  await until(() => homes.length === 2, 'the second start');
  const second = homes[1];
  await until(() => second?.unkept().length === 0, 'what was carried over');
  const [aside = ''] = setAside(file);
  expect(readFileSync(aside).length).toBeGreaterThan(0);
  expect(second?.identity.id).toBe(id);
  const systolic = second?.views
    .readings('all')
    .map((row) => JSON.stringify(row))
    .filter((text) => /"19[01]"/.test(text));
  expect(systolic).toHaveLength(2);
  expect(second?.checks()).toContainEqual(
    expect.objectContaining({ ok: false, code: 'store-kept-aside' }),
  );
  ended.resolve();
  await (await running)();
});
