import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { keyLines } from '../../../agent/cli/device-key.ts';
import { createCleanup } from '../../integration/home/bench.ts';
import { startControlSocket } from '../../support/control-socket.ts';
import { iomt } from './console.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

const KEY = '000102030405060708090a0b0c0d0e0f';

/** A gateway that takes any key. */
async function gateway() {
  const asked: { path: string; body: string }[] = [];
  const data = await startControlSocket(cleanup, ({ path, body }) => {
    asked.push({ path, body });
    return { device: 'id', name: 'Door', read: 3, refused: 1 };
  });
  return { data, asked };
}

test('devices key: from a file or standard input, and it is not said again', async () => {
  const { data, asked } = await gateway();
  const file = join(data, 'key.txt');
  writeFileSync(file, `${KEY}\n`);
  const fromFile = await iomt(['devices', 'key', 'Door', '--file', file, '--data', data]);
  const typed = await iomt(['devices', 'key', 'Door', '--data', data], {}, [KEY]);
  expect(asked).toEqual(Array(2).fill({ path: '/api/devices/Door/key', body: `{"key":"${KEY}"}` }));
  for (const { code, out, err } of [fromFile, typed]) {
    expect(code).toBe(0);
    expect(out).toMatch(/^The key of Door is kept.*: 3$/);
    expect(err).toMatch(/does not open: 1$/);
    expect(out + err).not.toContain(KEY);
  }
});

test('devices key: as an argument it is refused, and a file that is not there is said', async () => {
  const { data, asked } = await gateway();
  const argument = await iomt(['devices', 'key', 'Door', KEY, '--data', data]);
  expect(argument).toMatchObject({ code: 2, err: expect.stringContaining('--file') });
  expect(argument.err).not.toContain(KEY);
  const missing = await iomt(['devices', 'key', 'Door', '--file', '/nowhere', '--data', data]);
  expect(missing).toMatchObject({ code: 1, err: expect.stringContaining('ENOENT') });
  expect(asked).toEqual([]);
});

test('devices list: one that is encrypted, and has no key, is said', () => {
  const devices = [
    { name: 'Door', key: 'missing' },
    { name: 'Scale', key: 'given' },
    { name: 'Cuff' },
  ];
  expect(keyLines(devices)).toEqual([
    'Door broadcasts encrypted: give its key with iomt devices key.',
  ]);
});
