import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const tree = join(import.meta.dirname, '../..');
const isRoot = process.getuid?.() === 0;
/** Debian's user without rights. */
const NOBODY = 65_534;

/** A tree with the program and stand-ins that write down how they were called. */
let root = '';

beforeEach(() => {
  // A user without rights reads what root made, whatever umask the tests were started with.
  process.umask(0o022);
  root = mkdtempSync(join(tmpdir(), 'iomt-setup-'));
  for (const name of ['setup.mjs', 'package.json', 'package-lock.json']) {
    copyFileSync(join(tree, name), join(root, name));
  }
  mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
  writeFileSync(join(root, 'node_modules', '.bin', 'node'), '');
  mkdirSync(join(root, 'bin'));
  standIn('npm', 0);
  standIn('apt-get', 0);
  chmodSync(root, 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function standIn(name: string, exitCode: number): void {
  const script = `#!/bin/sh\necho "${name} $*" >> "${join(root, 'calls')}"\nexit ${exitCode}\n`;
  writeFileSync(join(root, 'bin', name), script, { mode: 0o755 });
  chmodSync(join(root, 'bin', name), 0o755);
}

function setup(args: string[] = [], uid?: number): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(root, 'setup.mjs'), ...args], {
    encoding: 'utf8',
    env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin` },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

/** The calls since the last look. */
function calls(): string[] {
  const file = join(root, 'calls');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  rmSync(file, { force: true });
  return text.split('\n').filter(Boolean);
}

test('packages are installed once, and again only when the lock or the manifest changes', () => {
  expect(setup().status).toBe(0);
  expect(calls()).toEqual([expect.stringMatching(/^npm install --no-save /)]);
  const started = performance.now();
  const second = setup();
  console.log(`second start: ${Math.round(performance.now() - started)} ms`);
  expect([second.status, second.stdout, second.stderr, calls()]).toEqual([0, '', '', []]);
  for (const name of ['package.json', 'package-lock.json']) {
    appendFileSync(join(root, name), '\n');
    expect(setup().status).toBe(0);
    expect(calls().length).toBe(1);
  }
});

test('a failed install says what to do, and is tried again', () => {
  standIn('npm', 1);
  const failed = setup();
  expect([failed.status, failed.stdout]).toEqual([1, '']);
  expect(failed.stderr).toContain('registry reachable');
  calls();
  standIn('npm', 0);
  expect(setup().status).toBe(0);
  expect(calls().length).toBe(1);
});

test('nothing is written to standard output: it belongs to the program', () => {
  standIn('npm', 0);
  writeFileSync(join(root, 'bin', 'npm'), '#!/bin/sh\necho chatter\n');
  expect(setup().stdout).toBe('');
});

/** Makes one program of the tests' list missing, whatever this machine has. */
function missProgram(): void {
  const file = join(root, 'setup.mjs');
  const text = readFileSync(file, 'utf8');
  const changed = text.replace("'/usr/sbin/mosquitto': 'mosquitto'", "'/nowhere/x': 'mosquitto'");
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  setup();
  calls();
}

test.skipIf(!isRoot)('without root the missing programs are named, and the tests go on', () => {
  missProgram();
  const { status, stderr } = setup(['--test'], NOBODY);
  expect(status).toBe(0);
  expect(stderr).toMatch(/skipped.*sudo apt-get install .*\bmosquitto\b/);
  expect(calls()).toEqual([]);
});

test.skipIf(!isRoot)('as root the missing programs are installed, by --test only', () => {
  missProgram();
  expect(setup().status).toBe(0);
  expect(calls()).toEqual([]);
  expect(setup(['--test']).status).toBe(0);
  const [update, install] = calls();
  expect(update).toMatch(/^apt-get .*\bupdate\b/);
  expect(install).toMatch(/^apt-get .*\binstall\b.* mosquitto\b/);
});

test('a Node that is too old, with none among the packages, gets one plain answer', () => {
  rmSync(join(root, 'node_modules', '.bin', 'node'));
  const file = join(root, 'setup.mjs');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll('process.versions.node', "'20.20.2'"));
  const { status, stderr } = setup();
  expect(status).toBe(2);
  expect(stderr).toContain('Install Node 24');
});
