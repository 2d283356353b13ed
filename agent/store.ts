import { chmodSync, existsSync } from 'node:fs';
import Sqlite, { type Database } from 'better-sqlite3-multiple-ciphers';
import { CodedError, codeOf } from './errors.ts';

export type { Database } from 'better-sqlite3-multiple-ciphers';

/**
 * Opens an encrypted SQLite file: one writer, WAL, every commit synced (synchronous=FULL), so that a
 * fulfilled commit survives power loss. `migrations[n]` takes version n to n + 1, each in its own
 * transaction; they only go forward. An unreadable file is never overwritten.
 *
 * Throws CodedError: `store-wrong-key`, `store-corrupt`, `store-newer`, `store-read-only`,
 * `store-full`, `store-unavailable`, `store-migration`.
 */
export function openStore(options: {
  readonly file: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly migrations: readonly string[];
  /** Only looks: no migration, no write. */
  readonly readonly?: boolean;
}): Database {
  const { file, key, migrations, readonly = false } = options;
  let db: Database | undefined;
  try {
    const existed = existsSync(file);
    db = new Sqlite(file, { readonly, fileMustExist: readonly });
    // Before the first page: the files beside it (WAL) take their rights from it.
    if (!readonly) chmodSync(file, 0o600);
    unlock(db, key, { readonly, existed });
    migrate(db, migrations, readonly);
    return db;
  } catch (error) {
    db?.close();
    throw storeError(error);
  }
}

function unlock(db: Database, key: Uint8Array, how: { readonly: boolean; existed: boolean }): void {
  if (key.length !== 32) {
    throw new CodedError(
      'key-malformed',
      'The store key is not 32 bytes long',
      'Give a key of 64 hex digits',
    );
  }
  db.pragma("cipher='sqlcipher'");
  db.pragma(`key="x'${Buffer.from(key).toString('hex')}'"`);
  if (how.existed) {
    const result = db.pragma('quick_check(1)', { simple: true });
    if (result !== 'ok') throw Object.assign(new Error('quick_check'), { code: 'SQLITE_CORRUPT' });
  }
  if (how.readonly) return;
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('busy_timeout = 5000');
  // Deleted content is overwritten, so that an erased person does not linger in free pages.
  db.pragma('secure_delete = ON');
}

function migrate(db: Database, migrations: readonly string[], readonly: boolean): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > migrations.length) {
    throw new CodedError(
      'store-newer',
      `The store has format ${version}; this program knows ${migrations.length}`,
      'Run the program version that wrote it, or a newer one. Nothing was changed.',
    );
  }
  if (readonly && version < migrations.length) {
    throw new CodedError(
      'store-older',
      'The store is of an older format',
      'Start the program once, so that it brings the store up to date.',
    );
  }
  for (let at = version; at < migrations.length; at += 1) {
    const sql = migrations[at] ?? '';
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${at + 1}`);
    })();
  }
}

const HINTS: Record<string, readonly [code: string, message: string, hint: string]> = {
  SQLITE_NOTADB: [
    'store-wrong-key',
    'The store cannot be opened with this key',
    'Use the key that the store was made with. The store was not touched.',
  ],
  SQLITE_CORRUPT: [
    'store-corrupt',
    'The store is damaged',
    'Keep the file, run `iomt store check`, restore a backup. The store was not overwritten.',
  ],
  SQLITE_READONLY: [
    'store-read-only',
    'The store cannot be written: the disk or folder is read-only',
    'Make the data folder writable for the service, then start again.',
  ],
  SQLITE_CANTOPEN: [
    'store-unavailable',
    'The store file cannot be opened or made',
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
    'Another program is using the store',
    'Stop the other program: one gateway process to a store.',
  ],
};

/** Turns SQLite's and Node's error into a coded one with advice; ours pass through. */
export function storeError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const code = codeOf(error);
  for (const [prefix, [ours, message, hint]] of Object.entries(HINTS)) {
    if (code.startsWith(prefix)) return new CodedError(ours, message, hint, error);
  }
  if (code === 'ENOSPC') return storeError({ code: 'SQLITE_FULL' });
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
    return storeError({ code: 'SQLITE_READONLY' });
  // The driver throws a plain TypeError when the folder is not there.
  if (error instanceof TypeError) return storeError({ code: 'SQLITE_CANTOPEN' });
  return new CodedError('store-failed', 'The store failed', `SQLite said ${code}.`, error);
}
