import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createCleanup, KEY, startHomeBench } from '../../integration/home/bench.ts';
import { iomt } from './console.ts';

const cleanup = createCleanup();
afterEach(() => cleanup.run());

test('a code is printed for somebody new or for a person, and opens the pages of the running gateway', async () => {
  const folder = cleanup.folder();
  const keyFile = join(folder, 'store.key');
  writeFileSync(keyFile, Buffer.from(KEY).toString('hex'), { mode: 0o600 });
  const bench = await startHomeBench(cleanup, { recipients: [] });
  const config = join(folder, 'iomt.yaml');
  const home = { data: bench.data, keyFile, zone: 'Europe/Oslo', bluetooth: { backend: 'off' } };
  writeFileSync(config, JSON.stringify({ home }));
  const run = (...argv: string[]) => iomt(['portal', ...argv, '--config', config]);
  await bench.home.decisions.addPerson('test', 'Kari Eksempel');

  const said = await run('code', '--person', 'Kari Eksempel');
  expect(said).toMatchObject({ code: 0, out: expect.stringMatching(/^\d{4} \d{4}\n?$/) });
  const json = JSON.parse((await run('code', '--json')).out);
  expect(json).toEqual({
    code: expect.stringMatching(/^\d{8}$/),
    until: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
  expect(await run('code', '--person', 'Nobody')).toMatchObject({
    code: 1,
    err: expect.stringContaining('person-unknown'),
  });
  expect((await run('codes')).code).toBe(2);

  const url = `http://127.0.0.1:${bench.port}`;
  const page = await fetch(`${url}/welcome`);
  const [cookie = ''] = (page.headers.get('set-cookie') ?? '').split(';');
  const [, token = ''] = /name="token" value="([\w-]+)"/.exec(await page.text()) ?? [];
  const answer = await fetch(`${url}/welcome`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie },
    body: new URLSearchParams({ token, code: said.out.trim() }),
  });
  expect(answer.headers.get('location')).toBe('/welcome/begin');
  // What the command line may, the pages may not.
  const refused = await fetch(`${url}/api/access-codes`, { method: 'POST' });
  expect(refused.status).toBe(404);
});
