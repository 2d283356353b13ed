import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { readTlsFiles } from '../../../agent/tls-files.ts';
import { enrolledFile, enrolledPortalFile } from '../../../config/enrolled.ts';
import { hasOpenssl, makeAuthority } from '../../support/certificates.ts';
import { BROKER, createEnrolment, PORTAL } from '../../support/enrolment.ts';
import { iomt } from './console.ts';

const folder = mkdtempSync(join(tmpdir(), 'iomt-enrol-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENROL = join(import.meta.dirname, '../../../agent/cli/enrol.ts');
/** More than `apply` does to the disk; the loop must end by itself before. */
const STEPS_MAX = 60;

/** A program that kills itself before its nth act on the gateway's folder. */
const RUNNER = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const [, , steps, folder, ...argv] = process.argv;
let left = Number(steps);
const ACTS = ['openSync', 'writeSync', 'fsyncSync', 'linkSync', 'unlinkSync', 'renameSync', 'rmSync'];
for (const name of ACTS) {
  const real = fs[name];
  fs[name] = (...given) => {
    const [at] = given;
    // A file by number is one that was opened there: modules are read in another way.
    if (typeof at === 'number' || String(at).startsWith(folder)) left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    return real(...given);
  };
}
syncBuiltinESMExports();
import(${JSON.stringify(ENROL)}).then(async ({ enrolCommand }) => {
  const say = () => undefined;
  process.exit(await enrolCommand(argv, { out: say, err: say, env: {} }));
});
`;

test.skipIf(!hasOpenssl())(
  'killed at any step, the gateway has the old or the new, whole; and the next try completes it',
  async () => {
    const authority = makeAuthority(folder);
    const world = createEnrolment(folder, authority);
    const { data } = world.gateway('gateway');
    const runner = join(folder, 'runner.cjs');
    // In one file, which is started some thirty times.
    await build({
      stdin: { contents: RUNNER, resolveDir: import.meta.dirname },
      ...{ bundle: true, platform: 'node', format: 'cjs', outfile: runner, logLevel: 'error' },
    });
    const files = [enrolledFile(data, BROKER), enrolledPortalFile(data)];
    const answerOf = async (days: string) => {
      await world.request(data, '--portal-name', PORTAL, '--new-keys');
      const gateway = world.at('GATEWAY.json');
      await iomt([
        'municipality',
        'enrol',
        gateway,
        '--portal-request-out',
        world.at('portal.csr'),
      ]);
      const chain = world.publicAuthority(`chain-${days}`, days);
      await world.answer(['--days', days, '--portal-certificate', chain]);
    };
    const texts = () => files.map((file) => readFileSync(file, 'utf8'));
    await answerOf('1');
    expect(await world.apply(data)).toMatchObject({ code: 0 });
    const old = texts();
    await answerOf('2');
    const apply = ['apply', world.at('ANSWER.json'), '--data', data];
    const seen = new Set<string>();
    let steps = 0;
    for (let step = 1; step <= STEPS_MAX; step += 1) {
      for (const [at, file] of files.entries()) writeFileSync(file, old[at] ?? '', { mode: 0o600 });
      const { status, signal } = spawnSync(
        process.execPath,
        [runner, String(step), data, ...apply],
        {
          encoding: 'utf8',
        },
      );
      for (const file of files)
        expect(readTlsFiles({ certFile: file, keyFile: file })).toBeDefined();
      seen.add(
        texts()
          .map((text, at) => (text === old[at] ? 'old' : 'new'))
          .join(' '),
      );
      if (signal === 'SIGKILL') continue;
      expect(status).toBe(0);
      steps = step;
      break;
    }
    expect(steps).toBeGreaterThan(10);
    expect([...seen]).toEqual(['old old', 'new old', 'new new']);
    // What the killed ones left does not stand in the way.
    for (const [at, file] of files.entries()) writeFileSync(file, old[at] ?? '', { mode: 0o600 });
    expect(await world.apply(data)).toMatchObject({ code: 0 });
    expect(texts().every((text, at) => text !== old[at])).toBe(true);
    const names = [
      ...files.map((file) => basename(file)),
      'client.key',
      'portal.key',
      'request.json',
    ];
    expect(readdirSync(join(data, 'enrolment')).sort()).toEqual(names.sort());
  },
  600_000,
);
