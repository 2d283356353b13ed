import { chmodSync, closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3-multiple-ciphers';
import { CodedError, codeOf } from './errors.ts';

export type { Database } from 'better-sqlite3-multiple-ciphers';

/**
 * Pages in the log before they are brought into the store: 16 MiB. A page that many commits change is
 * enciphered once more only, and the two further syncs come once in hundreds of readings.
 */
const WAL_PAGES_MAX = 4_000;

/**
 * How pages are sealed. A new file: AEGIS-256, authenticated; where the processor has AES instructions a
 * fifth of the time of SQLCipher, which files of earlier versions of this program have and keep.
 */
const CIPHER = 'aegis';
const FORMER_CIPHER = 'sqlcipher';

/** Another program that looks into the store is waited for this long. */
const BUSY_WAIT_MS = 5_000;

/**
 * Pages that a connection keeps in memory, in KiB (SQLite's negative unit): what a day works on. The
 * check at the start reads the whole file, and would leave 16 MB of it in memory.
 */
const CACHE_KIB = 4_000;

/** How a store is unlocked: by its key, 32 bytes, or as a backup is: by a passphrase. */
export type StoreKey = Uint8Array | { readonly passphrase: string };

/** A store is the file and these beside it: whoever moves one, moves all. */
export const STORE_SUFFIXES = ['', '-wal', '-shm'] as const;

/**
 * Opens an encrypted SQLite file: one writer, WAL, every commit synced (synchronous=FULL), so that a
 * fulfilled commit survives power loss. `migrations[n]` takes version n to n + 1; they only go
 * forward, and all that are due are one transaction: one that fails leaves the version before, on
 * which the former program still runs. No copy is kept of it: that would hold for good what people
 * have erased since; whoever wants one makes a backup first. An unreadable file is never overwritten.
 *
 * Throws CodedError: `store-wrong-key`, `store-corrupt`, `store-newer`, `store-older`,
 * `store-migration`, `store-read-only`, `store-full`, `store-io`, `store-in-use`,
 * `store-unavailable`; each names the file, not its folder.
 */
export function openStore(options: {
  readonly file: string;
  readonly key: StoreKey;
  readonly migrations: readonly string[];
  /** Only looks: no migration, no write. */
  readonly readonly?: boolean;
  /** `full` also compares each index with its table. */
  readonly check?: 'quick' | 'full';
}): Database {
  const { file, key, migrations, readonly = false, check = 'quick' } = options;
  let db: Database | undefined;
  try {
    const existed = existsSync(file);
    // Before the first look: the files beside it (WAL) take their rights from it.
    if (existed && !readonly) chmodSync(file, 0o600);
    const cipher = existed ? cipherOf(file, key) : CIPHER;
    db = new Sqlite(file, { readonly, fileMustExist: readonly });
    if (!existed) chmodSync(file, 0o600);
    unlock(db, key, cipher);
    db.pragma(`cache_size = -${CACHE_KIB}`);
    if (existed) examine(db, check);
    if (!readonly) prepare(db);
    migrate(db, { file, migrations, readonly });
    return db;
  } catch (error) {
    db?.close();
    throw storeError(error, basename(file));
  }
}

/** Which cipher opens the file; only looks, since whoever may write could bring the log into it. */
function cipherOf(file: string, key: StoreKey): string {
  const db = new Sqlite(file, { readonly: true, fileMustExist: true });
  try {
    unlock(db, key, CIPHER);
    db.prepare('SELECT 1 FROM sqlite_master').get();
    return CIPHER;
  } catch (error) {
    // Any other trouble is for the one who opens it to meet.
    return codeOf(error) === 'SQLITE_NOTADB' ? FORMER_CIPHER : CIPHER;
  } finally {
    db.close();
  }
}

function unlock(db: Database, key: StoreKey, cipher: string): void {
  if (key instanceof Uint8Array && key.length !== 32) {
    throw new CodedError(
      'key-malformed',
      'The store key is not 32 bytes long',
      'Give a key of 64 hex digits',
    );
  }
  db.pragma(`cipher='${cipher}'`);
  db.key(keyText(key));
  // What a sort or an index spills would stand on the disk in the clear.
  db.pragma('temp_store = MEMORY');
}

/** A key itself is taken in this notation, anything else is derived from (Argon2id; formerly PBKDF2). */
function keyText(key: StoreKey): Buffer {
  const text = key instanceof Uint8Array ? rawKey(key) : key.passphrase;
  return Buffer.from(text);
}

const rawKey = (key: Uint8Array) => `x'${Buffer.from(key).toString('hex')}'`;

function examine(db: Database, check: 'quick' | 'full'): void {
  const pragma = check === 'quick' ? 'quick_check(1)' : 'integrity_check(1)';
  if (db.pragma(pragma, { simple: true }) === 'ok') return;
  throw Object.assign(new Error(pragma), { code: 'SQLITE_CORRUPT' });
}

function prepare(db: Database): void {
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma(`wal_autocheckpoint = ${WAL_PAGES_MAX}`);
  db.pragma('foreign_keys = ON');
  db.pragma(`busy_timeout = ${BUSY_WAIT_MS}`);
  // Deleted content is overwritten, so that an erased person does not linger in free pages.
  db.pragma('secure_delete = ON');
}

function migrate(
  db: Database,
  store: { file: string; migrations: readonly string[]; readonly: boolean },
): void {
  const { migrations } = store;
  const name = basename(store.file);
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > migrations.length) {
    throw new CodedError(
      'store-newer',
      `The store ${name} has format ${version}; this program knows ${migrations.length}`,
      'Run the program version that wrote it, or a newer one. Nothing was changed.',
    );
  }
  if (version === migrations.length) return;
  if (store.readonly) {
    throw new CodedError(
      'store-older',
      `The store ${name} is of an older format`,
      'Start the program once, so that it brings the store up to date.',
    );
  }
  try {
    db.transaction(() => {
      for (const sql of migrations.slice(version)) db.exec(sql);
      db.pragma(`user_version = ${migrations.length}`);
    })();
  } catch (error) {
    const disk = storeError(error, name);
    if (disk.code !== 'store-failed') throw disk;
    throw new CodedError(
      'store-migration',
      `The store ${name} could not be brought from format ${version} to ${migrations.length}`,
      'Nothing was changed: run the former version of the program, and report this.',
      error,
    );
  }
}

/**
 * Opens a file to read what can be read of it: nothing is checked, changed or brought up to date, and
 * any query may throw `SQLITE_CORRUPT`. Throws CodedError as {@link openStore} does.
 */
export function openAsItIs(file: string, key: StoreKey): { db: Database; version: number } {
  let db: Database | undefined;
  try {
    db = new Sqlite(file, { readonly: true, fileMustExist: true });
    unlock(db, key, cipherOf(file, key));
    // A file that was cut short is refused whole otherwise; nothing can be written through this.
    db.unsafeMode(true);
    db.pragma('writable_schema = ON');
    return { db, version: Number(db.pragma('user_version', { simple: true })) };
  } catch (error) {
    db?.close();
    throw storeError(error, basename(file));
  }
}

/**
 * Writes a copy as of one instant, while others write, under another key: `draft` must not exist.
 * The copy is never in the clear. On the disk when it returns.
 */
export function copyStore(db: Database, from: StoreKey, draft: string, to: StoreKey): void {
  try {
    // SQLite takes an empty file as none; made here, it is nobody else's to read.
    closeSync(openSync(draft, 'wx', 0o600));
    db.prepare('VACUUM INTO ?').run(draft);
    const cipher = cipherOf(draft, from);
    const copy = new Sqlite(draft);
    try {
      unlock(copy, from, cipher);
      // Not worth a journal: a copy that was cut off is made again.
      copy.pragma('journal_mode = OFF');
      copy.rekey(keyText(to));
    } finally {
      copy.close();
    }
    const handle = openSync(draft, 'r');
    fsyncSync(handle);
    closeSync(handle);
  } catch (error) {
    throw storeError(error, basename(draft));
  }
}

const HINTS: Record<string, readonly [code: string, message: string, hint: string]> = {
  SQLITE_NOTADB: [
    'store-wrong-key',
    '$store cannot be opened with this key',
    'Use the key that it was made with; if it is that one, the first page of the file is damaged: ' +
      'keep the file and restore a backup. Nothing was touched.',
  ],
  SQLITE_CORRUPT: [
    'store-corrupt',
    '$store is damaged',
    'Nothing was overwritten. A gateway: `iomt store repair`. A municipality: keep the file and those ' +
      'beside it, and restore a backup of the machine.',
  ],
  SQLITE_READONLY: [
    'store-read-only',
    '$store cannot be written: the disk or folder is read-only',
    'Make the data folder writable for the service, then start again.',
  ],
  SQLITE_CANTOPEN: [
    'store-unavailable',
    '$store cannot be opened or made',
    'Check that the data folder exists and that the service may write there.',
  ],
  SQLITE_FULL: [
    'store-full',
    'The disk is full',
    'Free space on the disk of the data folder. What is stored is safe; new captures wait.',
  ],
  SQLITE_IOERR: [
    'store-io',
    'The disk does not answer as it should',
    'Check the disk or SD card and its file system.',
  ],
  SQLITE_BUSY: [
    'store-in-use',
    'Another program is using $store',
    'Stop the other program: one gateway process to a store.',
  ],
};

/**
 * Brings the log beside a store into it and empties it: rows that were deleted or changed stand there
 * in their former form. False when another program still reads after `waitMs`.
 */
export function emptyLog(db: Database, waitMs = BUSY_WAIT_MS): boolean {
  db.pragma(`busy_timeout = ${waitMs}`);
  try {
    const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    return result?.busy === 0;
  } finally {
    db.pragma(`busy_timeout = ${BUSY_WAIT_MS}`);
  }
}

/** Turns SQLite's and Node's error into a coded one with advice; ours pass through. `name` is the file's. */
export function storeError(error: unknown, name?: string): CodedError {
  if (error instanceof CodedError) return error;
  const code = codeOf(error);
  const store = name === undefined ? 'The store' : `The store ${name}`;
  for (const [prefix, [ours, message, hint]] of Object.entries(HINTS)) {
    if (!code.startsWith(prefix)) continue;
    const words = message.replace(/^\$store/, store).replace('$store', store.replace('T', 't'));
    return new CodedError(ours, words, hint, error);
  }
  if (code === 'ENOSPC') return storeError({ code: 'SQLITE_FULL' }, name);
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
    return storeError({ code: 'SQLITE_READONLY' }, name);
  // The driver throws a plain TypeError when the folder is not there.
  if (error instanceof TypeError) return storeError({ code: 'SQLITE_CANTOPEN' }, name);
  return new CodedError('store-failed', `${store} failed`, `SQLite said ${code}.`, error);
}
