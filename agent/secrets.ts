import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { CodedError, codeOf } from './errors.ts';

/** Name of the store key among the credentials that systemd hands to the service. */
const CREDENTIAL = 'dbkey';

/** Rights of the group and of everybody else. */
const OTHERS = 0o077;

/** Larger than any key, token or certificate; a wrong file named by mistake is not read whole. */
const SECRET_BYTES_MAX = 64 * 1024;

/**
 * The store key, 32 bytes: from `keyFile`, else from systemd's credential `dbkey`.
 * A key file is 64 hex digits, outside the data folder (a copy of the folder must not carry its key
 * along) and readable by its owner only.
 *
 * Throws CodedError: `key-missing`, `key-malformed`, `key-unreadable`, `key-file-in-data-folder`,
 * `key-file-readable-by-others`.
 */
export function readStoreKey(options: {
  readonly keyFile?: string | undefined;
  readonly dataFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Uint8Array {
  const { keyFile, dataFolder, env } = options;
  if (keyFile !== undefined) {
    if (isInside(keyFile, dataFolder)) {
      throw new CodedError(
        'key-file-in-data-folder',
        'The key file is in the data folder, which it is to protect',
        `Move ${keyFile} elsewhere, e.g. to /etc/iomt/, and name the new place as keyFile.`,
      );
    }
    return toKey(readPrivate(keyFile, 'key'), keyFile);
  }
  const folder = env.CREDENTIALS_DIRECTORY;
  if (folder === undefined || folder === '') throw missingKey();
  const file = join(folder, CREDENTIAL);
  try {
    // systemd grants access by an access list, which shows as group rights: the mode says nothing.
    return toKey(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw codeOf(error) === 'ENOENT' ? missingKey(error) : unreadable('key', file, error);
  }
}

/**
 * A password or token from its file, without the line end. The file must be readable by its owner
 * only. Throws CodedError: `secret-missing`, `secret-empty`, `secret-unreadable`,
 * `secret-file-readable-by-others`.
 */
export function readSecretFile(path: string): string {
  const text = readPrivate(path, 'secret').replace(/\r?\n$/, '');
  if (text === '') {
    throw new CodedError('secret-empty', `The file ${path} is empty`, 'Write the secret into it.');
  }
  return text;
}

/**
 * The key of the demo, `demo.key` in the folder that holds both stores: made when it is not there,
 * never overwritten. `made` lets the caller say so: a key beside its data protects nothing.
 */
export function ensureDemoKey(folder: string): { readonly file: string; readonly made: boolean } {
  const file = join(folder, 'demo.key');
  const made = createPrivate(file, `${randomBytes(32).toString('hex')}\n`);
  if (!made) toKey(readPrivate(file, 'key'), file);
  return { file, made };
}

/**
 * Writes a new file that only its owner may read, whole or not at all even if the power fails; the
 * folder is made when it is not there. False when the file exists: a secret is never overwritten.
 * Throws CodedError: `disk-full`, `folder-not-writable`, `folder-missing`, `disk-failed`.
 */
export function createPrivate(file: string, text: string): boolean {
  return withDraft(file, text, undefined, (draft) => link(draft, file));
}

/** Whose a file is to be when root writes it. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The same in the place of what is there: the old or the new, never half of one. `owner` is whose it
 * is to be when root writes it. Throws as `createPrivate`.
 */
export function replacePrivate(file: string, text: string, owner?: Owner): void {
  withDraft(file, text, owner, (draft) => renameSync(draft, file));
}

/** Writes a draft that is on disk, and puts it in place. */
function withDraft<T>(
  file: string,
  text: string,
  owner: Owner | undefined,
  put: (draft: string) => T,
): T {
  const folder = dirname(file);
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const handle = openSync(draft, 'wx', 0o600);
    try {
      fchmodSync(handle, 0o600);
      // By the handle: whoever owns the folder may have put something else under the name.
      if (owner && process.getuid?.() === 0) fchownSync(handle, owner.uid, owner.gid);
      writeFileSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    return put(draft);
  } catch (error) {
    throw writeError(error, folder);
  } finally {
    removeDraft(draft);
    syncFolder(folder);
  }
}

/** A link fails where a rename would overwrite what another process just made. */
function link(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function removeDraft(draft: string): void {
  try {
    unlinkSync(draft);
  } catch {
    // It was never made, or is in place under its own name.
  }
}

/** The new name is on the disk only when its folder is. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    fsyncSync(handle);
    closeSync(handle);
  } catch {
    // The folder is not there: the caller is told by then.
  }
}

/** Text of a file that nobody but its owner may read. */
export function readPrivate(path: string, what: 'key' | 'secret' | 'identity'): string {
  let handle: number | undefined;
  try {
    handle = openSync(path, 'r');
    const { mode, size } = fstatSync(handle);
    if ((mode & OTHERS) !== 0) {
      throw new CodedError(
        `${what}-file-readable-by-others`,
        `Others than its owner may use the file ${path}`,
        `Run: chmod 600 ${path}. If others used this machine, change what is in it as well.`,
      );
    }
    if (size > SECRET_BYTES_MAX) throw new RangeError('too large for a secret');
    return readFileSync(handle, 'utf8');
  } catch (error) {
    if (error instanceof CodedError) throw error;
    if (codeOf(error) !== 'ENOENT') throw unreadable(what, path, error);
    if (what === 'key') throw missingKey(error, path);
    throw new CodedError(
      `${what}-missing`,
      `The file ${path} is not there`,
      'Make it, readable by the service only, or name another one.',
      error,
    );
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function toKey(text: string, file: string): Uint8Array {
  const digits = text.trim();
  if (/^[0-9a-f]{64}$/i.test(digits)) return new Uint8Array(Buffer.from(digits, 'hex'));
  throw new CodedError(
    'key-malformed',
    `The file ${file} does not hold a store key`,
    'A key is 64 hex digits. If the store was made with another key, restore that one.',
  );
}

function missingKey(cause?: unknown, file?: string): CodedError {
  return new CodedError(
    'key-missing',
    file === undefined ? 'There is no store key' : `The key file ${file} is not there`,
    'First start: (umask 077; openssl rand -hex 32 > /etc/iomt/store.key), and name it as keyFile, ' +
      'or give it as the systemd credential dbkey. Later: restore the key the store was made with.',
    cause,
  );
}

function unreadable(what: string, path: string, cause: unknown): CodedError {
  return new CodedError(
    `${what}-unreadable`,
    `The file ${path} cannot be read`,
    'It must be a file that belongs to the user of the service.',
    cause,
  );
}

function writeError(error: unknown, folder: string): CodedError {
  const [code, message, hint] = WRITE_ERRORS[codeOf(error)] ?? [
    'disk-failed',
    'The disk does not answer as it should',
    'Check the disk or SD card of the folder',
  ];
  return new CodedError(code, message, `${hint}: ${folder}`, error);
}

type Advice = readonly [code: string, message: string, hint: string];
const FULL: Advice = ['disk-full', 'The disk is full', 'Free space on the disk of the folder'];
const CLOSED: Advice = [
  'folder-not-writable',
  'The folder cannot be written',
  'Make it writable for the user of the service',
];
const GONE: Advice = ['folder-missing', 'The folder cannot be made', 'Make the folder yourself'];
const WRITE_ERRORS: Readonly<Record<string, Advice>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EROFS: CLOSED,
  EACCES: CLOSED,
  EPERM: CLOSED,
  ENOENT: GONE,
  ENOTDIR: GONE,
  // Where a folder should be is something else.
  EEXIST: GONE,
};

function isInside(file: string, folder: string): boolean {
  const way = relative(real(folder), real(file));
  return way !== '' && way !== '..' && !way.startsWith('../');
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
