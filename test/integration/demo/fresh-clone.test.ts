import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { demoPort } from '../../support/demo-run.ts';

const tree = join(import.meta.dirname, '../../..');

/** Install of all packages from a cold registry, then some seconds of demo. */
const START_MS_MAX = 600_000;

/** The PATH of a machine that has never seen this project: the host's Node comes first. */
const hostPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'));
const nodeFolder = [...hostPath, '/usr/local/bin', '/usr/bin'].find(
  (folder) => existsSync(join(folder, 'node')) && existsSync(join(folder, 'npm')),
);

/** What the demo says on its last line. */
const COUNTS = [
  'measured',
  'handedOver',
  'captured',
  'held',
  'withheld',
  'queued',
  'sent',
  'received',
  'rejected',
  'lost',
  'doubled',
  'seconds',
];

/** `npm start` as a newcomer would type it; gives the counts of the last line. */
async function start(clone: string, ...args: string[]) {
  const started = performance.now();
  const port = String(await demoPort());
  const run = spawnSync('npm', ['start', '--silent', '--', '--port', port, ...args], {
    cwd: clone,
    encoding: 'utf8',
    timeout: START_MS_MAX,
    env: {
      PATH: [nodeFolder, ...hostPath].join(delimiter),
      HOME: process.env.HOME,
      // Where the packages come from is the machine's own business.
      ...Object.fromEntries(
        Object.entries(process.env).filter(([name]) =>
          /^npm_config_|_proxy$|^node_extra_ca_certs$/i.test(name),
        ),
      ),
    },
  });
  console.log(
    `npm start ${args.slice(0, 2).join(' ')}: ${Math.round((performance.now() - started) / 1000)} s`,
  );
  expect([run.status, run.stderr.slice(-2000)]).toEqual([0, expect.anything()]);
  const result = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '');
  for (const name of COUNTS) expect(result).toHaveProperty(name, expect.any(Number));
  expect(result).toMatchObject({ lost: 0, doubled: 0, rejected: 0, kinds: expect.any(Array) });
  return { result, installed: run.stderr.includes('Installing npm packages') };
}

test.skipIf(!nodeFolder)(
  'a fresh clone starts with one command, and loses and doubles nothing',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'iomt-clone-'));
    try {
      const clone = join(folder, 'clone');
      execFileSync('git', ['clone', '--quiet', '--no-hardlinks', tree, clone]);
      const first = await start(clone, '--for', '5', '--data', join(folder, 'first'));
      expect(first.installed).toBe(true);
      // Five seconds may hold no measurement; five hundred times faster they hold a morning.
      const second = await start(
        clone,
        '--for',
        '8',
        '--data',
        join(folder, 'b'),
        '--speed',
        '500',
      );
      expect(second.installed).toBe(false);
      expect(second.result.received).toBeGreaterThan(0);
      // Being started leaves no trace in the tree.
      const status = execFileSync('git', ['status', '--porcelain'], {
        cwd: clone,
        encoding: 'utf8',
      });
      expect(status).toBe('');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  2 * START_MS_MAX,
);
