import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOME_MIGRATIONS } from '../../../../agent/home/journal/schema.ts';
import { makeBackup, passphraseOf, restoreBackup } from '../../../../agent/home/store/backup.ts';
import { openStore } from '../../../../agent/store.ts';
import { codeOf } from '../../../support/code-of.ts';
import { createFakeTransport } from '../../../support/fake-transport.ts';
import { until } from '../../../support/until.ts';
import { bloodPressure, cuff, deviceClock, session } from '../frames.ts';
import {
  HOUR,
  type Household,
  KEY,
  type Options,
  openHousehold,
  START,
  settled,
  temporary,
  usual,
} from '../household.ts';
import { forEachCut } from './cut.ts';
import { damagePage } from './damage.ts';
import { answering, measure } from './lived.ts';

const OTHER_KEY = new Uint8Array(32).fill(8);
const SECRET = passphraseOf("six words 'with a quote' in them");
/** A key itself, from which nothing slow is derived. */
const QUICK = passphraseOf(`x'${'5a'.repeat(32)}'`);

/** As a running gateway keeps it. */
function identify(home: Household): void {
  home.db.prepare("INSERT INTO meta VALUES ('gateway-key', 'the key of a gateway')").run();
}

/** A second connection, as a command has it while the gateway runs. */
function backUp(
  home: Household,
  out: string,
  how: Partial<Pick<Parameters<typeof makeBackup>[1], 'files' | 'secret'>> = {},
): void {
  const file = join(home.folder, 'home.db');
  const db = openStore({ file, key: KEY, migrations: HOME_MIGRATIONS, readonly: true });
  try {
    makeBackup(db, { key: KEY, secret: QUICK, out, ...how });
  } finally {
    db.close();
  }
}

function restored(backup: string, now: number, how: { secret?: typeof SECRET } = {}) {
  const folder = temporary();
  return {
    folder,
    ...restoreBackup({ backup, secret: QUICK, folder, key: OTHER_KEY, now, ...how }),
  };
}

/** A record of a cuff whose clock runs right, as often as it is handed over. */
async function handOver(home: Household, n: number): Promise<void> {
  const wall = (ms: number) => new Date(ms + HOUR).toISOString().slice(0, 19);
  const place = { session: session() };
  await deviceClock(home, wall(home.time.now), place);
  const at = wall(START + n * 60_000);
  await cuff(home, bloodPressure({ systolic: 100 + n, at }), place);
}

test('backed up while readings come in, restored under another key, run on: each is stored once', async () => {
  const home = await usual();
  identify(home);
  answering(home);
  const out = join(temporary(), 'backup.iomt');
  home.time.now += HOUR;
  const coming: Promise<void>[] = [];
  for (let n = 0; n < 60; n += 1) {
    coming.push(handOver(home, n));
    if (n === 30) {
      await coming[20];
      backUp(home, out, { secret: SECRET });
    }
  }
  await Promise.all(coming);
  const backedUp = readFileSync(out);
  expect(backedUp.includes('SQLite format')).toBe(false);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  await until(() => home.received().length > 10, 'some to leave the old box');
  await home.stop();
  const sent = home.received().map(({ id }) => id);
  expect(sent.length).toBeLessThanOrEqual(60);

  home.time.now += HOUR;
  const { folder, paused } = restored(out, home.time.now, { secret: SECRET });
  expect(paused).toEqual([home.permission.id]);
  const again = openHousehold({ folder, key: OTHER_KEY, hand: home.time });
  answering(again);
  const before = again.readings.recent(99).length;
  expect(before).toBeGreaterThanOrEqual(20);
  // Paired anew, the device hands over again what it holds.
  for (let n = 0; n < 60; n += 1) await handOver(again, n);
  again.committer.flush();
  expect(again.received()).toEqual([]);
  await again.decisions.resumePermission('test', home.permission.id);
  await until(() => again.deliveries.counts().every(({ state }) => state === 'received'), 'all');
  const ids = new Set([...sent, ...again.received().map(({ id }) => id)]);
  expect(ids.size).toBe(60);
  await again.stop();
});

test('restored: the recipients are told that sharing is paused, after all that the old box told', async () => {
  const told: string[] = [];
  const publishEvent: Options['publishEvent'] = (_, { cause, seq }) => {
    told.push(`${cause} ${seq}`);
    return Promise.resolve({ outcome: 'delivered' });
  };
  const home = await usual({ publishEvent });
  identify(home);
  answering(home);
  await measure(home, 0, 1);
  await settled(home, 1);
  const out = join(temporary(), 'backup.iomt');
  backUp(home, out);
  home.time.now += HOUR;
  const pair = { person: home.person.id, recipient: 'care' };
  await home.decisions.endSharing('test', pair);
  await home.schedule.sendEvents();
  const ended = home.time.now;
  await home.stop();
  home.time.now += HOUR;
  const { folder } = restored(out, home.time.now);
  const next = openHousehold({ folder, key: OTHER_KEY, hand: home.time, publishEvent });
  await next.round.run();
  await next.schedule.sendEvents();
  expect(told).toEqual([`consent-ended ${ended}`, `consent-paused ${ended + HOUR}`]);
  await next.stop();
});

test('it is not there, or whole, wherever it was cut; what is there already is not overwritten', async () => {
  const home = await usual();
  identify(home);
  const folder = temporary();
  const out = join(folder, 'backup.iomt');
  const steps = await forEachCut(
    (files) => backUp(home, out, { files }),
    () => {
      if (!existsSync(out)) return;
      expect(restored(out, home.time.now).paused).toHaveLength(1);
    },
    () => rmSync(out, { force: true }),
  );
  expect(steps).toBe(2);
  const before = readFileSync(out);
  expect(codeOf(() => backUp(home, out))).toBe('backup-exists');
  expect(readFileSync(out)).toEqual(before);
  expect(readdirSync(folder)).toEqual(['backup.iomt']);
  await home.stop();
});

test('restored whole or not at all, wherever it was cut, and never over a store', async () => {
  const home = await usual();
  identify(home);
  const out = join(temporary(), 'backup.iomt');
  backUp(home, out);
  await home.stop();
  let folder = '';
  const options = { backup: out, secret: QUICK, key: OTHER_KEY, now: home.time.now };
  const steps = await forEachCut(
    (files) => restoreBackup({ ...options, folder, files }),
    (step) => {
      const file = join(folder, 'home.db');
      // Cut before it counts, it is simply done again.
      if (!existsSync(file)) restoreBackup({ ...options, folder });
      const db = openStore({ file, key: OTHER_KEY, migrations: HOME_MIGRATIONS, check: 'full' });
      expect(db.prepare('SELECT count(*) FROM device').pluck().get(), `step ${step}`).toBe(1);
      db.close();
      expect(codeOf(() => restoreBackup({ ...options, folder }))).toBe('restore-store-there');
    },
    () => {
      folder = temporary();
    },
  );
  expect(steps).toBe(3);
  const enrolled = temporary();
  writeFileSync(join(enrolled, 'gateway.key'), 'of this box');
  expect(codeOf(() => restoreBackup({ ...options, folder: enrolled }))).toBe('restore-store-there');
});

test('a wrong passphrase, a damaged backup, none, and too short a passphrase are told apart', async () => {
  const home = await usual();
  const out = join(temporary(), 'backup.iomt');
  expect(codeOf(() => backUp(home, out))).toBe('backup-without-identity');
  identify(home);
  await measure(home, 0, 20);
  backUp(home, out);
  await home.stop();
  const attempt = (backup: string, secret = QUICK) => {
    const folder = join(temporary(), 'data');
    mkdirSync(folder);
    const code = codeOf(() =>
      restoreBackup({ backup, secret, folder, key: KEY, now: home.time.now }),
    );
    expect(readdirSync(folder)).toEqual(code === 'none' ? ['home.db'] : []);
    return code;
  };
  expect(attempt(out)).toBe('none');
  expect(attempt(`${out}.none`)).toBe('backup-missing');
  expect(attempt(out, passphraseOf('another passphrase'))).toBe('backup-wrong-passphrase');
  const bad = `${out}.bad`;
  copyFileSync(out, bad);
  damagePage(bad, 7);
  expect(attempt(bad)).toBe('backup-damaged');
  expect(codeOf(() => passphraseOf('too short'))).toBe('secret-too-short');
});

test('what was withdrawn after the backup does not leave from the restored box', async () => {
  const home = await usual();
  identify(home);
  await measure(home, 0, 3);
  await settled(home, 3);
  const out = join(temporary(), 'backup.iomt');
  backUp(home, out);
  await home.decisions.withdrawPermission('test', home.permission.id);
  await home.stop();
  const { folder } = restored(out, home.time.now);
  const transports = new Map([['care', createFakeTransport({ recipient: 'care' })]]);
  const again = openHousehold({ folder, key: OTHER_KEY, hand: home.time, transports });
  await measure(again, 3, 3);
  await again.round.run();
  again.committer.flush();
  expect(again.received()).toEqual([]);
  expect(again.views.audit().firstBroken).toBeUndefined();
  await again.stop();
});
