import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { expect, test } from 'vitest';
import { copyStore, openStore, storeError } from '../../agent/store.ts';
import { codeOf } from '../support/code-of.ts';
import { until } from '../support/until.ts';
import { bloodPressure, cuff } from './home/frames.ts';
import { again, openHousehold } from './home/household.ts';

const KEY = new Uint8Array(32).fill(1);
const folder = () => mkdtempSync(join(tmpdir(), 'store-'));
const TABLE = ['CREATE TABLE line (text TEXT NOT NULL)'];

function made(file: string, migrations = TABLE) {
  const db = openStore({ file, key: KEY, migrations });
  db.prepare('INSERT INTO line VALUES (?)').run('a secret line');
  db.close();
}
const open = (file: string, over: Partial<Parameters<typeof openStore>[0]> = {}) =>
  openStore({ file, key: KEY, migrations: TABLE, ...over });

test('every commit is synced, nothing in the files is readable, deleted content is overwritten', () => {
  const at = folder();
  const db = open(join(at, 'a.db'));
  expect(db.pragma('synchronous', { simple: true })).toBe(2);
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(db.pragma('secure_delete', { simple: true })).toBe(1);
  db.prepare('INSERT INTO line VALUES (?)').run('a secret line');
  for (const name of ['a.db', 'a.db-wal']) {
    const bytes = readFileSync(join(at, name));
    expect(bytes.includes('a secret line')).toBe(false);
    expect(bytes.includes('SQLite format')).toBe(false);
    expect(bytes.includes('CREATE TABLE')).toBe(false);
  }
  db.close();
});

test('a store of an earlier version, sealed by SQLCipher, opens and stays as it is; its log too', () => {
  const file = join(folder(), 'a.db');
  const former = new Sqlite(file);
  former.pragma("cipher='sqlcipher'");
  former.key(Buffer.from(`x'${Buffer.from(KEY).toString('hex')}'`));
  former.pragma('journal_mode = WAL');
  former.exec(`${TABLE[0]}; INSERT INTO line VALUES ('a secret line'); PRAGMA user_version = 1`);
  // As a crash leaves it: the line is in the log alone.
  const left = join(folder(), 'a.db');
  for (const suffix of ['', '-wal']) copyFileSync(`${file}${suffix}`, `${left}${suffix}`);
  former.close();
  const bytes = () =>
    ['', '-wal'].map((suffix) => readFileSync(`${left}${suffix}`).toString('hex'));
  const before = bytes();
  expect(codeOf(() => open(left, { key: new Uint8Array(32).fill(2) }))).toBe('store-wrong-key');
  expect(bytes()).toEqual(before);
  for (let start = 0; start < 2; start += 1) {
    const db = open(left);
    expect(db.prepare('SELECT text FROM line').pluck().get()).toBe('a secret line');
    db.close();
  }
});

test('nobody but the owner may open the store and the files beside it, however they were made', () => {
  const at = folder();
  const file = join(at, 'a.db');
  const mask = process.umask(0o022);
  try {
    made(file);
    chmodSync(file, 0o644);
    const db = open(file);
    db.prepare('INSERT INTO line VALUES (?)').run('another line');
    for (const name of ['a.db', 'a.db-wal', 'a.db-shm']) {
      expect(statSync(join(at, name)).mode & 0o777, name).toBe(0o600);
    }
    db.close();
  } finally {
    process.umask(mask);
  }
});

test('a wrong key, a damaged file and one of a newer program are told apart and left as they are', () => {
  const file = join(folder(), 'a.db');
  made(file);
  const before = readFileSync(file);
  expect(codeOf(() => open(file, { key: new Uint8Array(32).fill(2) }))).toBe('store-wrong-key');
  expect(codeOf(() => open(file, { key: new Uint8Array(31) }))).toBe('key-malformed');
  expect(readFileSync(file)).toEqual(before);
  made(file, [...TABLE, 'CREATE TABLE newer (n INTEGER)']);
  const newer = readFileSync(file);
  expect(codeOf(() => open(file))).toBe('store-newer');
  expect(readFileSync(file)).toEqual(newer);
  const damaged = Buffer.from(newer);
  damaged.fill(0x55, damaged.length - 4096 + 100, damaged.length);
  writeFileSync(file, damaged);
  expect(['store-corrupt', 'store-wrong-key']).toContain(
    codeOf(() => open(file, { migrations: [...TABLE, 'CREATE TABLE newer (n INTEGER)'] })),
  );
  expect(readFileSync(file)).toEqual(damaged);
});

test('looking makes nothing and changes nothing', () => {
  const at = folder();
  expect(codeOf(() => open(join(at, 'none.db'), { readonly: true }))).toBe('store-unavailable');
  const file = join(at, 'a.db');
  made(file);
  const more = [...TABLE, 'CREATE TABLE newer (n INTEGER)'];
  expect(codeOf(() => open(file, { readonly: true, migrations: more }))).toBe('store-older');
  const db = open(file, { readonly: true });
  expect(() => db.prepare("INSERT INTO line VALUES ('x')").run()).toThrow();
  db.close();
});

test('a migration that fails leaves the version before it, also of several, on which the former program runs', () => {
  const file = join(folder(), 'a.db');
  made(file);
  const second = 'CREATE TABLE second (n INTEGER)';
  const bad = [...TABLE, second, "DELETE FROM line; INSERT INTO nowhere VALUES ('a secret line')"];
  const attempt = () => open(file, { migrations: bad });
  expect(attempt).toThrow(
    expect.objectContaining({
      code: 'store-migration',
      message: 'The store a.db could not be brought from format 1 to 3',
    }),
  );
  const db = open(file);
  expect(db.pragma('user_version', { simple: true })).toBe(1);
  expect(db.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'second'").pluck().get()).toBe(
    0,
  );
  expect(db.prepare('SELECT text FROM line').pluck().all()).toEqual(['a secret line']);
  db.close();
});

test('a copy under a passphrase opens with it alone, and is never in the clear', () => {
  const file = join(folder(), 'a.db');
  made(file);
  const db = open(file, { readonly: true });
  const copy = `${file}.copy`;
  const key = { passphrase: "it's æ passphrase of its own" };
  copyStore(db, KEY, copy, key);
  expect(codeOf(() => copyStore(db, KEY, copy, key))).not.toBe('none');
  db.close();
  const bytes = readFileSync(copy);
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect(bytes.includes('a secret line')).toBe(false);
  expect(bytes.includes('SQLite format')).toBe(false);
  expect(codeOf(() => open(copy))).toBe('store-wrong-key');
  expect(codeOf(() => open(copy, { key: { passphrase: 'another' } }))).toBe('store-wrong-key');
  const again = open(copy, { key, readonly: true });
  expect(again.prepare('SELECT text FROM line').pluck().all()).toEqual(['a secret line']);
  again.close();
});

test('an error names the store by its file, and no folder', () => {
  const at = folder();
  const file = join(at, 'relay.db');
  made(file);
  const other = () => open(file, { key: new Uint8Array(32).fill(2) });
  expect(other).toThrow(/^The store relay\.db cannot be opened with this key$/);
  const missing = () => open(join(at, 'none', 'fhir.db'));
  expect(missing).toThrow(/^The store fhir\.db cannot be opened or made$/);
  expect(storeError({ code: 'SQLITE_BUSY' }, 'home.db').message).toBe(
    'Another program is using the store home.db',
  );
});

test("errors are coded, with advice and without the cause's words", () => {
  const codes = [
    'SQLITE_FULL',
    'ENOSPC',
    'EROFS',
    'SQLITE_IOERR_FSYNC',
    'SQLITE_BUSY',
    'SQLITE_READONLY_DIRECTORY',
  ];
  expect(codes.map((code) => storeError({ code }).code)).toEqual([
    'store-full',
    'store-full',
    'store-read-only',
    'store-io',
    'store-in-use',
    'store-read-only',
  ]);
  expect(storeError(new Error('a secret line')).message).not.toContain('secret');
});

const isRoot = process.getuid?.() === 0;

const asRoot = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;

/** A file system of its own, small; undefined where this machine does not let us. */
function small(options: string): { at: string; unmount: () => void } | undefined {
  const at = folder();
  if (!isRoot) return undefined;
  if (!asRoot('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', at)) return undefined;
  return { at, unmount: () => void asRoot('umount', '-l', at) };
}

test('a folder or file system that may not be written is said', (context) => {
  const refusal = /^store-(read-only|unavailable)$/;
  if (!isRoot) {
    // Modes bind everybody but root.
    const at = folder();
    chmodSync(at, 0o500);
    expect(codeOf(() => open(join(at, 'a.db')))).toMatch(refusal);
    return;
  }
  const disk = small('size=4m');
  if (!disk) return context.skip('needs the right to mount');
  try {
    made(join(disk.at, 'a.db'));
    expect(asRoot('mount', '-o', 'remount,ro', disk.at)).toBe(true);
    expect(codeOf(() => open(join(disk.at, 'b.db')))).toMatch(refusal);
    expect(codeOf(() => open(join(disk.at, 'a.db')))).toMatch(refusal);
  } finally {
    disk.unmount();
  }
});

test('a full disk: captures wait, decisions are refused, and nothing is lost when space returns', async (context) => {
  const disk = small('size=3m');
  if (!disk) return context.skip('needs root and the right to mount');
  const home = openHousehold({ folder: disk.at });
  try {
    await home.adopt();
    const { bavail, bsize } = statfsSync(disk.at);
    const filler = join(disk.at, 'filler');
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 24 * bsize));
    const kept = Array.from({ length: 200 }, (_, n) =>
      cuff(home, bloodPressure({ systolic: 100 + n }), { at: home.time.now + n * 1000 }),
    );
    await until(() => home.committer.trouble !== undefined, 'the full disk');
    expect(home.committer.trouble).toBe('store-full');
    await expect(home.decisions.addPerson('test', 'Kari Example')).rejects.toMatchObject({
      code: 'store-full',
    });
    rmSync(filler);
    await Promise.all(kept);
    expect(home.troubles).toEqual(['store-full', undefined]);
    home.cut();
    const after = again(home);
    expect(after.readings.recent(999)).toHaveLength(200);
    expect(after.views.audit().firstBroken).toBeUndefined();
    await after.stop();
  } finally {
    disk.unmount();
  }
});
