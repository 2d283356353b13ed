import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CodedError } from '../../agent/errors.ts';
import { ensureDemoKey, readSecretFile, readStoreKey } from '../../agent/secrets.ts';

const HEX = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
let folder = '';
let data = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iomt-secrets-'));
  data = join(folder, 'data');
  mkdirSync(data);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The coded error that a call throws; its words must never hold the key. */
function refusal(call: () => unknown): CodedError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    const { message, hint } = error as CodedError;
    expect(`${message} ${hint}`).not.toContain(HEX.slice(0, 16));
    expect(hint.length).toBeGreaterThan(10);
    return error as CodedError;
  }
  throw new Error('was not refused');
}

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const fromFile = (keyFile: string) => readStoreKey({ keyFile, dataFolder: data, env: {} });

test('a key file of mode 0600 or stricter outside the data folder gives 32 bytes', () => {
  for (const mode of [0o600, 0o400]) {
    const key = fromFile(file('store.key', `${HEX}\n`, mode));
    expect(Buffer.from(key).toString('hex')).toBe(HEX);
    rmSync(join(folder, 'store.key'));
  }
});

test.each([0o640, 0o604, 0o660, 0o606, 0o644, 0o601, 0o620])(
  'a key file of mode %o is refused',
  (mode) => {
    const error = refusal(() => fromFile(file('store.key', HEX, mode)));
    expect(error.code).toBe('key-file-readable-by-others');
    expect(error.hint).toContain('chmod 600');
  },
);

test('a key file in the data folder is refused, also by way of a link', () => {
  writeFileSync(join(data, 'store.key'), HEX, { mode: 0o600 });
  symlinkSync(join(data, 'store.key'), join(folder, 'link.key'));
  symlinkSync(data, join(folder, 'data-link'));
  expect(refusal(() => fromFile(join(data, 'store.key'))).code).toBe('key-file-in-data-folder');
  expect(refusal(() => fromFile(join(folder, 'link.key'))).code).toBe('key-file-in-data-folder');
  expect(
    refusal(() =>
      readStoreKey({
        keyFile: join(data, 'store.key'),
        dataFolder: join(folder, 'data-link'),
        env: {},
      }),
    ).code,
  ).toBe('key-file-in-data-folder');
});

test('a folder whose name begins like the data folder is not the data folder', () => {
  mkdirSync(join(folder, 'data-keys'));
  expect(fromFile(file('data-keys/store.key', HEX)).length).toBe(32);
});

test.each([
  ['empty', ''],
  ['63 digits', HEX.slice(1)],
  ['65 digits', `${HEX}0`],
  ['not hex', HEX.replace('0', 'g')],
  ['two lines', `${HEX}\n${HEX}`],
])('a malformed key file is refused: %s', (_name, text) => {
  expect(refusal(() => fromFile(file('store.key', text))).code).toBe('key-malformed');
});

test('a missing key is said with what to do, a folder or huge file is unreadable', () => {
  expect(refusal(() => fromFile(join(folder, 'none.key'))).code).toBe('key-missing');
  expect(refusal(() => readStoreKey({ dataFolder: data, env: {} })).hint).toContain('openssl');
  mkdirSync(join(folder, 'folder.key'), { mode: 0o700 });
  expect(refusal(() => fromFile(join(folder, 'folder.key'))).code).toBe('key-unreadable');
  const huge = file('huge.key', '0'.repeat(70_000));
  expect(refusal(() => fromFile(huge)).code).toBe('key-unreadable');
});

test('without a key file the systemd credential is used, whatever its mode shows', () => {
  const env = { CREDENTIALS_DIRECTORY: folder };
  expect(refusal(() => readStoreKey({ dataFolder: data, env })).code).toBe('key-missing');
  file('dbkey', HEX, 0o440);
  expect(Buffer.from(readStoreKey({ dataFolder: data, env })).toString('hex')).toBe(HEX);
  file('dbkey', 'short', 0o440);
  expect(refusal(() => readStoreKey({ dataFolder: data, env })).code).toBe('key-malformed');
});

test('a secret file gives its text without the line end', () => {
  expect(readSecretFile(file('token', 'two words\n'))).toBe('two words');
  expect(readSecretFile(file('token', ' kept '))).toBe(' kept ');
  expect(refusal(() => readSecretFile(file('token', '\n'))).code).toBe('secret-empty');
  expect(refusal(() => readSecretFile(join(folder, 'none'))).code).toBe('secret-missing');
  const open = file('token', HEX, 0o644);
  expect(refusal(() => readSecretFile(open)).code).toBe('secret-file-readable-by-others');
});

test('the demo key is made once, private, and never overwritten', () => {
  const fresh = join(folder, 'demo', 'deep');
  const first = ensureDemoKey(fresh);
  expect(first).toEqual({ file: join(fresh, 'demo.key'), made: true });
  expect(statSync(first.file).mode & 0o777).toBe(0o600);
  expect(readdirSync(fresh)).toEqual(['demo.key']);
  const text = readFileSync(first.file, 'utf8');
  expect(ensureDemoKey(fresh).made).toBe(false);
  expect(readFileSync(first.file, 'utf8')).toBe(text);
  expect(fromFile(first.file).length).toBe(32);
});

test('a damaged demo key is refused and kept', () => {
  const path = file('demo.key', 'damaged');
  expect(refusal(() => ensureDemoKey(folder)).code).toBe('key-malformed');
  expect(readFileSync(path, 'utf8')).toBe('damaged');
});

test('a file where the folder should be is said', () => {
  const path = file('taken', '');
  expect(refusal(() => ensureDemoKey(path)).code).toBe('folder-missing');
  expect(refusal(() => ensureDemoKey(join(path, 'below'))).code).toBe('folder-missing');
});

/** Real file systems, where this machine lets the test mount them. */
function mounted(options: string): boolean {
  try {
    execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', data], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

test('a full disk and a read-only folder are said in plain words', ({ skip }) => {
  if (!mounted('size=16k')) return skip('may not mount');
  try {
    expect(() => writeFileSync(join(data, 'filler'), Buffer.alloc(64 * 1024))).toThrow('ENOSPC');
    const full = refusal(() => ensureDemoKey(data));
    expect([full.code, full.hint]).toEqual(['disk-full', expect.stringContaining('Free space')]);
    expect(readdirSync(data)).toEqual(['filler']);
    execFileSync('/usr/bin/mount', ['-o', 'remount,ro', data]);
    expect(refusal(() => ensureDemoKey(data)).code).toBe('folder-not-writable');
  } finally {
    execFileSync('/usr/bin/umount', [data]);
  }
});
