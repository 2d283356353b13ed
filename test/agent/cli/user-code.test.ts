import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createCleanup, startHomeBench } from '../../integration/home/bench.ts';
import { withoutIds } from '../../support/without-ids.ts';
import { iomt } from './console.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

const CODE = '3752';

test('devices user-code: by file or standard input, said back without it; or registered', async () => {
  const { home, data } = await startHomeBench(cleanup, { recipients: [] });
  await home.adoption.adopt('test', { address: '00005e005302', name: 'Scale' });
  const run = (argv: readonly string[], typed: readonly string[] = []) =>
    iomt(['devices', 'user-code', ...argv, '--data', data], {}, typed);

  expect((await run(['Scale'])).out).toBe('No codes are kept for this device.');
  const file = join(data, 'code.txt');
  writeFileSync(file, `${CODE}\n`);
  const given = [
    await run(['Scale', '--user', '1', '--file', file]),
    await run(['Scale', '--user', '2'], [CODE]),
    await run(['Scale', '--register']),
    await run(['Scale', '--json']),
  ];
  for (const { code, out, err } of given) {
    expect(code).toBe(0);
    expect(withoutIds(out + err)).not.toContain(CODE);
  }
  expect(given[2]?.out.split('\n')).toEqual([
    'User 1: told at the next visit',
    'User 2: told at the next visit',
    'A new user: told at the next visit',
  ]);
  expect(JSON.parse(given[3]?.out ?? '')).toMatchObject({ users: [{ user: 1 }, { user: 2 }, {}] });

  const wrong = await run(['Scale', '--user', '1'], ['12a4']);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('four digits')]);
  expect((await run(['Scale', '--user', '1', CODE])).code).toBe(2);
  expect((await run(['Scale', '--user', '1', '--register'])).code).toBe(2);
  expect((await run(['Scale', '--user', '1', '--file', join(data, 'none')])).code).toBe(1);
});
