import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { keyLines } from '../../../agent/cli/device-key.ts';
import { createCleanup } from '../../integration/home/bench.ts';
import { iomt } from './console.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

const KEY = '000102030405060708090a0b0c0d0e0f';

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

/** A gateway that takes any key. */
async function gateway() {
  const data = cleanup.folder();
  const asked: { path: string; body: string }[] = [];
  const server = createServer(async (request, answer) => {
    asked.push({ path: request.url ?? '', body: await bodyOf(request) });
    answer.end(JSON.stringify({ device: 'id', name: 'Door', read: 3, refused: 1 }));
  });
  mkdirSync(data, { recursive: true });
  await new Promise<void>((resolve) => server.listen(join(data, 'control.sock'), resolve));
  cleanup.add(() => new Promise<void>((resolve) => server.close(() => resolve())));
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
