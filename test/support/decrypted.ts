import { createDecipheriv } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3-multiple-ciphers';

const PAGE = 4096;
/** At the end of each page (SQLCipher 4): initialisation vector and HMAC-SHA512. */
const [IV, HMAC] = [16, 64];
/** At the beginning of the first page, in the clear. */
const SALT = 16;
const [WAL_HEADER, FRAME_HEADER] = [32, 24];

/**
 * Makes an empty store as earlier versions of the program did, with a cipher that Node knows too: of
 * such a one {@link decrypted} shows every byte. What stands in the pages is the same with either.
 */
export function makeLegible(file: string, key: Uint8Array): void {
  const db = new Sqlite(file);
  unlock(db, key, 'sqlcipher');
  db.exec('CREATE TABLE made (n INTEGER); DROP TABLE made');
  db.close();
}

/**
 * A store and the log beside it as they would read without encryption. Of one that was made legible
 * every byte: free pages, gaps within pages, and frames of the log that later ones replaced. Of any
 * other what SQLite keeps of it in the clear: it rebuilds the file and leaves out what is in no row.
 */
export function decrypted(file: string, key: Uint8Array): string {
  const store = readFileSync(file);
  const log = existsSync(`${file}-wal`) ? readFileSync(`${file}-wal`) : Buffer.of();
  const pages: string[] = [];
  for (let at = 0; at < store.length; at += PAGE) {
    pages.push(plain(store.subarray(at, at + PAGE), at === 0, key));
  }
  for (let at = WAL_HEADER; at < log.length; at += FRAME_HEADER + PAGE) {
    const body = at + FRAME_HEADER;
    pages.push(plain(log.subarray(body, body + PAGE), log.readUInt32BE(at) === 1, key));
  }
  const text = pages.join('');
  return text.includes('CREATE TABLE') ? text : rebuilt(file, key);
}

function plain(page: Buffer, isFirst: boolean, key: Uint8Array): string {
  const end = PAGE - IV - HMAC;
  const decipher = createDecipheriv('aes-256-cbc', key, page.subarray(end, end + IV));
  decipher.setAutoPadding(false);
  const body = decipher.update(page.subarray(isFirst ? SALT : 0, end));
  return Buffer.concat([body, decipher.final()]).toString('latin1');
}

function rebuilt(file: string, key: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'plain-'));
  const copy = join(folder, 'copy.db');
  for (const suffix of ['', '-wal']) {
    if (existsSync(`${file}${suffix}`)) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
  }
  const db = new Sqlite(copy);
  try {
    unlock(db, key, 'aegis');
    db.pragma('journal_mode = DELETE');
    db.pragma("rekey=''");
    return readFileSync(copy, 'latin1');
  } finally {
    db.close();
    rmSync(folder, { recursive: true });
  }
}

function unlock(db: Sqlite.Database, key: Uint8Array, cipher: string): void {
  db.pragma(`cipher='${cipher}'`);
  db.pragma(`key="x'${Buffer.from(key).toString('hex')}'"`);
}
