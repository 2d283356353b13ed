import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { instantText } from '../../../fhir/time.ts';
import { CodedError } from '../../errors.ts';
import {
  copyStore,
  type Database,
  openAsItIs,
  openStore,
  STORE_SUFFIXES,
  type StoreKey,
} from '../../store.ts';
import { createAudit } from '../audit.ts';
import { createPermissions } from '../consent/permissions.ts';
import { ACCESS_TABLES } from '../journal/access-schema.ts';
import { HOME_MIGRATIONS } from '../journal/schema.ts';
import { storeIn } from './open.ts';
import { asFolder, disk, draftOf, type Files } from './replacement.ts';

/** A backup is tried offline by whoever finds it; the derivation (Argon2id) is slow, a short text is not long for it. */
const PASSPHRASE_LENGTH_MIN = 12;

export interface Passphrase {
  readonly passphrase: string;
}

/** Throws CodedError `secret-too-short`. */
export function passphraseOf(text: string): Passphrase {
  if (text.length >= PASSPHRASE_LENGTH_MIN) return { passphrase: text };
  throw new CodedError(
    'secret-too-short',
    `The passphrase has fewer than ${PASSPHRASE_LENGTH_MIN} characters`,
    'Use a long one, for example six random words, and keep it where the backup is not.',
  );
}

/**
 * Writes the whole store as it is at one instant, while the gateway runs, encrypted under a
 * passphrase: readings, permissions, the trail, devices and their keys, and who the gateway is. Not in
 * it: the configuration and the secret files it names, and Bluetooth's own keys, which BlueZ keeps.
 * `out` is whole or not there; never overwritten. Throws CodedError `backup-exists`, `backup-not-whole`,
 * `backup-without-identity`, and those of the store.
 */
export function makeBackup(
  db: Database,
  options: {
    readonly key: StoreKey;
    readonly secret: Passphrase;
    readonly out: string;
    readonly files?: Files;
  },
): void {
  const { key, secret, out, files = disk } = options;
  if (existsSync(out)) {
    throw new CodedError(
      'backup-exists',
      `${out} is there already`,
      'Name a file that is not there.',
    );
  }
  const identity = db.prepare("SELECT 1 FROM meta WHERE name = 'gateway-key'").get();
  if (identity === undefined) {
    throw new CodedError(
      'backup-without-identity',
      'The store does not yet hold who the gateway is',
      'Start the gateway once with this version of the program, then make the backup.',
    );
  }
  const draft = draftOf(out);
  removeDraft(draft);
  try {
    copyStore(db, key, draft, secret);
    const copy = openStore({
      file: draft,
      key: secret,
      migrations: HOME_MIGRATIONS,
      readonly: true,
      check: 'full',
    });
    copy.close();
    files.rename(draft, out);
    files.sync(dirname(out));
  } finally {
    removeDraft(draft);
  }
}

/** What a restored store means for people. */
export interface Restored {
  /** Nothing that was decided after this is in it, ms UTC; undefined in an empty trail. */
  readonly lastDecisionAt: number | undefined;
  /** Permissions that were in force: each waits for a person. */
  readonly paused: readonly string[];
}

/**
 * Makes the store of a new box from a backup, under the box's own key. Readings, receipts and
 * envelopes keep their ids, so nothing is doubled. Permissions are paused from now: one of them may
 * have been withdrawn after the backup, which nobody here can know (promise 4); by the same reason
 * nobody can sign in: a browser may have been removed since, a helper's access ended. Each takes a new
 * code. The gateway's key file is made from the store at its first start. One renaming puts it in place: it is whole or not there.
 *
 * Throws CodedError `restore-store-there`, `backup-missing`, `backup-wrong-passphrase`,
 * `backup-damaged`, `store-newer`, and those of the store.
 */
export function restoreBackup(options: {
  readonly backup: string;
  readonly secret: Passphrase;
  readonly folder: string;
  readonly key: StoreKey;
  readonly now: number;
  readonly files?: Files;
}): Restored {
  const { backup, secret, folder, key, files = disk } = options;
  const file = storeIn(folder);
  const draft = draftOf(file);
  mustBeEmpty(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  removeDraft(draft);
  const source = openBackup(backup, secret);
  try {
    copyStore(source, secret, draft, key);
  } finally {
    source.close();
  }
  const db = openStore({ file: draft, key, migrations: HOME_MIGRATIONS, check: 'full' });
  let restored: Restored;
  try {
    restored = pauseAll(db, options.now);
  } finally {
    db.close();
  }
  asFolder(draft);
  files.sync(draft);
  files.rename(draft, file);
  files.sync(folder);
  return restored;
}

/** What makes a folder a gateway's: of a restore that was cut off only the draft is left. */
function mustBeEmpty(folder: string): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const there = names.filter(
    (name) => /^(home\.db|gateway\.key)/.test(name) && !name.startsWith('home.db.draft'),
  );
  if (there.length === 0) return;
  throw new CodedError(
    'restore-store-there',
    'There is a store in this folder already',
    `A backup is restored on a new box only. Found: ${there.join(', ')} in ${folder}.`,
  );
}

function openBackup(backup: string, secret: Passphrase): Database {
  if (!existsSync(backup)) {
    throw new CodedError('backup-missing', `${backup} is not there`, 'Name the backup file.');
  }
  const { db, version } = openBackupFile(backup, secret);
  const isWhole = db.pragma('quick_check(1)', { simple: true }) === 'ok';
  if (isWhole && version <= HOME_MIGRATIONS.length) return db;
  db.close();
  if (isWhole) {
    throw new CodedError(
      'store-newer',
      `The backup has format ${version}; this program knows ${HOME_MIGRATIONS.length}`,
      'Restore it with the program version that made it, or a newer one.',
    );
  }
  throw new CodedError(
    'backup-damaged',
    'The backup is damaged',
    'Use another copy of it, or an earlier backup. Nothing was restored.',
  );
}

function openBackupFile(backup: string, secret: Passphrase) {
  try {
    return openAsItIs(backup, secret);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'store-wrong-key') throw error;
    throw new CodedError(
      'backup-wrong-passphrase',
      'The backup does not open with this passphrase',
      'Use the one it was made with; if it is that one, the file is no backup or is damaged.',
      error,
    );
  }
}

function pauseAll(db: Database, now: number): Restored {
  const permissions = createPermissions(db);
  const audit = createAudit(db);
  const last = db.prepare<[], number | null>('SELECT max(at) FROM audit').pluck().get();
  const from = instantText(now, 'UTC');
  return db.transaction(() => {
    const inForce = permissions.list().filter(({ permission }) => permission.state === 'active');
    for (const { permission } of inForce) {
      permissions.change(permission.id, { pauses: [...permission.pauses, { from }] }, now);
    }
    for (const table of ACCESS_TABLES) db.exec(`DELETE FROM ${table}`);
    const paused = inForce.map(({ permission }) => permission.id);
    audit.append({ at: now, actor: 'gateway', action: 'store-restored', detail: { paused } });
    return { lastDecisionAt: last ?? undefined, paused };
  })();
}

function removeDraft(draft: string): void {
  for (const suffix of [...STORE_SUFFIXES, '-journal'])
    rmSync(`${draft}${suffix}`, { force: true });
}
