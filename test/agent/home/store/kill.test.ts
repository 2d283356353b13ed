import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { HOME_MIGRATIONS } from '../../../../agent/home/journal/schema.ts';
import { makeBackup, restoreBackup } from '../../../../agent/home/store/backup.ts';
import { mergeStore } from '../../../../agent/home/store/merge.ts';
import { openOrMend, storeIn } from '../../../../agent/home/store/open.ts';
import { setAside } from '../../../../agent/home/store/replacement.ts';
import { openStore } from '../../../../agent/store.ts';
import { KEY, temporary } from '../household.ts';
import { damagePage, leavesOf } from './damage.ts';
import { lived } from './lived.ts';

const CHILD = join(import.meta.dirname, 'kill-child.ts');
const SECRET = { passphrase: `x'${'5a'.repeat(32)}'` };
const NOW = Date.parse('2026-03-03T10:00:00Z');
/** From before the first write of a work to about its end. */
const KILL_AFTER_MS = [30, 200];

/** Kills a child so long after it began; true when it was done by then. */
async function killed(afterMs: number, ...argv: string[]): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  await once(child.stdout, 'data');
  await delay(afterMs);
  child.kill('SIGKILL');
  await closed;
  return said.includes('done');
}

function readingsIn(folder: string): number {
  const options = { file: storeIn(folder), key: KEY, migrations: HOME_MIGRATIONS };
  const db = openStore({ ...options, check: 'full' });
  const n = Number(db.prepare('SELECT count(*) FROM reading').pluck().get());
  db.close();
  return n;
}

/** Its readings, and the same with a page of them lost. */
async function homes() {
  const { folder } = await lived(60);
  const damaged = temporary();
  cpSync(folder, damaged, { recursive: true });
  for (const leaf of leavesOf(storeIn(folder), 'capture').slice(0, 1)) {
    damagePage(storeIn(damaged), leaf);
  }
  const backup = join(temporary(), 'backup.iomt');
  const db = openStore({ file: storeIn(folder), key: KEY, migrations: HOME_MIGRATIONS });
  db.prepare("INSERT INTO meta VALUES ('gateway-key', 'a key')").run();
  makeBackup(db, { key: KEY, secret: SECRET, out: backup });
  db.close();
  return { folder, damaged, backup };
}

test('killed while it sets aside, merges, backs up or restores: done again it is whole, and nothing is gone', async () => {
  const { folder, damaged, backup } = await homes();
  const original = readFileSync(storeIn(damaged));
  const copyOf = (from: string) => {
    const to = temporary();
    cpSync(from, to, { recursive: true });
    return to;
  };
  let done = 0;
  for (const ms of KILL_AFTER_MS) {
    const mending = copyOf(damaged);
    const merging = copyOf(folder);
    const restoring = join(temporary(), 'data');
    const out = join(temporary(), 'again.iomt');
    const ends = await Promise.all([
      killed(ms, 'mend', mending),
      killed(ms, 'merge', merging, storeIn(damaged)),
      killed(ms, 'restore', restoring, backup),
      killed(ms, 'backup', copyOf(folder), out),
    ]);
    done += ends.filter(Boolean).length;

    openOrMend({ folder: mending, key: KEY, now: () => NOW }).db.close();
    expect(readingsIn(mending), `mend ${ms}`).toBe(60);
    const [aside = '', ...more] = setAside(storeIn(mending));
    expect(more).toEqual([]);
    expect(readFileSync(aside), `mend ${ms}`).toEqual(original);

    mergeStore({ aside: storeIn(damaged), folder: merging, key: KEY, now: NOW });
    expect(readingsIn(merging), `merge ${ms}`).toBe(60);

    if (!existsSync(storeIn(restoring))) {
      restoreBackup({ backup, secret: SECRET, folder: restoring, key: KEY, now: NOW });
    }
    expect(readingsIn(restoring), `restore ${ms}`).toBe(60);

    if (existsSync(out)) {
      restoreBackup({ backup: out, secret: SECRET, folder: temporary(), key: KEY, now: NOW });
    }
  }
  console.log(`${done} of ${4 * KILL_AFTER_MS.length} were done before they were killed`);
});
