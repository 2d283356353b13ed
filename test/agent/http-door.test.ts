import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHttp } from '../../agent/http.ts';
import { createDoor, isAnswered, listenOnSocket } from '../../agent/http-door.ts';
import { createLog } from '../../agent/log.ts';

const lines: string[] = [];
const log = createLog({
  level: 'info',
  program: 'home',
  destination: { write: (line: string) => void lines.push(line) },
});

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'iomt-door-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'control.sock');
}

/** Asks for the process's health, with a body as large as needed to come in several reads. */
function ask(path: string, body = ''): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', 'content-type': 'application/json' };
    const options = { socketPath: path, agent: false, path: '/echo', method: 'POST', headers };
    const call = request(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

function echoing(log_ = log) {
  const app = createHttp({ log: log_, checks: () => [] });
  const bodyLimit = 2_000_000;
  app.post('/echo', { bodyLimit }, async ({ body }) => ({ length: String(body).length }));
  return app;
}

test('the server is loaded by the first who asks, answers all who came meanwhile, and closes', async () => {
  const path = place();
  let made = 0;
  const door = createDoor(async () => {
    made += 1;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return echoing();
  }, log);
  await listenOnSocket(door, path);
  expect(made).toBe(0);
  const long = 'x'.repeat(1_000_000);
  const asked = await Promise.all([ask(path), ask(path, long), ask(path)]);
  expect(asked.map(({ text }) => text)).toEqual([
    '{"length":0}',
    '{"length":1000000}',
    '{"length":0}',
  ]);
  expect(await ask(path, 'later')).toEqual({ status: 200, text: '{"length":5}' });
  expect(made).toBe(1);
  // One that only holds its connection does not hold up the end.
  const idle = connect(path);
  idle.on('error', () => undefined);
  await door.close();
  expect(await isAnswered(path)).toBe(false);
});

test('one that nobody asked closes; one that cannot be loaded hangs up, says so and tries again', async () => {
  const path = place();
  const unused = createDoor(() => Promise.reject(new Error('never asked')), log);
  await unused.listen({ path });
  await unused.close();
  expect(await isAnswered(path)).toBe(false);

  let broken = true;
  const door = createDoor(() => {
    if (broken) throw Object.assign(new Error('no memory'), { code: 'EMFILE' });
    return Promise.resolve(echoing());
  }, log);
  await door.listen({ path });
  await expect(ask(path)).rejects.toThrow();
  expect(lines.join('')).toContain('"event":"pages-not-loaded","code":"EMFILE"');
  broken = false;
  expect((await ask(path, 'abc')).text).toBe('{"length":3}');
  await door.close();
});
