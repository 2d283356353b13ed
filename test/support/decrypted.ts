import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3-multiple-ciphers';

/** Every byte of a store as it would read without encryption, free pages too. */
export function decrypted(file: string, key: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'plain-'));
  const copy = join(folder, 'copy.db');
  for (const suffix of ['', '-wal']) {
    if (existsSync(`${file}${suffix}`)) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
  }
  const db = new Sqlite(copy);
  try {
    db.pragma("cipher='aegis'");
    db.pragma(`key="x'${Buffer.from(key).toString('hex')}'"`);
    db.pragma('journal_mode = DELETE');
    db.pragma("rekey=''");
    return readFileSync(copy, 'latin1');
  } finally {
    db.close();
    rmSync(folder, { recursive: true });
  }
}
