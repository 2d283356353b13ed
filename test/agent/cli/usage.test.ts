import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { iomt } from './console.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..', '..');

const COMMANDS = [
  'home',
  'municipality',
  'demo',
  'decode',
  'devices',
  'people',
  'consents',
  'readings',
  'outbox',
  'audit',
  'store',
  'export',
  'oauth-key',
  'enrol',
  'doctor',
];

test('help names every command, and is what one gets without any', async () => {
  const said = await iomt(['--help']);
  expect(said).toMatchObject({ code: 0, err: '' });
  for (const name of COMMANDS) expect(said.out).toContain(`  iomt ${name} `);
  expect(await iomt([])).toEqual(said);
  expect(await iomt(['help'])).toEqual(said);
});

test('the version', async () => {
  expect(await iomt(['--version'])).toEqual({ code: 0, out: packageJson.version, err: '' });
});

test.each(COMMANDS)('%s --help says how it is written, exit 0', async (name) => {
  const { code, out, err } = await iomt([name, '--help']);
  expect(code).toBe(0);
  expect(out + err).toContain(`iomt ${name}`);
});

test.each([
  [['frobnicate']],
  [['constructor']],
  [['people', 'add']],
  [['people', 'frobnicate', 'x']],
  [['people', 'add', 'One', 'Two']],
  [['people', 'list', '--frob']],
  // Not part of this program yet, and not pretended.
  [['devices', 'record']],
  [['devices', 'record', 'x']],
  [['store', 'repair', 'one', 'two']],
  [['store', 'check', '--out', 'x']],
  [['store', 'backup', '--file', 'x']],
  [['store', 'mend']],
  [['store']],
  [['enrol']],
  [['enrol', 'request']],
  [['enrol', 'request', '--out', '/x', '--data', '/x', '--portal-name', 'box']],
  [['enrol', 'apply']],
  [['municipality', 'enrol']],
  [['municipality', 'enrol', 'x.json', '--out', 'y', '--portal-request-out', 'z']],
  [['municipality', 'enrol', 'x.json']],
  [['municipality', 'move', 'x']],
  [['municipality', 'move', 'x', 'y', 'z']],
  [['devices', 'pair']],
  [['devices', 'assign', 'x']],
  [['devices', 'pair', 'x', '--slot', 'one']],
  [['consents', 'give']],
  [['consents', 'give', '--person', 'x', '--recipient', 'y']],
  [['consents', 'withdraw']],
  [['consents', 'frobnicate', 'x']],
  [['readings', 'assign', 'x']],
  [['readings', 'remove']],
  [['readings', 'reread', 'x']],
  [['readings', 'frobnicate', 'x']],
  [['outbox', 'x']],
  [['audit', 'x']],
  [['export']],
  [['oauth-key']],
  [['oauth-key', '--out', 'x', '--algorithm', 'none']],
  [['doctor', 'x']],
  [['home', 'x']],
  [['home', '--data', 'x']],
  [['demo', 'x']],
  [['demo', '--for', 'ever']],
  [['decode']],
])('%j is a usage error: exit 2, how to write it, nothing on standard output', async (argv) => {
  const { code, out, err } = await iomt(argv);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/iomt |--for|--slot/);
});

test.each([['home'], ['people'], ['readings', 'remove', 'x'], ['store', 'check']])(
  '%s %s without a configuration: exit 2 and where it was looked for',
  async (...argv) => {
    const { code, out, err } = await iomt(argv, { IOMT_CONFIG: '/nowhere/iomt.yaml' });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('/nowhere/iomt.yaml');
  },
);

test('other programs call it by npx, from the repository', async () => {
  const frame = '1e8a0054006600ea070b14071c2a4700010500';
  const { stdout } = await run('npx', ['--no', 'iomt', 'decode', 'gatt', '2a35', frame], {
    cwd: ROOT,
  });
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    measurements: [{ quantities: { systolic: { value: '138', unit: 'mm[Hg]' } } }],
  });
  await expect(
    run('npx', ['--no', 'iomt', 'decode', 'gatt', '2a35', '1e'], { cwd: ROOT }),
  ).rejects.toMatchObject({ code: 1, stdout: '{"ok":false,"reason":"too-short"}\n' });
});
