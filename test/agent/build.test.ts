import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle, NODE_FLAGS } from '../../agent/build.ts';
import packageJson from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
const cacheFolder = join(root, 'node_modules/.cache/iomt');
let folder: string;

beforeAll(async () => {
  mkdirSync(cacheFolder, { recursive: true });
  folder = mkdtempSync(join(cacheFolder, 'build-test-'));
  await bundle({ entry: join(root, 'agent/iomt.js'), outfile: join(folder, 'iomt.js') });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const iomt = (...args: string[]) =>
  execFileSync(process.execPath, [join(folder, 'iomt.js'), ...args], { encoding: 'utf8' });
const cacheFile = () =>
  join(folder, readdirSync(folder).find((name) => name.endsWith('.cache')) ?? '');

/** Whether this Node takes the cache: the launcher with a line of its own, in the same folder. */
function takesCache(...flags: string[]): string {
  const probe = readFileSync(join(folder, 'iomt.js'), 'utf8').replace(
    'script.runInThisContext()',
    'console.log(cachedData ? String(!script.cachedDataRejected) : "none");process.exit(0);',
  );
  writeFileSync(join(folder, 'probe.js'), probe);
  return execFileSync(process.execPath, [...flags, join(folder, 'probe.js')], {
    encoding: 'utf8',
  }).trim();
}

test('the shipped form starts, decodes and opens a store driver, with its cache', () => {
  expect(iomt('--version').trim()).toBe(packageJson.version);
  expect(JSON.parse(iomt('decode', 'gatt', '2a1c', '006c0100ff'))).toMatchObject({ ok: true });
  expect(takesCache()).toBe('true');
});

test('nothing of `debug`, which would write what is sent to standard error, is in it', () => {
  const code = readFileSync(join(folder, 'iomt.bundle.js'), 'latin1');
  // How it looks for its variables.
  expect(code.includes('/^debug_/i')).toBe(false);
});

test('a cache that was cut or changed is not tried; one of other flags is refused', () => {
  const good = readFileSync(cacheFile());
  const changed = Buffer.from(good);
  changed[good.length >> 1] = (changed[good.length >> 1] ?? 0) ^ 1;
  for (const bad of [good.subarray(0, good.length >> 1), good.subarray(0, 3), changed]) {
    writeFileSync(cacheFile(), bad);
    expect(takesCache()).toBe('none');
    expect(iomt('--version').trim()).toBe(packageJson.version);
  }
  writeFileSync(cacheFile(), good);
  expect(takesCache('--no-opt')).toBe('false');
  expect(takesCache()).toBe('true');
});

test('a cache of another bundle is not looked at, and none is needed', () => {
  const kept = cacheFile();
  copyFileSync(kept, join(folder, 'kept'));
  rmSync(kept);
  expect(takesCache()).toBe('none');
  expect(iomt('--version').trim()).toBe(packageJson.version);
  copyFileSync(join(folder, 'kept'), kept);
});

test('the units start the shipped form as it was measured', () => {
  for (const program of ['home', 'municipality']) {
    const unit = readFileSync(join(root, `config/systemd/iomt-${program}.service`), 'utf8');
    const started = `/node ${NODE_FLAGS.join(' ')} /opt/iomt/dist/iomt.js ${program} --config`;
    expect(unit).toContain(started);
  }
});
